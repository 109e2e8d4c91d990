import type { Counted } from '#api';
import { entered, type Run } from '#host';
import { type HostState, inBridge } from '#state';

/** A named counter of nft. */
interface Counter extends Counted {
  readonly table: string;
  readonly name: string;
}

/** All counters of a namespace. Rejects where nft does. */
export async function countersIn(run: Run, namespace: string): Promise<readonly Counter[]> {
  const within = namespace === 'root' ? run : entered(run, ['ip', 'netns', 'exec', namespace]);
  const { nftables } = JSON.parse(await within('read', ['nft', '-j', 'list', 'counters'])) as {
    readonly nftables: readonly { readonly counter?: Counter }[];
  };
  return nftables.flatMap(({ counter }) => counter ?? []);
}

/** What the filters of a state have counted under a name, all together; undefined: they count nothing so. */
export async function countedBy(
  run: Run,
  state: HostState | undefined,
  name: string,
): Promise<Counted | undefined> {
  const places = Object.entries(state?.namespaces ?? {}).flatMap(([namespace, { nft }]) => {
    const counting = (nft?.items ?? []).filter(({ counters }) => counters.includes(name));
    // Where the bridge tracks connections a table of IP is one of the bridge.
    const tables = counting.flatMap(({ name: table }) => [table, inBridge(table)]);
    return tables.length === 0 ? [] : [{ namespace, tables: new Set(tables) }];
  });
  if (places.length === 0) return undefined;
  const found = await Promise.all(
    places.map(async ({ namespace, tables }) =>
      (await countersIn(run, namespace)).filter(
        (counter) => counter.name === name && tables.has(counter.table),
      ),
    ),
  );
  const all = found.flat();
  const sum = (of: 'packets' | 'bytes'): number => all.reduce((so, one) => so + one[of], 0);
  return { packets: sum('packets'), bytes: sum('bytes') };
}
