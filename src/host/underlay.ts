import { ipBatchRead } from './ip-batch.ts';
import type { Run } from './run.ts';

interface RouteGet {
  readonly dev?: string;
  readonly gateway?: string;
  readonly prefsrc?: string;
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

/** How packets to an address leave the machine. */
export interface UnderlayWay {
  readonly device: string;
  readonly via: string | undefined;
  /** The address that they are from. */
  readonly source: string | undefined;
}

/** The way that the kernel would take now; undefined if there is none. */
export async function underlayWay(run: Run, address: string): Promise<UnderlayWay | undefined> {
  const [found = []] = await ipBatchRead(run, [`route get ${address}`], ['-force'], [0, 1]);
  const [{ dev, gateway, prefsrc } = {}] = found as RouteGet[];
  return dev === undefined ? undefined : { device: dev, via: gateway, source: prefsrc };
}
