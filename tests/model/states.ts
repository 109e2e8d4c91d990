import type { HostState, NftTable, Route, Rule } from '#state';
import { familyOf } from './address.ts';

/** A HostState in short, for tests that write one by hand. */
export interface Sketch {
  readonly name: string;
  readonly key?: string;
  readonly device?: string;
  readonly mtu?: number;
  readonly fwmark?: number;
  readonly overlay?: readonly string[];
  readonly peers?: Readonly<Record<string, PeerSketch>>;
  readonly routes?: readonly (Omit<Route, 'table'> & { readonly table?: number })[];
  readonly rules?: readonly Rule[];
  /** Addresses whose devices forward, or device names. */
  readonly forwards?: readonly string[];
  readonly nft?: readonly NftTable[];
}

export interface PeerSketch {
  readonly key?: string;
  readonly endpoint?: string;
  readonly keepalive?: number;
  readonly allowed: readonly string[];
}

const facility = <T>(items: readonly T[]) => ({ v: 1 as const, items: [...items] });
const main = 254;

/** Keys are their machines' names unless the sketch says otherwise. */
export function stateOf(sketch: Sketch): HostState {
  const device = sketch.device ?? 'wg0';
  return {
    format: 1,
    network: 'test',
    machine: sketch.name,
    epoch: 'e',
    rev: 1,
    namespaces: { root: rootOf(sketch, device) },
    tunnels: sketch.peers ? { t0: tunnelOf(sketch, device) } : {},
    bindings: Object.entries(sketch.peers ?? {}).map(([peer, p]) => ({
      prefixes: [...p.allowed],
      candidates: [{ tunnel: 't0', peer, rank: 0 }],
      sticky: false,
    })),
    processes: {},
    tables: {},
  };
}

const rootOf = (sketch: Sketch, device: string): HostState['namespaces'][string] => ({
  links: facility([{ name: device, kind: 'wireguard', mtu: sketch.mtu ?? 1420 }]),
  addresses: facility(
    (sketch.overlay ?? []).map((a) => ({
      device,
      address: `${a}/${familyOf(a) === 4 ? 32 : 128}`,
    })),
  ),
  routes: facility((sketch.routes ?? []).map((route) => ({ table: main, ...route }))),
  rules: facility(sketch.rules ?? []),
  forwarding: facility(
    (sketch.forwards ?? []).flatMap((where) => {
      const ref = where.includes('.') || where.includes(':') ? { holding: where } : where;
      return [4 as const, 6 as const].map((family) => ({ device: ref, family }));
    }),
  ),
  nft: facility(sketch.nft ?? []),
});

const tunnelOf = (sketch: Sketch, device: string): HostState['tunnels'][string] => ({
  interface: device,
  lane: 0,
  bornIn: 'root',
  livesIn: 'root',
  listenPort: 51820,
  key: { id: 'k', publicKey: sketch.key ?? sketch.name },
  peers: Object.fromEntries(
    Object.entries(sketch.peers ?? {}).map(([name, p]) => [
      name,
      {
        publicKey: p.key ?? name,
        ...(p.endpoint !== undefined && { endpoint: p.endpoint }),
        ...(p.keepalive !== undefined && { keepalive: p.keepalive }),
      },
    ]),
  ),
  ...(sketch.fwmark !== undefined && { fwmark: sketch.fwmark }),
});
