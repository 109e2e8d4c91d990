import { address, contains, type Family } from './address.ts';

export type Protocol = 'icmp' | 'tcp' | 'udp';

/** A flow as conntrack keeps it. */
export interface Tuple {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  /** Port, or of ICMP the identifier. */
  readonly protoSource: number;
  /** Port, or of ICMP type and code as one 16-bit number. */
  readonly protoDestination: number;
}

/** What a rule can look at: a packet at one hook of one machine. */
export interface View {
  readonly family: Family;
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  readonly ports?: { readonly source: number; readonly destination: number };
  readonly icmp?: { readonly type: number; readonly code: number };
  /** Names of the flags of a TCP segment. */
  readonly flags?: readonly string[];
  /** Empty where the packet was made here. */
  readonly iif: string;
  /** Empty where the packet ends here. */
  readonly oif: string;
  /** Mark of the packet on this machine; absent: 0. */
  readonly mark?: number;
  readonly state: 'new' | 'established' | 'related' | 'invalid';
  /** Absent for an invalid packet: it belongs to no flow. */
  readonly flow?: { readonly original: Tuple; readonly direction: 'original' | 'reply' };
}

/** `absent`: the packet has no such field, the rule ends there. `unknown`: bytes that mean something else. */
export type Value =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'address'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number; readonly names: Names }
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'flags'; readonly flags: readonly string[] };

type Names = Readonly<Record<string, number>>;

interface Field {
  /** nft's type, as a set of such values declares it. */
  readonly type: string;
  readonly of: (view: View) => Value;
}

const absent: Value = { kind: 'absent' };
const protocols: Names = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58, icmpv6: 58 };
const nfproto: Names = { ipv4: 2, ipv6: 10 };
const noNames: Names = {};
const icmpTypes: Names = {
  'echo-reply': 0,
  'destination-unreachable': 3,
  'source-quench': 4,
  redirect: 5,
  'echo-request': 8,
  'time-exceeded': 11,
  'parameter-problem': 12,
};
const icmpCodes: Names = { 'net-unreachable': 0, 'host-unreachable': 1, 'frag-needed': 4 };
const icmpv6Types: Names = {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
  'echo-request': 128,
  'echo-reply': 129,
  'nd-router-solicit': 133,
  'nd-router-advert': 134,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
};

const number = (n: number | undefined, names: Names = noNames): Value =>
  n === undefined ? absent : { kind: 'number', number: n, names };
const name = (text: string): Value => ({ kind: 'name', text });
const flags = (view: View): Value =>
  view.protocol === 'tcp' ? { kind: 'flags', flags: view.flags ?? [] } : absent;
const addressIn = (family: Family, text: string | undefined): Value =>
  text !== undefined && address(text).family === family ? { kind: 'address', text } : absent;

export const protocolNumber = (protocol: Protocol, family: Family): number =>
  protocol === 'icmp' && family === 6 ? 58 : (protocols[protocol] as number);

/** Where a TCP or UDP header has its ports, ICMP has a checksum. */
const port = (view: View, side: 'source' | 'destination'): Value =>
  view.ports ? number(view.ports[side]) : { kind: 'unknown' };

const portOf = (protocol: Protocol, side: 'source' | 'destination'): Field => ({
  type: 'inet_service',
  of: (view) => (view.protocol === protocol ? port(view, side) : absent),
});

const ifPacket =
  (family: Family, value: (view: View) => Value): ((view: View) => Value) =>
  (view) =>
    view.family === family ? value(view) : absent;

const original =
  (pick: (tuple: Tuple, view: View) => Value) =>
  (view: View): Value =>
    view.flow ? pick(view.flow.original, view) : absent;

const icmpField = (family: Family, part: 'type' | 'code', type: string, names: Names): Field => ({
  type,
  of: ifPacket(family, (view) => number(view.icmp?.[part], names)),
});

export const fields: Readonly<Record<string, Field>> = {
  iifname: { type: 'ifname', of: (view) => name(view.iif) },
  oifname: { type: 'ifname', of: (view) => name(view.oif) },
  'ip saddr': { type: 'ipv4_addr', of: (view) => addressIn(4, view.source) },
  'ip daddr': { type: 'ipv4_addr', of: (view) => addressIn(4, view.destination) },
  'ip6 saddr': { type: 'ipv6_addr', of: (view) => addressIn(6, view.source) },
  'ip6 daddr': { type: 'ipv6_addr', of: (view) => addressIn(6, view.destination) },
  'ct original ip saddr': { type: 'ipv4_addr', of: original((t) => addressIn(4, t.source)) },
  'ct original ip daddr': { type: 'ipv4_addr', of: original((t) => addressIn(4, t.destination)) },
  'ct original ip6 saddr': { type: 'ipv6_addr', of: original((t) => addressIn(6, t.source)) },
  'ct original ip6 daddr': { type: 'ipv6_addr', of: original((t) => addressIn(6, t.destination)) },
  'ct original proto-src': { type: 'inet_service', of: original((t) => number(t.protoSource)) },
  'ct original proto-dst': {
    type: 'inet_service',
    of: original((t) => number(t.protoDestination)),
  },
  'ct original protocol': {
    type: 'inet_proto',
    of: original((t, v) => number(protocolNumber(t.protocol, v.family), protocols)),
  },
  'ct state': { type: 'ct_state', of: (view) => name(view.state) },
  'ct direction': {
    type: 'ct_dir',
    of: (view) => (view.flow ? name(view.flow.direction) : absent),
  },
  'meta l4proto': {
    type: 'inet_proto',
    of: (view) => number(protocolNumber(view.protocol, view.family), protocols),
  },
  'meta nfproto': { type: 'nf_proto', of: (view) => number(view.family === 4 ? 2 : 10, nfproto) },
  'meta mark': { type: 'mark', of: (view) => number(view.mark ?? 0) },
  'ip protocol': {
    type: 'inet_proto',
    of: ifPacket(4, (view) => number(protocolNumber(view.protocol, 4), protocols)),
  },
  'th sport': { type: 'inet_service', of: (view) => port(view, 'source') },
  'th dport': { type: 'inet_service', of: (view) => port(view, 'destination') },
  // The sender of a frame in VXLAN.
  '@th,176,48': { type: 'integer', of: () => ({ kind: 'unknown' }) },
  'tcp sport': portOf('tcp', 'source'),
  'tcp dport': portOf('tcp', 'destination'),
  'udp sport': portOf('udp', 'source'),
  'udp dport': portOf('udp', 'destination'),
  'tcp flags': { type: 'tcp_flag', of: flags },
  'tcp flags & (syn | rst)': { type: 'tcp_flag', of: flags },
  'icmp type': icmpField(4, 'type', 'icmp_type', icmpTypes),
  'icmp code': icmpField(4, 'code', 'icmp_code', icmpCodes),
  'icmpv6 type': icmpField(6, 'type', 'icmpv6_type', icmpv6Types),
  // Of no packet that is walked: probes alone have such sizes.
  'meta length': { type: 'integer', of: () => absent },
};

const known = new Map<string, Field[]>();

/** The parts of `a . b . c`; throws for a field this model does not know. */
export function fieldsOf(left: string): readonly Field[] {
  const found = known.get(left) ?? parseFields(left);
  known.set(left, found);
  return found;
}

function parseFields(left: string): Field[] {
  return left.split(' . ').map((part) => {
    const field = fields[part.trim().replace(/^meta (?=[io]ifname)/, '')];
    if (!field) throw new Error(`model: unknown nft expression ${part}`);
    return field;
  });
}

const numberOf = (text: string, names: Names): number => {
  const found = names[text] ?? Number(text);
  if (!Number.isInteger(found)) throw new Error(`model: ${text} is no number here`);
  return found;
};

/** Lowest and highest number an element `22`, `22-23` or `echo-request` means. */
const bounds = (element: string, names: Names): [number, number] => {
  const range = /^(\d+)-(\d+)$/.exec(element);
  if (range) return [Number(range[1]), Number(range[2])];
  return [numberOf(element, names), numberOf(element, names)];
};

const namesMatch = (element: string, text: string): boolean =>
  element.endsWith('*')
    ? text.startsWith(element.slice(0, -1))
    : element.split(',').some((part) => part.trim() === text);

/** Whether a value is what an element says; `maybe` when the bytes are not known. */
export function elementMatches(element: string, value: Value): boolean | 'maybe' {
  switch (value.kind) {
    case 'absent':
      return false;
    case 'unknown': {
      const [low, high] = bounds(element, noNames);
      return low === 0 && high === 65535 ? true : 'maybe';
    }
    case 'address':
      return contains(element, value.text);
    case 'number': {
      const [low, high] = bounds(element, value.names);
      return low <= value.number && value.number <= high;
    }
    case 'flags':
      return value.flags.includes(element);
    case 'name':
      return namesMatch(element.replace(/^"(.*)"$/, '$1'), value.text);
  }
}
