import type { Namespace, NftMatch } from '#state';
import { serving } from './dhcp-state.ts';

/** The namespace of a segment whose machines are on `eth1`, and these at another gateway. */
const segmentSpace = (
  { vni = 7, local = '10.0.0.1' }: { readonly vni?: number; readonly local?: string },
  far: readonly (readonly [mac: string, to: string, ...addresses: string[]])[],
): Namespace => ({
  bridges: { v: 1, items: [{ name: 'bridge' }] },
  vxlans: { v: 1, items: [{ name: 'vxlan', bridge: 'bridge', vni, port: 14_789, local }] },
  ports: { v: 1, items: [{ device: 'eth1', bridge: 'bridge' }] },
  fdb: { v: 1, items: far.map(([mac, to]) => ({ device: 'vxlan', mac, to })) },
  neighbours: {
    v: 1,
    items: far.flatMap(([mac, , ...addresses]) =>
      addresses.map((address) => ({ device: 'bridge', address, mac })),
    ),
  },
  nft: {
    v: 1,
    items: [
      {
        family: 'bridge',
        name: 'hawser-net',
        counters: ['border'],
        sets: [],
        maps: [],
        chains: [
          {
            name: 'forward',
            hook: { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' },
            rules: [
              {
                match: [{ left: 'oifname', op: '==', right: 'vxlan' }, groupFrames],
                counter: 'border',
                verdict: 'drop',
              },
            ],
          },
        ],
      },
    ],
  },
});

const groupFrames: NftMatch = {
  left: 'meta pkttype',
  op: '==',
  right: ['broadcast', 'multicast'],
};

const macOf = (last: number): string => `02:00:00:00:00:0${last}`;

/** The same where it passes on what is for all. */
const flooding = (space: Namespace, ...gateways: readonly string[]): Namespace => ({
  ...space,
  vxlans: { v: 1, items: (space.vxlans?.items ?? []).map((one) => ({ ...one, flood: true })) },
  floods: { v: 1, items: gateways.map((to) => ({ device: 'vxlan', to })) },
});

export const firstSpace: Namespace = {
  ...flooding(
    segmentSpace({}, [
      [macOf(1), '10.0.1.0', '10.9.0.1', 'fd09::1'],
      [macOf(2), '10.0.1.1', '10.9.0.2'],
      [macOf(3), '10.0.1.1', '10.9.0.3'],
    ]),
    '10.0.1.0',
    '10.0.1.1',
  ),
  bridges: { v: 1, items: [{ name: 'bridge', mac: '02:69:00:00:00:01' }] },
  ...serving({}),
};

/** The same where the port is routed to: machines `near` are on it, and it answers for those that are far. */
const proxied = (
  space: Namespace,
  near: readonly (readonly [mac: string, ...addresses: string[]])[],
): Namespace => {
  const device = 'eth1';
  const far = space.neighbours?.items ?? [];
  const closeBy = near.flatMap(([mac, ...addresses]) =>
    addresses.map((address) => ({ device, address, mac })),
  );
  const lengthOf = (address: string): number => (address.includes(':') ? 128 : 32);
  return {
    ...space,
    bridges: { v: 1, items: [{ name: 'bridge', mac: '02:70:00:00:00:01' }] },
    ports: { v: 1, items: [{ device }] },
    neighbours: { v: 1, items: [...far, ...closeBy] },
    proxies: { v: 1, items: far.map(({ address }) => ({ device, address })) },
    routes: {
      v: 1,
      items: [
        { prefix: '10.9.0.0/24', device: 'bridge', table: 254 },
        { prefix: 'fd09::/64', device: 'bridge', table: 254 },
        ...closeBy.map(({ address }) => ({
          prefix: `${address}/${lengthOf(address)}`,
          device,
          table: 254,
        })),
      ],
    },
    forwarding: {
      v: 1,
      items: ['bridge', device].map((one) => ({ device: one, family: 4 as const })),
    },
    sysctls: {
      v: 1,
      items: [
        { key: 'net.ipv4.conf.*.rp_filter', device, value: '1' },
        { key: 'net.ipv4.neigh.*.proxy_delay', device, value: '0' },
        { key: 'net.ipv6.conf.*.proxy_ndp', device, value: '1' },
      ],
    },
  };
};

export const secondSpace = proxied(
  segmentSpace({ vni: 8, local: '10.0.0.7' }, [
    [macOf(1), '10.0.1.1', '10.9.0.1'],
    [macOf(3), '10.0.1.1', '10.9.0.3'],
    [macOf(4), '10.0.1.1', '10.9.0.2', 'fd09::4'],
  ]),
  [[macOf(5), '10.9.0.5', 'fd09::5']],
);
