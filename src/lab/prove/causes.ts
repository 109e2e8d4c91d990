import { byText } from '#base';
import type { Refusals } from './counters.ts';
import { allowed, carriersOf, type Expected } from './expect.ts';
import type { MissingHandshake } from './handshakes.ts';
import { arrives, type Finding } from './measure.ts';
import { type Troubles, tunnelBetween } from './tunnels.ts';
import { describeFlow, mismatchOf, refusalMismatch } from './verdict.ts';

/** One cause of mismatches, however many there are of it. */
export interface Cause {
  /** `giessen is cut off`. */
  readonly cause: string;
  /** What came of it, and the cause, as one sentence. */
  readonly text: string;
  /** How many mismatches it explains. */
  readonly mismatches: number;
}

export interface Evidence {
  readonly findings: readonly Finding[];
  readonly refusals: readonly Refusals[];
  readonly missing: readonly MissingHandshake[];
  /** Known before anything was measured. */
  readonly troubles: Troubles;
  /** The site or member of a machine. */
  readonly unitOf: (machine: string) => string;
}

/** What one cause did; each of these but the refusals is a mismatch. */
interface Effects {
  readonly flows: Expected[];
  handshakes: number;
  /** Counters that refused less than they should, and how much less. */
  counters: number;
  refusals: number;
}

const mismatchesOf = ({ flows, handshakes, counters }: Effects): number =>
  flows.length + handshakes + counters;

/** Mismatches by their cause, as far as a tunnel is one; the others as they are. */
export function causesOf(evidence: Evidence): {
  readonly causes: readonly Cause[];
  readonly others: readonly string[];
} {
  const { findings, refusals, missing } = evidence;
  const troubles = allTroubles(evidence);
  const effects = new Map<string, Effects>();
  const others: string[] = [];
  const blame = (cause: string): Effects => {
    const known = effects.get(cause) ?? { flows: [], handshakes: 0, counters: 0, refusals: 0 };
    effects.set(cause, known);
    return known;
  };
  for (const { machine, peer } of missing) {
    blame(troubles.get(tunnelBetween(machine, peer)) ?? '').handshakes++;
  }
  for (const finding of findings) {
    const text = mismatchOf(finding);
    if (text === undefined) continue;
    const cause = isLost(finding) ? troubleOf(finding.expected, troubles) : undefined;
    if (cause === undefined) others.push(text);
    else blame(cause).flows.push(finding.expected);
  }
  for (const refusal of refusals) {
    const text = refusalMismatch(refusal);
    if (text === undefined) continue;
    const untried = deniedBy(findings, refusal).flatMap((flow) => troubleOf(flow, troubles) ?? []);
    const [cause] = untried;
    const explained = refusal.counted >= refusal.flows - untried.length;
    if (cause === undefined || !explained) others.push(text);
    else {
      const effect = blame(cause);
      effect.counters++;
      effect.refusals += untried.length;
    }
  }
  const causes = [...effects].map(([cause, own]) => ({
    cause,
    text: sentence(cause, own, evidence.unitOf),
    mismatches: mismatchesOf(own),
  }));
  return { causes, others };
}

const isLost = ({ expected, measured }: Finding): boolean =>
  allowed(expected) && (measured.outcome === 'silent' || measured.outcome === 'refused');

const troubleOf = (flow: Expected, troubles: Troubles): string | undefined =>
  carriersOf(flow)
    .map((carrier) => troubles.get(carrier))
    .find((reason) => reason !== undefined);

const deniedBy = (
  findings: readonly Finding[],
  { machine, counter }: Refusals,
): readonly Expected[] =>
  findings
    .map(({ expected }) => expected)
    .filter((flow) => !allowed(flow) && flow.decision?.machine === machine)
    .filter(({ decision }) => decision?.counter === counter);

/** Besides those known before: tunnels without a handshake, and those that lost all they should carry. */
function allTroubles({ findings, missing, troubles }: Evidence): Troubles {
  const all = new Map(troubles);
  const add = (tunnel: string, what: string) => {
    if (!all.has(tunnel)) all.set(tunnel, `tunnel ${tunnel} ${what}`);
  };
  for (const { machine, peer } of missing) add(tunnelBetween(machine, peer), 'has no handshake');
  const passed = findings.filter(({ measured }) => arrives(measured));
  const alive = new Set(passed.flatMap(({ expected }) => expected.tunnels));
  for (const finding of findings.filter(isLost)) {
    if (troubleOf(finding.expected, all) !== undefined) continue;
    const silent = finding.expected.tunnels.find((tunnel) => !alive.has(tunnel));
    if (silent !== undefined) add(silent, 'carries nothing');
  }
  return all;
}

/** Tells as many things as there are mismatches of the cause. */
function sentence(cause: string, effects: Effects, unitOf: Evidence['unitOf']): string {
  const { flows, handshakes, counters, refusals } = effects;
  const [first] = flows;
  const parts = [
    ...(first && flows.length === 1 ? [`${describeFlow(first)}, did not arrive`] : []),
    ...(flows.length > 1 ? [`${flows.length} flows ${where(flows, unitOf)} did not arrive`] : []),
    ...(handshakes > 0 ? [`${numbered(handshakes, 'handshake')} did not happen`] : []),
    ...(counters > 0
      ? [`${numbered(counters, 'counter')} lacked ${numbered(refusals, 'refusal')}`]
      : []),
  ];
  return `${parts.join(', ')}: ${cause}`;
}

const numbered = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

/** `from A to B`, `between A and B`, `from or to A`, or how many pairs. */
function where(flows: readonly Expected[], unitOf: Evidence['unitOf']): string {
  const ways = new Set(flows.map(({ from, to }) => `${unitOf(from)} to ${unitOf(to)}`));
  const pairs = new Set(
    flows.map(({ from, to }) => [unitOf(from), unitOf(to)].toSorted(byText).join(' and ')),
  );
  const [pair = ''] = pairs;
  const [way = ''] = ways;
  if (ways.size === 1) return `from ${way}`;
  if (pairs.size === 1) return `between ${pair}`;
  const [some] = flows;
  const one =
    some &&
    [unitOf(some.from), unitOf(some.to)].find((unit) =>
      flows.every(({ from, to }) => unitOf(from) === unit || unitOf(to) === unit),
    );
  return one === undefined ? `of ${pairs.size} pairs of places` : `from or to ${one}`;
}
