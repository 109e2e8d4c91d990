import { internet, type NetNs, type Underlay } from './plan.ts';

/** Texts that build one namespace: lines for `ip -batch`, a ruleset for `nft -f`, files to write. */
export interface NsScript {
  readonly name: string;
  /** Files under /proc/sys that get `0` before any device exists, and those that get `1`. */
  readonly off: readonly string[];
  readonly on: readonly string[];
  readonly ip: string;
  readonly nft: string;
}

export interface UnderlayScript {
  /** Run in the internet's namespace. */
  readonly namespaces: string;
  /** Run after the namespaces have their settings. */
  readonly cables: string;
  readonly each: readonly NsScript[];
}

export function renderUnderlay(underlay: Underlay): UnderlayScript {
  const others = underlay.namespaces.filter((ns) => ns.name !== internet);
  return {
    namespaces: batch(others.map((ns) => `netns add ${ns.name}`)),
    cables: batch(underlay.cables.map(cableLine)),
    each: underlay.namespaces.map((ns) => ({
      name: ns.name,
      off: ns.forwards ? [...always, ...onRouters] : always,
      on: ns.forwards ? forwarding : [],
      ip: batch(nsLines(ns, underlay)),
      nft: ns.nft,
    })),
  };
}

/**
 * No duplicate address detection, which would hold up IPv6 for seconds; no limit on ICMP errors, so
 * that each refusal of many at once is heard (icmp(7)); no redirects, which a host would believe for
 * minutes after its gateway had lost a tunnel and pointed to the LAN's router instead.
 */
const always = [
  'net/ipv4/conf/all/accept_redirects',
  'net/ipv4/conf/default/accept_redirects',
  'net/ipv6/conf/all/accept_redirects',
  'net/ipv6/conf/default/accept_redirects',
  'net/ipv6/conf/default/accept_dad',
  'net/ipv6/conf/default/accept_ra',
  'net/ipv4/icmp_ratemask',
  'net/ipv6/icmp/ratelimit',
];

/** Bridged frames are the LAN's affair, not the router's rules'; nobody is told of shorter ways. */
const onRouters = [
  'net/ipv4/conf/all/send_redirects',
  'net/ipv4/conf/default/send_redirects',
  'net/bridge/bridge-nf-call-iptables',
  'net/bridge/bridge-nf-call-ip6tables',
];

const forwarding = ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding'];

const batch = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

const cableLine = ({ ends: [a, b] }: Underlay['cables'][number]): string => {
  const place = (end: typeof a) => (end.namespace === internet ? '' : ` netns ${end.namespace}`);
  return `link add ${a.device}${place(a)} type veth peer name ${b.device}${place(b)}`;
};

function nsLines(ns: NetNs, underlay: Underlay): string[] {
  const ends = underlay.cables.flatMap(({ ends: both, mtu }) =>
    both.filter((end) => end.namespace === ns.name).map(({ device }) => ({ device, mtu })),
  );
  return [
    'link set lo up',
    ...ends.map(({ device, mtu }) => `link set ${device} mtu ${mtu}`),
    ...ns.interfaces.flatMap(({ device, mac }) =>
      mac === undefined ? [] : [`link set ${device} address ${mac}`],
    ),
    ...ns.vlans.map(
      ({ device, parent, tag }) => `link add link ${parent} name ${device} type vlan id ${tag}`,
    ),
    ...ns.bridges.flatMap(({ device, mtu, ports }) => [
      `link add ${device} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${device} mtu ${mtu}`,
      ...ports.map((port) => `link set ${port} master ${device}`),
    ]),
    ...[...ends, ...ns.vlans, ...ns.bridges].map(({ device }) => `link set ${device} up`),
    ...ns.interfaces.flatMap(({ device, addresses }) =>
      addresses.map((a) => `addr add ${a} dev ${device}${a.includes(':') ? ' nodad' : ''}`),
    ),
    ...ns.routes.map(({ prefix, via, device }) =>
      via
        ? `route add ${prefix} via ${via} dev ${device} onlink`
        : `route add ${prefix} dev ${device}`,
    ),
  ];
}
