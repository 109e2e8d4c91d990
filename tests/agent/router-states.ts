import type { Namespace } from '#state';

/** The namespace of a router of the segment `lab`, which may reach these by the address of the machine. */
export const routerSpace = (
  network: string,
  mac: string,
  targets: readonly string[],
): Namespace => ({
  veths: {
    v: 1,
    items: [
      {
        name: 'uplink',
        mac,
        peer: { namespace: 'root', name: 'out-gw', addresses: [`${network}.1/24`, 'fd05::1/64'] },
      },
      {
        name: 'vni7',
        mac: '02:72:00:00:00:07',
        peer: { namespace: 'hw-net-lab', name: 'router', bridge: 'bridge', addresses: [] },
      },
    ],
  },
  addresses: {
    v: 1,
    items: [
      { device: 'uplink', address: `${network}.2/24` },
      { device: 'vni7', address: '10.9.0.254/24' },
      { device: 'vni7', address: 'fd09::254/64' },
    ],
  },
  routes: {
    v: 1,
    items: targets.map((prefix) => ({
      prefix,
      device: 'uplink',
      via: `${network}.1`,
      table: 254,
    })),
  },
  forwarding: {
    v: 1,
    items: (['uplink', 'vni7'] as const).map((device) => ({ device, family: 4 })),
  },
  nft: {
    v: 1,
    items: [
      {
        family: 'inet',
        name: 'hawser-net',
        counters: [],
        sets: [],
        maps: [],
        chains: [
          {
            name: 'leave',
            hook: { type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' },
            rules: [
              {
                match: [{ left: 'oifname', op: '==', right: 'uplink' }],
                verdict: `snat ip to ${network}.2`,
              },
            ],
          },
        ],
      },
    ],
  },
});
