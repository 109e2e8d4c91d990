import type { Binding, HostState, Namespace, Peer, Route, Tunnel } from '#state';

/** HostStates written by hand, as the compiler makes them, for tests that need no file. */

/** A public key that says its name; no one has the private key to it. */
export const keyNamed = (name: string): string =>
  Buffer.from(name.padEnd(32, '.')).subarray(0, 32).toString('base64');

/** A peer with what it carries for this machine. */
export interface PeerInit extends Partial<Peer> {
  readonly carries: readonly string[];
}

export interface StateInit {
  readonly machine?: string;
  readonly network?: string;
  readonly interface?: string;
  readonly mtu?: number;
  readonly addresses?: readonly string[];
  readonly peers?: Readonly<Record<string, PeerInit>>;
  readonly routes?: readonly Route[];
  readonly tunnel?: Partial<Tunnel>;
  /** Added to the root namespace, or instead of what it has. */
  readonly root?: Partial<Namespace>;
}

const peersOf = (peers: Readonly<Record<string, PeerInit>>): Record<string, Peer> =>
  Object.fromEntries(
    Object.entries(peers).map(([name, { carries: _, ...peer }]) => [
      name,
      { publicKey: keyNamed(name), ...peer },
    ]),
  );

const bindingsOf = (peers: Readonly<Record<string, PeerInit>>): Binding[] =>
  Object.entries(peers).map(([peer, { carries }]) => ({
    prefixes: [...carries],
    candidates: [{ tunnel: 'main', peer, rank: 0 }],
    sticky: false,
  }));

const into = (device: string, prefix: string): Route => ({ prefix, device, table: 254 });

/** A machine with one tunnel; unless said, it routes into it what its peers carry. */
export function machineState(init: StateInit = {}): HostState {
  const { machine = 'alice-laptop', network = 'denbi-hybrid', peers = {} } = init;
  const device = init.interface ?? 'wg0';
  const carried = Object.values(peers).flatMap(({ carries }) => carries);
  const routes = init.routes ?? carried.map((prefix) => into(device, prefix));
  const addresses = init.addresses ?? ['10.0.0.5/32'];
  return {
    format: 1,
    network,
    machine,
    epoch: 'test',
    rev: 1,
    namespaces: {
      root: {
        links: { v: 1, items: [{ name: device, kind: 'wireguard', mtu: init.mtu ?? 1420 }] },
        addresses: { v: 1, items: addresses.map((address) => ({ device, address })) },
        routes: { v: 1, items: [...routes] },
        ...init.root,
      },
    },
    tunnels: {
      main: {
        interface: device,
        lane: 0,
        bornIn: 'root',
        livesIn: 'root',
        listenPort: 51820,
        key: { id: `${network}/0` },
        peers: peersOf(peers),
        ...init.tunnel,
      },
    },
    bindings: bindingsOf(peers),
    processes: {},
    tables: {},
  };
}

/** A laptop behind NAT whose way into the network is one gateway; IPv4 and IPv6. */
export const spokeState = (init: StateInit = {}): HostState =>
  machineState({
    addresses: ['10.0.0.5/32', 'fd00:77::5/128'],
    mtu: 1380,
    peers: {
      bielefeld: {
        endpoint: '203.0.113.10:51820',
        keepalive: 25,
        carries: ['10.0.0.0/24', '192.168.66.0/24', '192.168.77.0/24', 'fd00:77::/64'],
      },
    },
    ...init,
  });

/**
 * A gateway of a site, with a peer of a smaller MTU, an endpoint that had to be pinned by a mark, a
 * sibling on the site's own network, forwarding and a filter.
 */
export function gatewayState(init: StateInit = {}): HostState {
  const device = init.interface ?? 'wg0';
  return machineState({
    machine: 'master',
    addresses: ['10.0.0.1/32', 'fd00:77::1/128'],
    tunnel: { fwmark: 0x68771234 },
    peers: {
      vpn: {
        endpoint: '[2001:db8:2::20]:51820',
        carries: ['10.0.0.2/32', '192.168.77.0/24', 'fd00:77::2/128'],
      },
      'alice-laptop': { carries: ['10.0.0.5/32'] },
    },
    routes: [
      { prefix: '10.0.0.0/24', device, table: 254 },
      {
        prefix: '10.0.0.3/32',
        via: '192.168.66.5',
        device: { holding: '192.168.66.4' },
        table: 254,
      },
      { prefix: '10.0.0.5/32', device, table: 254, mtu: 1340 },
      { prefix: '192.168.77.0/24', device, table: 0x68771234, source: '10.0.0.1' },
      { prefix: 'fd00:77::/64', device, table: 254, metric: 50 },
    ],
    root: {
      rules: {
        v: 1,
        items: [
          { family: 4, priority: 30_000, not: true, fwmark: 0x68771234, table: 0x68771234 },
          { family: 6, priority: 30_000, not: true, fwmark: 0x68771234, table: 0x68771234 },
        ],
      },
      sysctls: { v: 1, items: [{ key: 'net.ipv4.conf.all.src_valid_mark', value: '1' }] },
      forwarding: {
        v: 1,
        items: [
          { device, family: 4 },
          { device: { holding: '192.168.66.4' }, family: 4 },
          { device, family: 6 },
        ],
      },
      nft: {
        v: 1,
        items: [
          {
            family: 'inet',
            name: 'hawser-denbi-hybrid',
            counters: [],
            sets: [],
            maps: [],
            chains: [],
          },
        ],
      },
    },
    ...init,
  });
}
