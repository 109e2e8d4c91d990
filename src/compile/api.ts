import type { Diagnostic, Place } from '#base';
import type { Port } from '#spec';

/** One step of a packet's way. */
export interface Hop {
  readonly machine: string;
  /** The device it leaves by (`lan` for the site's own network), absent at the last hop. */
  readonly interface?: string;
  /** The WireGuard peer it is handed to. */
  readonly peer?: string;
  /** Largest packet that passes this hop, in bytes. */
  readonly mtu?: number;
  /** Header at this hop; a hop may rewrite it. */
  readonly source: string;
  readonly destination: string;
}

export interface Decision {
  readonly machine: string;
  /** nft counter that counts it: `policy-<rule id>`, `deny`, `outside`... */
  readonly counter?: string;
  /** The policy rule, if one decided. */
  readonly rule?: string;
  readonly place?: Place;
}

export type Verdict = 'allow' | 'deny' | 'unreachable' | 'outside';

/** What happens to a flow from one machine to another, by the compiled states. */
export interface Trace {
  readonly from: string;
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  readonly port: Port;
  /**
   * allow: arrives and the answer returns. deny: a rule of ours stops it. unreachable: no way.
   * outside: passes no machine of ours, so nothing of ours decides (it arrives).
   */
  readonly verdict: Verdict;
  readonly hops: readonly Hop[];
  readonly back: readonly Hop[];
  /** The machine and rule that decided, where policy was asked. */
  readonly decision?: Decision;
  readonly mtu?: number;
  /** One plain sentence. */
  readonly reason: string;
}

/** A line somebody has to type on a plain host. */
export interface ManualLine {
  readonly host: string;
  readonly line: string;
}

export interface TestResult {
  readonly from: string;
  readonly to: string;
  readonly port: string;
  readonly expect: 'allow' | 'deny';
  readonly verdict: Verdict;
  /** The address from which it is to come, as seen at its end. */
  readonly as?: string;
  /** Of one that says so: the address from which it comes, if it arrives. */
  readonly source?: string;
  readonly passed: boolean;
}

/** How the machines find each other by name. */
export interface NamesResult {
  readonly zone: string;
  /** Who answers, and where. */
  readonly resolvers: readonly {
    readonly machine: string;
    readonly addresses: readonly string[];
  }[];
}

export interface CheckResult {
  readonly diagnostics: readonly Diagnostic[];
  readonly tests: readonly TestResult[];
  readonly manual: readonly ManualLine[];
  /** Absent without `dns`. */
  readonly names?: NamesResult;
  /** What fits between the sites of a segment, bytes, for machines whose DHCP server is not ours. Absent: there are none. */
  readonly mtus?: readonly {
    readonly segment: string;
    readonly site: string;
    readonly mtu: number;
  }[];
  /** How many pairs the proof covers, and how many classes it walked for that. */
  readonly proof: {
    readonly pairs: number;
    readonly classes: number;
    /** Inside segments; `outside`: pairs between which nothing of ours is. Absent without any. */
    readonly inside?: {
      readonly pairs: number;
      readonly classes: number;
      readonly outside: number;
    };
  };
}
