import { fnv1a } from '#base';
import { type Address, Prefix } from '#ip';
import type { Segment, SegmentSite } from '#spec';
import type {
  AddressItem,
  DhcpServer,
  NameEntry,
  Namespace,
  NftMatch,
  NftRule,
  NftTable,
  Route,
  Sysctl,
} from '#state';
import type { Model, Node } from '../../model.ts';
import { reverseDomain } from '../../names/reverse.ts';
import { is } from '../words.ts';
import { linkLocalOf } from './link-local.ts';
import { segmentMtu } from './mtu.ts';
import { bridge, vxlan } from './place.ts';

/** One of our DHCP servers, as the others of its segment see it. */
interface Server {
  readonly site: string;
  readonly mac: string;
  readonly addresses: readonly Address[];
}

/** The same whichever gateway the site has, and of those that nobody sells (the second bit). */
function macOf({ network }: Model, segment: Segment, site: string): string {
  const digits = fnv1a(`${network.name}/${segment.name}/${site}`).toString(16).padStart(8, '0');
  return ['02', '69', ...(digits.match(/../g) ?? [])].join(':');
}

/** Our DHCP servers in a segment: machines of it, which those at other sites ask for names. */
export const serversOf = (model: Model, segment: Segment): readonly Server[] =>
  segment.sites.flatMap(({ site, dhcp: { by, addresses } }) =>
    by === 'hawser' ? [{ site, mac: macOf(model, segment, site), addresses }] : [],
  );

/** What a gateway has more, where it gives the machines of its site their addresses. */
interface Serving {
  readonly bridge: { readonly mac: string };
  readonly namespace: Pick<Namespace, 'addresses' | 'dhcpServers' | 'names' | 'sysctls' | 'routes'>;
  /** The filters of the namespace, with what lets in what a server is asked, and nothing else. */
  readonly guarded: (borders: readonly NftTable[]) => NftTable[];
}

export function dhcpAt(
  model: Model,
  node: Node,
  segment: Segment,
  here: SegmentSite,
): Serving | undefined {
  const server = serversOf(model, segment).find(({ site }) => site === here.site);
  if (!server) return undefined;
  const { addresses, mac } = server;
  const answers = segment.dns.some((one) => addresses.some((own) => own.equals(one)));
  const held = addresses.flatMap((address) => {
    const subnet = segment.subnets.find((one) => one.contains(address));
    return subnet ? [{ device: bridge, address: `${address}/${subnet.length}` }] : [];
  });
  const has6 = addresses.some((one) => !isV4(one));
  const forward = answers ? here.dhcp.forward : [];
  return {
    bridge: { mac },
    namespace: {
      addresses: { v: 1, items: [...held, ...(has6 ? [ofLink(mac)] : [])] },
      ...(forward.length > 0 && { routes: { v: 1, items: waysTo(segment, forward) } }),
      ...(has6 && { sysctls: { v: 1, items: [deaf] } }),
      dhcpServers: { v: has6 ? 2 : 1, items: [serverAt(model, node, segment, here, answers)] },
      ...(answers && { names: { v: 1, hostsFile: 'never', items: namesIn(model, segment) } }),
    },
    guarded: (borders) => [
      ...borders.map((one) => ({
        ...one,
        chains: [...one.chains, inputChain(addresses), outputChain],
      })),
      guard(model, { answers, has6, forward }),
    ],
  };
}

/** From where it advertises, and where it is asked (RFC 4861, 4.2; RFC 8415, 18.4). */
const ofLink = (mac: string): AddressItem => ({
  device: bridge,
  address: `${linkLocalOf(mac)}/64`,
});

/** It tells the machines what the link is like, and is told by nobody. */
const deaf: Sysctl = { key: 'net.ipv6.conf.*.accept_ra', device: bridge, value: '0' };

const isV4 = ({ family }: { readonly family: number }): boolean => family === 4;

/** As if the network had `dns`, also where it has none: names stay the same when it comes. */
export const zoneOf = ({ network: { dns, name } }: Model): string =>
  dns?.zone ?? `${name}.internal`;

function serverAt(
  model: Model,
  node: Node,
  segment: Segment,
  here: SegmentSite,
  answers: boolean,
): DhcpServer {
  const { subnets, routers, dns, stations } = segment;
  const mtu = segmentMtu(model, node, segment);
  const near = (one: Address): boolean => here.dhcp.addresses.some((own) => own.equals(one));
  // It gives what it has itself: one without an address of IPv6 gives none.
  const isGiven = ({ family }: { readonly family: number }): boolean =>
    here.dhcp.addresses.some((own) => own.family === family);
  const given = dns
    .filter(isGiven)
    .toSorted((a, b) => a.family - b.family || Number(near(b)) - Number(near(a)));
  const pools = here.pools.filter(isGiven).flatMap((pool) => {
    const subnet = subnets.find((one) => one.contains(pool));
    return subnet ? [`${pool}/${subnet.length}`] : [];
  });
  return {
    device: bridge,
    pools,
    routers: routers.filter((one) => isV4(one) && isGiven(one)).map(String),
    dns: given.map(String),
    ...(mtu !== undefined && { mtu }),
    zones: answers ? [zoneOf(model), ...subnets.filter(isWhole).map(reverseDomain)] : [],
    forward: answers ? here.dhcp.forward.map(String) : [],
    hosts: stations
      .filter(({ site }) => site === here.site)
      .map(({ mac, addresses, name }) => ({
        mac,
        addresses: addresses.filter(isGiven).map(String),
        name,
      })),
  };
}

/** Whether it is a domain of its own (RFC 1035, 3.5; RFC 3596, 2.5). */
const isWhole = ({ family, length }: Prefix): boolean => length % (family === 4 ? 8 : 4) === 0;

/** The names of the machines of a segment at all of its sites. */
function namesIn(model: Model, { stations }: Segment): NameEntry[] {
  const zone = zoneOf(model);
  return stations
    .flatMap(({ name, site, addresses }) =>
      addresses.map((address) => ({
        address,
        names: [`${name}.${zone}`, ...(site === name ? [] : [`${name}.${site}.${zone}`])],
      })),
    )
    .sort((a, b) => a.address.compare(b.address))
    .map(({ address, names }) => ({ address: String(address), names }));
}

/** Frames for the gateway itself do not pass the chain of those that cross: they are judged the same here. */
const inputChain = (addresses: readonly Address[]): NftTable['chains'][number] => ({
  name: 'input',
  hook: { type: 'filter', hook: 'input', priority: -200, policy: 'accept' },
  rules: [
    // It is no router: where the machine forwards, its namespaces do as well.
    ...families(addresses).map(
      ([left, own]): NftRule => ({
        match: [
          is('meta pkttype', 'host'),
          // All of IPv4, where it has no address of that.
          own.length === 0 ? is('meta protocol', 'ip') : { left, op: '!=', right: own },
        ],
        counter: 'border',
        verdict: 'drop',
      }),
    ),
    { match: [is('iifname', vxlan)], verdict: 'goto far' },
  ],
});

/** What a server says of itself is for its own site, also where the bridge sends to all what is for all. */
const outputChain: NftTable['chains'][number] = {
  name: 'output',
  hook: { type: 'filter', hook: 'output', priority: -200, policy: 'accept' },
  rules: [is('udp sport', ['67', '547']), is('icmpv6 type', 'nd-router-advert')].map(
    (said): NftRule => ({
      match: [is('oifname', vxlan), said],
      counter: 'border',
      verdict: 'drop',
    }),
  ),
};

/** Addresses by what tells them; link-local ones of IPv6 are of no subnet. */
const families = (addresses: readonly Address[]): readonly (readonly [string, string[]])[] => [
  ['ip daddr', addresses.filter(isV4).map(String)],
  ['ip6 daddr', ['fe80::/10', ...addresses.filter((one) => !isV4(one)).map(String)]],
];

/** To those whom it asks it goes as the machines do: by the router, and what that lets out. */
const waysTo = ({ subnets, routers }: Segment, forward: readonly Address[]): Route[] =>
  forward
    .filter((one) => !subnets.some((subnet) => subnet.contains(one)))
    .flatMap((one) =>
      routers
        .filter(({ family }) => family === one.family)
        .map((router) => ({
          prefix: String(Prefix.single(one)),
          device: bridge,
          via: String(router),
          table: 254,
        })),
    );

/** Answers of those whom it asks for names of others. */
const answersOf = (forward: readonly Address[]): readonly NftMatch[][] =>
  forward.map((one) => [
    is(isV4(one) ? 'ip saddr' : 'ip6 saddr', String(one)),
    is('ct state', 'established'),
  ]);

interface Guarded {
  readonly answers: boolean;
  readonly has6: boolean;
  readonly forward: readonly Address[];
}

/** A server is asked for addresses, for names and whether it is there. */
function guard({ network }: Model, { answers, has6, forward }: Guarded): NftTable {
  const asked = (...match: NftMatch[]): NftRule => ({
    match: [is('iifname', bridge), ...match],
    verdict: 'accept',
  });
  return {
    family: 'inet',
    name: `hawser-${network.name}`,
    counters: ['server'],
    sets: [],
    maps: [],
    chains: [
      {
        name: 'input',
        hook: { type: 'filter', hook: 'input', priority: 0, policy: 'accept' },
        rules: [
          asked(is('meta l4proto', ['icmp', 'ipv6-icmp'])),
          asked(is('udp dport', has6 ? ['67', '547'] : '67')),
          ...(answers ? [asked(is('udp dport', '53')), asked(is('tcp dport', '53'))] : []),
          ...answersOf(forward).map((match) => asked(...match)),
          { match: [is('iifname', bridge)], counter: 'server', verdict: 'drop' },
        ],
      },
    ],
  };
}
