import { byText } from '#base';
import type { TunnelItem } from '#state';
import type { PeerDump } from '#wireguard';
import type { Device } from '../devices.ts';
import type { Run } from '../run.ts';
import { dumpOf } from '../wireguard/read.ts';
import { type KeptRoute, keptRoutes } from './kept-routes.ts';

/** A tunnel as it is, whoever made it. */
export interface Existing {
  readonly tunnel: TunnelItem;
  readonly mtu: number;
  readonly alias?: string;
  /** With their lengths. */
  readonly addresses: readonly string[];
  /** Sorted by key: the order of wg's own is any. */
  readonly peers: readonly PeerDump[];
  /** Those of others. */
  readonly routes: readonly KeptRoute[];
}

/** Undefined where the device is none of WireGuard's, or nobody answers for it. */
export async function existing(
  run: Run,
  { name, mtu, alias, addresses }: Device,
): Promise<Existing | undefined> {
  const dump = await dumpOf(run, name);
  if (!dump) return undefined;
  const { listenPort, fwmark, publicKey = '', peers } = dump;
  return {
    tunnel: { interface: name, bornIn: 'root', listenPort, fwmark, publicKey },
    mtu,
    ...(alias !== undefined && { alias }),
    addresses,
    peers: peers.toSorted((a, b) => byText(a.publicKey, b.publicKey)),
    routes: await keptRoutes(run, name),
  };
}
