import { ipBatchRead } from './ip-batch.ts';
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
  const mark = fwmark === 0 ? '' : ` mark ${fwmark}`;
  const ways = addresses.map((address) => `route get ${address}${mark}`);
  // An address without a route says so on stderr, and the others are told all the same.
  const [links = [], ...routes] = await ipBatchRead(
    run,
    ['link show', ...ways],
    ['-force'],
    [0, 1],
  );
  const sizes = new Map((links as LinkShow[]).map(({ ifname, mtu }) => [ifname, mtu]));
  const found = (routes.flat() as RouteGet[]).flatMap(({ dev = '', metrics }) => {
    const learnt = metrics?.find(({ mtu }) => mtu !== undefined)?.mtu;
    return learnt ?? sizes.get(dev) ?? [];
  });
  return found.length === 0 ? undefined : Math.min(...found);
}
