import { readJson } from './json.ts';
import type { Run } from './run.ts';

interface RouteGet {
  readonly dev?: string;
  readonly metrics?: readonly { readonly mtu?: number }[];
}

interface LinkShow {
  readonly ifname: string;
  readonly mtu: number;
}

/**
 * The largest packet, in bytes, that this machine's own network takes towards some addresses: the MTU
 * of the route, where it has one or path MTU discovery has left one, else of its device. `fwmark` is
 * that of WireGuard's packets, which may take another way than others. Undefined if none has a route.
 */
export async function underlayMtu(
  run: Run,
  addresses: readonly string[],
  fwmark: number,
): Promise<number | undefined> {
  const links = readJson<LinkShow[]>('ip -j', await run('read', ['ip', '-j', 'link', 'show']));
  const sizes = new Map(links.map(({ ifname, mtu }) => [ifname, mtu]));
  const found = await Promise.all(
    addresses.map((address) => sizeTowards(run, address, fwmark, sizes)),
  );
  const known = found.filter((size) => size !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

async function sizeTowards(
  run: Run,
  address: string,
  fwmark: number,
  sizes: ReadonlyMap<string, number>,
): Promise<number | undefined> {
  const mark = fwmark === 0 ? [] : ['mark', String(fwmark)];
  const argv = ['ip', '-j', 'route', 'get', address, ...mark];
  const text = await run('read', argv, { exits: [0, 2] });
  const [route] = readJson<RouteGet[]>('ip -j', text);
  const learnt = route?.metrics?.find(({ mtu }) => mtu !== undefined)?.mtu;
  return learnt ?? sizes.get(route?.dev ?? '');
}
