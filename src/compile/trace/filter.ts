import { countWhile } from '#base';
import { type Address, Prefix } from '#ip';
import type { NftChain, NftMatch, NftRule, NftTable } from '#state';

/** One packet of a flow, as a filter sees it. */
export interface Packet {
  /** Addresses of the flow's first packet; replies keep them (conntrack's original direction). */
  readonly original: { readonly source: Address; readonly destination: Address };
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** Destination port of the flow's first packet; 0 for ICMP. */
  readonly port: number;
  readonly state: 'new' | 'established' | 'invalid';
  /** Its own mark, and that of its flow; absent: 0. */
  readonly mark?: number | undefined;
  readonly ctMark?: number | undefined;
  /** Sets that are empty in the state, and hold whom the flow is for once somebody has filled them. */
  readonly heldBy?: readonly string[];
}

export interface Passage {
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly incoming?: string | undefined;
  readonly outgoing?: string | undefined;
}

export interface Outcome {
  readonly accepted: boolean;
  /** The last counter that counted the packet. */
  readonly counter?: string | undefined;
  /** The marks of the packet and of its flow afterwards. */
  readonly mark?: number | undefined;
  readonly ctMark?: number | undefined;
}

/** A verdict map by address, for lookups in O(log n). */
interface Lookup {
  readonly keys: readonly { readonly first: Address; readonly last: Address }[];
  readonly verdicts: readonly string[];
}

interface PortVerdict {
  readonly first: number;
  readonly last: number;
  readonly verdict: string;
}

/**
 * Evaluates the chains a HostState holds as nft(8) says, for the matches that Hawser compiles; any
 * other is an error, never a silent pass.
 */
export class Filter {
  readonly #chains: ReadonlyMap<string, NftChain>;
  readonly #hooked: ReadonlyMap<string, NftChain>;
  readonly #translating: ReadonlyMap<string, NftChain>;
  readonly #table: NftTable;
  readonly #lookups = new Map<string, Lookup>();
  readonly #ports = new Map<string, readonly PortVerdict[]>();

  constructor(table: NftTable) {
    this.#table = table;
    this.#chains = new Map(table.chains.map((chain) => [chain.name, chain]));
    this.#hooked = byHook(table.chains.filter(({ hook }) => hook?.type !== 'nat'));
    this.#translating = byHook(table.chains.filter(({ hook }) => hook?.type === 'nat'));
  }

  evaluate(packet: Packet, passage: Passage): Outcome {
    let counter: string | undefined;
    let marked = packet;
    const run = (name: string): 'accept' | 'drop' | undefined => {
      for (const rule of this.#chains.get(name)?.rules ?? []) {
        if (!rule.match.every((match) => this.#matches(match, marked, passage))) continue;
        counter = rule.counter ?? counter;
        if (rule.set !== undefined) marked = markedBy(rule.set, marked);
        const [verb, target] = (this.#verdict(rule, marked) ?? '').split(' ');
        if (verb === 'accept') return 'accept';
        if (verb === 'drop' || verb === 'reject') return 'drop';
        if (verb === 'return') return undefined;
        if (verb === 'jump' || verb === 'goto') {
          const inner = run(target ?? '');
          if (inner || verb === 'goto') return inner;
        }
      }
      return undefined;
    };
    const hooked = this.#hooked.get(passage.hook);
    const verdict = hooked && (run(hooked.name) ?? hooked.hook?.policy);
    const { mark, ctMark } = marked;
    return { accepted: verdict !== 'drop', counter, mark, ctMark };
  }

  /** How the first packet of a flow is translated, as nft(8) says it: `snat ip to 10.5.0.2`. */
  translation(packet: Packet, passage: Passage): string | undefined {
    return this.#translating
      .get(passage.hook)
      ?.rules.find(({ match }) => match.every((one) => this.#matches(one, packet, passage)))
      ?.verdict;
  }

  #verdict(rule: NftRule, packet: Packet): string | undefined {
    if (!rule.vmap) return rule.verdict;
    const value = fieldOf(rule.vmap.left, packet);
    if (value === undefined) return undefined;
    if (typeof value === 'number') return this.#portVerdict(rule.vmap.map, value);
    const { keys, verdicts } = this.#lookup(rule.vmap.map);
    const index = floorIndex(keys, value);
    const key = keys[index];
    return key && value.compare(key.last) <= 0 ? verdicts[index] : undefined;
  }

  #portVerdict(name: string, port: number): string | undefined {
    const spans = this.#ports.get(name) ?? this.#readPorts(name);
    const span = spans[countWhile(spans, ({ first }) => first <= port) - 1];
    return span && port <= span.last ? span.verdict : undefined;
  }

  #readPorts(name: string): readonly PortVerdict[] {
    const map = this.#table.maps.find((candidate) => candidate.name === name);
    const spans = (map?.elements ?? []).map(([text, verdict]) => {
      const [first = 0, last = first] = text.split('-').map(Number);
      return { first, last, verdict };
    });
    spans.sort((a, b) => a.first - b.first);
    this.#ports.set(name, spans);
    return spans;
  }

  #lookup(name: string): Lookup {
    const known = this.#lookups.get(name);
    if (known) return known;
    const map = this.#table.maps.find((candidate) => candidate.name === name);
    const set = this.#table.sets.find((candidate) => candidate.name === name);
    const elements = map?.elements ?? set?.elements.map((element) => [element, ''] as const) ?? [];
    const lookup = {
      keys: elements.map(([key]) => Prefix.parse(key)),
      verdicts: elements.map(([, verdict]) => verdict),
    };
    this.#lookups.set(name, lookup);
    return lookup;
  }

  #matches(match: NftMatch, packet: Packet, passage: Passage): boolean {
    const wanted = Array.isArray(match.right) ? match.right : [match.right];
    const holds = this.#holds(match.left, wanted, packet, passage);
    return holds === undefined ? false : match.op === '==' ? holds : !holds;
  }

  /** Undefined: the packet has no such field, and then nft matches neither `==` nor `!=`. */
  #holds(
    left: string,
    wanted: readonly string[],
    packet: Packet,
    passage: Passage,
  ): boolean | undefined {
    switch (left) {
      case 'iifname':
        return wanted.includes(passage.incoming ?? '');
      case 'oifname':
        return wanted.includes(passage.outgoing ?? '');
      case 'ct state':
        return wanted.includes(packet.state);
      case 'meta nfproto':
        return wanted.includes(packet.destination.family === 4 ? 'ipv4' : 'ipv6');
      case 'meta l4proto':
        return wanted.includes(protocolName(packet));
      // What is traced is for one machine.
      case 'meta pkttype':
        return wanted.includes('host');
      case 'tcp flags & (syn | rst)':
        return packet.protocol === 'tcp';
      default:
        return this.#addressIn(left, wanted, packet);
    }
  }

  #addressIn(left: string, wanted: readonly string[], packet: Packet): boolean | undefined {
    const value = fieldOf(left, packet);
    if (value === undefined) return undefined;
    return wanted.some((right) => {
      if (!right.startsWith('@')) return isElement(right, value);
      if (typeof value === 'number') return false;
      if (packet.heldBy?.includes(right.slice(1))) return value.equals(packet.original.destination);
      const { keys } = this.#lookup(right.slice(1));
      const key = keys[floorIndex(keys, value)];
      return key !== undefined && value.compare(key.last) <= 0;
    });
  }
}

const byHook = (chains: readonly NftChain[]): ReadonlyMap<string, NftChain> =>
  new Map(chains.flatMap((chain) => (chain.hook ? [[chain.hook.hook, chain] as const] : [])));

/** With the mark that a rule gives; what else it sets neither judges a packet nor changes its way. */
function markedBy(set: string, packet: Packet): Packet {
  const [, of, value] = /^(meta|ct) mark set (\S+)$/.exec(set) ?? [];
  if (of === undefined) return packet;
  return of === 'ct' ? { ...packet, ctMark: Number(value) } : { ...packet, mark: Number(value) };
}

/** Whether a value is what nft writes: itself, a range of ports, or a prefix. */
function isElement(right: string, value: Address | number): boolean {
  if (right === value.toString()) return true;
  if (typeof value !== 'number') return right.includes('/') && Prefix.parse(right).contains(value);
  const [first = 0, last = first] = right.split('-').map(Number);
  return first <= value && value <= last;
}

const protocolName = (packet: Packet): string =>
  packet.protocol === 'icmp' && packet.destination.family === 6 ? 'icmpv6' : packet.protocol;

/** The value of an nft expression; undefined where the packet has none of that kind. */
function fieldOf(left: string, packet: Packet): Address | number | undefined {
  const of = (address: Address, family: 4 | 6): Address | undefined =>
    address.family === family ? address : undefined;
  switch (left) {
    case 'ip saddr':
      return of(packet.source, 4);
    case 'ip daddr':
      return of(packet.destination, 4);
    case 'ip6 saddr':
      return of(packet.source, 6);
    case 'ip6 daddr':
      return of(packet.destination, 6);
    case 'ct original ip saddr':
      return of(packet.original.source, 4);
    case 'ct original ip daddr':
      return of(packet.original.destination, 4);
    case 'ct original ip6 saddr':
      return of(packet.original.source, 6);
    case 'ct original ip6 daddr':
      return of(packet.original.destination, 6);
    case 'ct original proto-dst':
      return packet.port;
    case 'ct mark':
      return packet.ctMark ?? 0;
    case 'meta mark':
      return packet.mark ?? 0;
    case 'udp dport':
    case 'tcp dport':
      return left.startsWith(packet.protocol) && packet.source.equals(packet.original.source)
        ? packet.port
        : undefined;
    // Flows are traced from ports that nothing listens on.
    case 'udp sport':
    // And with sizes that nobody but agents sends.
    case 'icmp type':
    case 'icmpv6 type':
    case 'meta length':
    // Who sends a frame in VXLAN is who says so.
    case '@th,176,48':
      return undefined;
    default:
      throw new TypeError(`the trace knows no nft expression '${left}'`);
  }
}

/** Index of the last key that starts at or before the value; -1 if none does. */
const floorIndex = (keys: Lookup['keys'], value: Address): number =>
  countWhile(keys, (key) => key.first.compare(value) <= 0) - 1;
