import type { Counted } from '#api';
import { entered, type Run } from '#host';
import type { HostState } from '#state';

interface Listed {
  readonly counter?: { readonly name: string; readonly packets: number; readonly bytes: number };
}

/** What the filters of a state have counted under a name, all together; undefined: they count nothing so. */
export async function countedBy(
  run: Run,
  state: HostState | undefined,
  name: string,
): Promise<Counted | undefined> {
  const places = Object.entries(state?.namespaces ?? {}).flatMap(([namespace, { nft }]) =>
    (nft?.items ?? [])
      .filter(({ counters }) => counters.includes(name))
      .map(({ family, name: table }) => ({ namespace, family, table })),
  );
  if (places.length === 0) return undefined;
  const found = await Promise.all(
    places.map(async ({ namespace, family, table }) => {
      const within = namespace === 'root' ? run : entered(run, ['ip', 'netns', 'exec', namespace]);
      const argv = ['nft', '-j', 'list', 'counter', family, table, name];
      const { nftables } = JSON.parse(await within('read', argv)) as {
        readonly nftables: readonly Listed[];
      };
      return nftables.flatMap(({ counter }) => counter ?? []);
    }),
  );
  const all = found.flat();
  const sum = (of: 'packets' | 'bytes'): number => all.reduce((so, one) => so + one[of], 0);
  return { packets: sum('packets'), bytes: sum('bytes') };
}
