/**
 * The machine's packet filters, nftables and iptables alike, as far as it takes to say of a packet that
 * it is surely dropped. What is not understood is taken to let it pass.
 */

/** A packet that begins a flow; what is not known may be anything. */
export interface Packet {
  readonly family: 4 | 6;
  /** Device it comes in by; absent: not known. */
  readonly from?: string;
  /** Device it would leave by; absent: it is for this machine. */
  readonly to?: string;
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
}

export type Truth = 'yes' | 'no' | 'maybe';
export type Match = (packet: Packet) => Truth;

export type Verdict =
  | { readonly do: 'accept' | 'drop' | 'return' }
  | { readonly do: 'jump' | 'goto'; readonly chain: string };

/** One rule, or one element of a verdict map. */
export interface Rule {
  readonly matches: readonly Match[];
  /** Absent: it counts, marks or logs. */
  readonly verdict?: Verdict;
}

export type Hook = 'prerouting' | 'input' | 'forward';

export interface Chain {
  readonly name: string;
  /** Of a chain that packets come to by themselves. */
  readonly base?: { readonly hook: Hook; readonly policy: 'accept' | 'drop' };
  readonly rules: readonly Rule[];
}

export interface Table {
  /** `ip`, `ip6` or `inet`. */
  readonly family: string;
  readonly name: string;
  /** Whether it is iptables' of old, which nft does not show. */
  readonly legacy: boolean;
  readonly chains: ReadonlyMap<string, Chain>;
}

export type Firewall = readonly Table[];

/** Where a packet is dropped. */
export interface Block {
  readonly table: Table;
  readonly chain: string;
  /** It fell through to the chain's policy. */
  readonly byPolicy: boolean;
}

/** All of what is asked for, or all that may be so. */
export function truthOf(rule: Rule, packet: Packet): Truth {
  const truths = rule.matches.map((match) => match(packet));
  if (truths.includes('no')) return 'no';
  return truths.includes('maybe') ? 'maybe' : 'yes';
}
