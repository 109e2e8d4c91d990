import { sightTable } from '#host';
import type { Table } from '#state';

/**
 * The kernel tells who asks and answers by ARP and ND on the port, by tracing (`nft monitor trace`) what is
 * new: that says that something is, and the sets say what. `heard` remembers so that nobody is told of twice; it
 * stays when the agent is started again. ND's target is 64 bits into ICMPv6, behind 320 of IPv6.
 */
const frame = 'ether saddr . arp saddr ip . arp daddr ip . arp operation';

const rulesIn = (family: Family, look: string, hook: string): string => `
table ${family} ${sightTable} {
  set heard { type ether_addr . ipv4_addr; flags dynamic,timeout; timeout 10m; size 65536; }
  set heard6 { type ether_addr . ipv6_addr; flags dynamic,timeout; timeout 10m; size 65536; }
  set news { type ether_addr . ipv4_addr . ipv4_addr . arp_op; flags dynamic,timeout; timeout 900ms; size 8192; }
  set news6 { type ether_addr . ipv6_addr; flags dynamic,timeout; timeout 900ms; size 8192; }
  set asked6 { typeof ip6 daddr; flags dynamic,timeout; timeout 900ms; size 1024; }
  chain look {
    arp operation request ${frame} != @news limit rate 40/second burst 80 packets add @news { ${frame} } meta nftrace set 1
    ether type arp arp saddr ip != 0.0.0.0 ether saddr . arp saddr ip != @heard limit rate 1000/second burst 8000 packets add @heard { ether saddr . arp saddr ip } add @news { ${frame} } meta nftrace set 1
    icmpv6 type nd-neighbor-solicit limit rate 40/second burst 80 packets add @asked6 { @nh,384,128 } meta nftrace set 1
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 saddr != :: ether saddr . ip6 saddr != @heard6 limit rate 1000/second burst 8000 packets add @heard6 { ether saddr . ip6 saddr } add @news6 { ether saddr . ip6 saddr } meta nftrace set 1${look}
  }${hook}
}
`;

/** On a bridge, which tells itself whose frames come in. */
const onBridge = (vxlan: string): string => `
  chain prerouting {
    type filter hook prerouting priority -300; policy accept;
    iifname != "${vxlan}" ether type arp jump look
    iifname != "${vxlan}" ether type ip6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } jump look
  }`;

/** What is sent to us to be routed tells of its sender as well: no bridge does. */
const sent = (subnet: string): string =>
  subnet.includes(':')
    ? `
    ip6 saddr ${subnet} ether saddr . ip6 saddr != @heard6 limit rate 1000/second burst 8000 packets add @heard6 { ether saddr . ip6 saddr } add @news6 { ether saddr . ip6 saddr } meta nftrace set 1`
    : `
    ip saddr ${subnet} ether saddr . ip saddr != @heard limit rate 1000/second burst 8000 packets add @heard { ether saddr . ip saddr } add @news { ether saddr . ip saddr . ip saddr . 0 } meta nftrace set 1`;

type Family = 'bridge' | 'netdev';

/** The family of the table, by what the port is. */
export const familyOf = ({ routed }: Table): Family => (routed ? 'netdev' : 'bridge');

/** That of the same port when it was, or was not yet, on the bridge. */
export const otherFamily = (table: Table): Family =>
  familyOf(table) === 'bridge' ? 'netdev' : 'bridge';

const rulesOf = ({ vxlan, routed, subnets }: Table): string =>
  routed
    ? rulesIn('netdev', subnets.map(sent).join(''), '')
    : rulesIn('bridge', '', onBridge(vxlan));

/**
 * Makes the table what it should be, whatever of it is there: its sets keep what they hold. Chains are made so that
 * they can be emptied, and then filled once.
 */
export function rules(table: Table): string {
  const family = familyOf(table);
  const chains = table.routed ? ['look'] : ['look', 'prerouting'];
  const emptied = chains.map((chain) => `flush chain ${family} ${sightTable} ${chain}\n`);
  return [rulesOf(table), ...emptied, rulesOf(table)].join('');
}

/** What a listing says of the table, without the chain of the port, which comes and goes. */
export const withoutPort = (listed: string): string =>
  listed.replace(/\n\s*chain port \{[^}]*\}/, '');

/** Where a port is on no bridge, its chain comes and goes with it (`netdev` of nft(8)): as often as one likes. */
export const hookOn = (port: string): string => `
add chain netdev ${sightTable} port { type filter hook ingress device "${port}" priority -300; policy accept; }
flush chain netdev ${sightTable} port
add rule netdev ${sightTable} port jump look
`;

interface SetListing {
  readonly nftables: readonly {
    readonly set?: { readonly elem?: readonly unknown[] };
  }[];
}

export const newsSets = ['news', 'news6', 'asked6'] as const;

/** An element of a set with its timeout, or without. */
const valueOf = (element: unknown): unknown =>
  element !== null && typeof element === 'object' && 'elem' in element
    ? (element.elem as { readonly val: unknown }).val
    : element;

/** The elements that nft lists in JSON, without their timeouts. */
export const valuesIn = (text: string): readonly unknown[] =>
  (JSON.parse(text) as SetListing).nftables.flatMap(({ set }) => set?.elem ?? []).map(valueOf);

export const isSix = (address: string): boolean => address.includes(':');

/** Its parts in one text. */
export const keyOf = (value: unknown): string =>
  (value as { readonly concat?: readonly string[] }).concat?.join(' ') ?? '';

/** What an ARP request is for. */
export function askedIn(value: unknown): readonly string[] {
  const [, , target, operation] = (value as { readonly concat?: readonly unknown[] }).concat ?? [];
  return operation === 'request' && typeof target === 'string' ? [target] : [];
}

export const macOf = (value: unknown): string =>
  (value as { readonly concat?: readonly string[] }).concat?.[0] ?? '';

export const setOf = (address: string): 'heard' | 'heard6' => (isSix(address) ? 'heard6' : 'heard');
