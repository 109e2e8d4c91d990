import { fnv1a } from '#base';
import { Prefix } from '#ip';
import type { Segment, SegmentSite, Station } from '#spec';
import type { Forwarding, Namespace, Neighbour, ProxyEntry, Route, Sysctl } from '#state';
import type { Model } from '../../model.ts';
import { serversOf } from './dhcp.ts';
import { bridge, portOf } from './place.ts';
import { isOurRouter, stationsOf } from './stations.ts';

/** What a site in proxy mode has besides: its port is on no bridge, and what passes is routed. */
export type Proxied = Required<
  Pick<Namespace, 'routes' | 'sysctls' | 'forwarding' | 'proxies' | 'neighbours'>
>;

/**
 * The MAC address behind which the others find all machines of a site in proxy mode: that of the bridge
 * there. Of those that nobody sells (the second bit); others of that network have other last four bytes.
 */
export function proxyMac({ network }: Model, segment: Segment, site: string): string {
  const digits = fnv1a(`${network.name}/${segment.name}/${site}`).toString(16).padStart(8, '0');
  return ['02', '70', ...(digits.match(/../g) ?? [])].join(':');
}

/** Machines as other sites see them: those of a site in proxy mode behind the MAC address of its gateway. */
export function asSeen(model: Model, segment: Segment): (station: Station) => Station {
  const proxies = new Map(
    segment.sites.flatMap(({ site, mode }) =>
      mode === 'proxy' ? [[site, proxyMac(model, segment, site)] as const] : [],
    ),
  );
  return (station) =>
    isOurRouter(model, station)
      ? station
      : { ...station, mac: proxies.get(station.site) ?? station.mac };
}

/**
 * How a gateway stands between its port and the bridge without a frame of one going to the other. On the port
 * it answers ARP and ND for the machines of other sites with the port's own address (`proxies`); those of its site
 * have a route each, for all others the way is the bridge. A router of ours is on the bridge, where the same is done for
 * it: the bridge answers for the machines of the site.
 */
export function proxiedSite(model: Model, segment: Segment, here: SegmentSite): Proxied {
  const { site } = here;
  const device = portOf(here);
  const stations = stationsOf(model, segment);
  const isNear = (one: Station): boolean => one.site === site && !isOurRouter(model, one);
  const [near, far] = [stations.filter(isNear), stations.filter((one) => !isNear(one))];
  const ours = far.filter((station) => station.site === site);
  const families = segment.subnets.map(({ family }) => family);
  const ways: Route[] = [
    ...segment.subnets.map((subnet) => ({ prefix: String(subnet), device: bridge, table: 254 })),
    ...near.flatMap(({ addresses }) =>
      addresses.map((one) => ({ prefix: String(Prefix.single(one)), device, table: 254 })),
    ),
    ...beyond(segment, far, bridge),
    ...beyond(segment, near, device),
  ];
  const byPrefix = new Map(ways.toReversed().map((way) => [way.prefix, way]));
  const servers = serversOf(model, segment).filter((server) => server.site !== site);
  const answers = [
    ...answersOn(device, [...far, ...servers]),
    ...(ours.length > 0 ? answersOn(bridge, near) : []),
  ];
  const neighbours = [...neighboursOn(device, near), ...neighboursOn(bridge, ours)];
  const answering = ours.length > 0 ? [device, bridge] : [device];
  return {
    routes: { v: 1, items: [...byPrefix.values()].toReversed() },
    sysctls: {
      v: 1,
      items: answering.flatMap((one) => families.flatMap((family) => switches[family](one))),
    },
    forwarding: {
      v: 1,
      items: families.flatMap((family): Forwarding[] => [
        { device: bridge, family },
        { device, family },
      ]),
    },
    proxies: { v: 1, items: answers },
    neighbours: { v: 1, items: neighbours },
  };
}

type Found = Pick<Station, 'addresses' | 'mac'>;

const answersOn = (device: string, all: readonly Found[]): readonly ProxyEntry[] =>
  all.flatMap(({ addresses }) => addresses.map((one) => ({ device, address: String(one) })));

const neighboursOn = (device: string, all: readonly Found[]): readonly Neighbour[] =>
  all.flatMap(({ addresses, mac }) =>
    addresses.map((one) => ({ device, address: String(one), mac })),
  );

/** To what is not in the segment leads its router, and to a network behind a machine that machine. */
const beyond = ({ routers }: Segment, side: readonly Station[], device: string): readonly Route[] =>
  side.flatMap(({ addresses, allow }) =>
    addresses.flatMap((address) => {
      const isRouter = routers.some((router) => router.equals(address));
      const behind = allow.filter(({ family }) => family === address.family).map(String);
      const all = isRouter ? [address.family === 4 ? '0.0.0.0/0' : '::/0'] : [];
      const via = String(address);
      return [...behind, ...all].map((prefix) => ({ prefix, device, via, table: 254 }));
    }),
  );

/** Answers at once (ip-sysctl, `proxy_delay`), and takes no route from anybody on the port. */
const switches = {
  4: (device: string): readonly Sysctl[] => [
    { key: 'net.ipv4.neigh.*.proxy_delay', device, value: '0' },
  ],
  6: (device: string): readonly Sysctl[] => [
    { key: 'net.ipv6.conf.*.accept_ra', device, value: '0' },
    // Without it the kernel does not look at `proxy_ndp` (ndisc_recv_ns).
    { key: 'net.ipv6.conf.*.forwarding', device, value: '1' },
    { key: 'net.ipv6.conf.*.proxy_ndp', device, value: '1' },
    { key: 'net.ipv6.neigh.*.proxy_delay', device, value: '0' },
  ],
} as const;
