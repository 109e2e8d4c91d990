import type { Change } from './change.ts';
import { describeChange } from './describe.ts';

/** What of a table changed, in the order of mention, and how its parts are called. */
const parts: Readonly<Record<string, string>> = {
  'nft-chains': 'chain',
  'nft-sets': 'set',
  'nft-elements': 'element',
  'nft-counters': 'counter',
};

const verbs = { add: 'added', change: 'changed', remove: 'removed' } as const;
type Verb = keyof typeof verbs;

/** What a change costs, for people; nothing if it costs nothing. */
const cost = ({ impact }: Change): string => (impact === 'none' ? '' : ` [${impact}]`);

/** More names than this are told by their number. */
const namesTold = 3;

/**
 * Lines for people. A filter is told as one line per table, many names as one line, and a tunnel that
 * goes as one with all that rests on it; everything else as `describeChange` says it. `impacts`: and what it costs, where
 * it does (a filter changes at once: what that costs is told as access).
 */
export function describeChanges(
  changes: readonly Change[],
  { impacts = false }: { readonly impacts?: boolean } = {},
): readonly string[] {
  const gone = new Set(
    changes.filter(isTunnelGoing).map(({ namespace, id }) => `${namespace} ${id}`),
  );
  const lines = new Map<string, string>();
  const tables = Map.groupBy(changes.filter(isOfTable), tableOf);
  const names = Map.groupBy(changes.filter(isOfNames), deedOf);
  for (const change of changes) {
    if (isOfTable(change)) {
      const table = tableOf(change);
      const line = `table ${table}`;
      if (!lines.has(line)) lines.set(line, describeTable(table, tables.get(table) ?? []));
    } else if ((names.get(deedOf(change))?.length ?? 0) > namesTold) {
      lines.set(deedOf(change), describeNames(names.get(deedOf(change)) ?? []));
    } else if (!restsOn(change, gone)) {
      lines.set(`${lines.size}`, `${describeChange(change)}${impacts ? cost(change) : ''}`);
    }
  }
  return [...lines.values()];
}

const isOfTable = ({ facility }: Change): boolean => facility.startsWith('nft-');

const isOfNames = ({ facility }: Change): boolean => facility === 'names';

const bookOf = (id: string): string => (id.startsWith('resolver') ? ' of the resolver' : '');

/** What is done alike with names of one place: if those changes are many, they are told as one. */
const deedOf = ({ facility, kind, namespace, id }: Change): string =>
  facility === 'names' ? `${kind} ${namespace}${bookOf(id)}` : '';

const describeNames = (changes: readonly Change[]): string =>
  `${changes[0]?.kind} ${changes.length} names${bookOf(changes[0]?.id ?? '')}`;

const isTunnelGoing = ({ facility, kind }: Change): boolean =>
  facility === 'tunnels' && kind === 'remove';

/** Whether a removal follows from that of a tunnel's device. */
function restsOn(change: Change, gone: ReadonlySet<string>): boolean {
  if (change.kind !== 'remove' || change.facility === 'tunnels') return false;
  const { interface: tunnel, device } = change.before as {
    readonly interface?: string;
    readonly device?: string;
  };
  const names =
    change.facility === 'links'
      ? [change.id]
      : change.facility === 'sysctls'
        ? change.id.split('/')
        : [tunnel ?? device];
  return names.some((name) => gone.has(`${change.namespace} ${name}`));
}

/** `FAMILY NAME`, which the ids of a table's parts begin with; `in NAMESPACE` where it is not root. */
function tableOf({ id, namespace }: Change): string {
  const [family = '', name = ''] = id.split(' ');
  return `${family} ${name}${namespace === 'root' ? '' : ` in ${namespace}`}`;
}

function describeTable(table: string, changes: readonly Change[]): string {
  const whole = changes.find(({ facility }) => facility === 'nft-tables');
  const verb = whole && whole.kind !== 'move' ? whole.kind : undefined;
  if (verb === 'remove') return `remove table ${table}`;
  const counts = (['add', 'change', 'remove'] as const).flatMap((kind) => {
    const told = countParts(changes.filter((change) => change.kind === kind));
    return told === '' ? [] : [verb === kind ? told : `${told} ${verbs[kind satisfies Verb]}`];
  });
  return `${verb ?? 'change'} table ${table} (${counts.join('; ')})`;
}

const countParts = (changes: readonly Change[]): string =>
  Object.entries(parts)
    .flatMap(([facility, name]) => {
      const count = changes.filter((change) => change.facility === facility).length;
      return count === 0 ? [] : [`${count} ${name}${count === 1 ? '' : 's'}`];
    })
    .join(', ');
