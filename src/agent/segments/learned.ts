import {
  type Change,
  emptyNamespace,
  type HostState,
  type ItemTypes,
  idOf,
  type NamespaceView,
  same,
  type View,
} from '#state';

/** Of which facilities tables hold elements, in the order in which a kernel is told. */
export const learnedFacilities = [
  'nft-elements',
  'fdb',
  'neighbours',
  'routes',
  'proxies',
] as const satisfies readonly (keyof ItemTypes)[];
export type LearnedFacility = (typeof learnedFacilities)[number];

type Items = { readonly [F in LearnedFacility]: ReadonlyMap<string, ItemTypes[F]> };

export const noItems = (): { readonly [F in LearnedFacility]: Map<string, ItemTypes[F]> } => ({
  fdb: new Map(),
  neighbours: new Map(),
  'nft-elements': new Map(),
  routes: new Map(),
  proxies: new Map(),
});

/** What was learnt of one segment beside its state: items by their ids. */
export interface Learned extends Items {
  /** All gateways were heard, and the own port was looked at: what else is there is nobody's. */
  readonly settled: boolean;
}

export type LearnedBySpace = ReadonlyMap<string, Learned>;

export const nothingLearned: LearnedBySpace = new Map();

/** A wish with what was learnt; what the state says itself wins. */
export function withLearned(view: View, learned: LearnedBySpace): View {
  if (learned.size === 0) return view;
  return new Map(
    [...view].map(([name, items]): [string, NamespaceView] => {
      const more = learned.get(name);
      return [name, more ? joined(items, more) : items];
    }),
  );
}

const joined = (items: NamespaceView, more: Learned): NamespaceView => ({
  ...emptyNamespace(),
  ...items,
  fdb: new Map([...more.fdb, ...items.fdb]),
  neighbours: new Map([...more.neighbours, ...items.neighbours]),
  'nft-elements': new Map([...more['nft-elements'], ...items['nft-elements']]),
  routes: new Map([...more.routes, ...items.routes]),
  proxies: new Map([...more.proxies, ...items.proxies]),
});

/** Without the removal of what was told or seen before, until all of it was heard and seen again. */
export function withoutUnsettled(
  changes: readonly Change[],
  { namespaces }: HostState,
  learned: LearnedBySpace,
): readonly Change[] {
  return changes.filter((change) => {
    if (change.kind !== 'remove' || learned.get(change.namespace)?.settled) return true;
    const [table] = namespaces[change.namespace]?.tables?.items ?? [];
    if (!table) return true;
    if (change.facility !== 'nft-elements') return !isLearned(change.facility);
    const { near, far } = table.pairs;
    return ![`${near}4`, `${near}6`, `${far}4`, `${far}6`].includes(change.before.set);
  });
}

const isLearned = (facility: string): boolean => learnedFacilities.some((one) => one === facility);

/** What makes one item of a facility into another, as a host takes it. */
export function changeOf<F extends LearnedFacility>(
  namespace: string,
  facility: F,
  before: ItemTypes[F] | undefined,
  after: ItemTypes[F] | undefined,
): readonly Change[] {
  const item = after ?? before;
  if (!item || (before && after && same(before, after))) return [];
  const id = idOf[facility](item);
  const about = { namespace, facility, id, impact: 'none', why: 'seen' } as const;
  if (!before) return [{ ...about, kind: 'add', after: item } as Change];
  if (!after) return [{ ...about, kind: 'remove', before: item } as Change];
  return [{ ...about, kind: 'change', before, after } as Change];
}
