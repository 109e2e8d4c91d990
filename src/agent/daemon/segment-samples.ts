import { mostDrops, type SegmentSample } from '#api';
import { countLeases, type Run } from '#host';
import { type HostState, inBridge } from '#state';
import type { Machines } from '../segments/registry.ts';
import { countersIn } from '../trials/counter.ts';

type Namespace = HostState['namespaces'][string];

/** What is told of a segment without asking the kernel. */
export type Known = Omit<SegmentSample, 'dropped'>;

/** The namespaces of the segments that a state says. */
const segmentsIn = ({ namespaces }: HostState): readonly (readonly [string, Namespace])[] =>
  Object.entries(namespaces).filter(([, { vxlans }]) => (vxlans?.items.length ?? 0) > 0);

/** Leases and machines of each segment, by its namespace. `machines`: undefined where no table is kept. */
export function knownIn(
  state: HostState,
  stateFolder: string,
  machines: (namespace: string) => Machines | undefined,
): Readonly<Record<string, Known>> {
  const now = Date.now() / 1000;
  const { network } = state;
  return Object.fromEntries(
    segmentsIn(state).map(([namespace, { dhcpServers }]) => [
      namespace,
      {
        ...(dhcpServers && { leases: countLeases({ stateFolder, network, namespace }, now) }),
        ...machines(namespace),
      },
    ]),
  );
}

/** What rules that drop have counted in each segment, bridged and routed together; nothing where nft does not say. */
export async function droppedIn(
  state: HostState,
  run: Run,
): Promise<ReadonlyMap<string, SegmentSample['dropped']>> {
  const found = segmentsIn(state).map(async ([namespace, { nft }]) => {
    const dropping = droppingIn(nft?.items ?? []);
    const counters = await countersIn(run, namespace).catch(() => []);
    const sums = new Map<string, number>();
    for (const { table, name, packets } of counters) {
      if (dropping.has(`${table} ${name}`)) sums.set(name, (sums.get(name) ?? 0) + packets);
    }
    return [namespace, Object.fromEntries([...sums].slice(0, mostDrops))] as const;
  });
  return new Map(await Promise.all(found));
}

/** Tables and counters of rules that drop. Where the bridge tracks connections a table of IP is one of the bridge. */
const droppingIn = (tables: NonNullable<Namespace['nft']>['items']): ReadonlySet<string> =>
  new Set(
    tables.flatMap(({ name: table, chains }) =>
      chains
        .flatMap(({ rules }) => rules)
        .filter(({ verdict, counter }) => verdict === 'drop' && counter !== undefined)
        .flatMap(({ counter }) => [`${table} ${counter}`, `${inBridge(table)} ${counter}`]),
    ),
  );
