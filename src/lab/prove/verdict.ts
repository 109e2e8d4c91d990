import { formatPort } from '#spec';
import type { Cause } from './causes.ts';
import type { Refusals } from './counters.ts';
import { allowed, type Expected } from './expect.ts';
import type { MissingHandshake } from './handshakes.ts';
import { arrives, type Finding } from './measure.ts';

/** What was predicted, held against what was measured. */
export interface Proof {
  readonly findings: readonly Finding[];
  readonly refusals: readonly Refusals[];
  readonly handshakes: { readonly expected: number; readonly missing: readonly MissingHandshake[] };
  /** One plain sentence each; empty: the network is what its file says. */
  readonly mismatches: readonly string[];
  /** The same, those of one cause in one sentence. */
  readonly causes: readonly Cause[];
  /** Mismatches without a known cause. */
  readonly others: readonly string[];
  readonly seconds: number;
}

/** The flow as a sentence begins it: `worker-1 to remote-1 (10.0.0.2), tcp/22`. */
export const describeFlow = ({ from, to, destination, port }: Expected): string =>
  `${from} to ${to} (${destination}), ${formatPort(port)}`;

/** Why a finding is not what was predicted; undefined when it is. */
export function mismatchOf({ expected, measured, leaked }: Finding): string | undefined {
  const flow = describeFlow(expected);
  const how = measured.error ? ` (${measured.error})` : '';
  if (allowed(expected)) {
    if (measured.outcome !== 'answered') {
      return `${flow}: should pass (${expected.reason}), but was ${measured.outcome}${how}`;
    }
    return sourceMismatch(expected, measured.seenAs);
  }
  const should = expected.verdict === 'deny' ? 'be refused' : 'find no way';
  if (arrives(measured)) return `${flow}: should ${should} (${expected.reason}), but passed`;
  if (leaked) return `${flow}: should ${should} (${expected.reason}), but its datagram arrived`;
  return undefined;
}

function sourceMismatch(expected: Expected, seenAs: string | undefined): string | undefined {
  if (seenAs === undefined || expected.source === undefined || seenAs === expected.source) {
    return undefined;
  }
  return `${describeFlow(expected)}: passed, but as ${seenAs} instead of ${expected.source}`;
}

export const refusalMismatch = (r: Refusals): string | undefined =>
  r.counted >= r.flows
    ? undefined
    : `${r.machine}: the rule of counter ${r.counter} should have refused ${r.flows} flows, ` +
      `but counted ${r.counted} packets`;
