import type { ProbeSample, TunnelState } from '#api';
import type { EndEvidence, Judgement } from './tunnel-state.ts';

/** From this share on that is not answered a tunnel is degraded. */
const lossy = 0.15;

/** ms that an answer may take longer than twice what it usually does; and below which none is slow: nobody waits for it. */
const grace = 20;
const slow = 100;

type Towards = readonly [end: EndEvidence, other: EndEvidence];
type Verdict = (probe: ProbeSample, from: string, to: string) => Judgement | undefined;

const degraded = (why: string): Judgement => ({ state: 'degraded', why });

/** That somewhere on the way large packets vanish, which is for those who search for it called by its name. */
export const holeOf = (bytes: number, from: string, to: string): string =>
  `an MTU hole: of packets of ${bytes} bytes from ${from} none comes back from ${to}, of small ones all`;

/** What may be wrong with a tunnel at whose ends bytes arrive, the worst first. */
const verdicts: readonly Verdict[] = [
  ({ mute, answered }, from, to) => {
    if (!mute) return undefined;
    const since = answered === undefined ? '' : ` for ${answered} s`;
    const state: TunnelState = 'down';
    return {
      state,
      why: `${to} answers no probe of ${from}${since}, though both their agents run`,
    };
  },
  ({ hole }, from, to) => (hole === undefined ? undefined : degraded(holeOf(hole, from, to))),
  ({ loss }, from, to) =>
    loss < lossy
      ? undefined
      : degraded(`${to} did not answer ${Math.round(loss * 100)} % of the last probes of ${from}`),
  ({ rtt, usual }, from, to) =>
    rtt === undefined || usual === undefined || rtt <= Math.max(slow, 2 * usual + grace)
      ? undefined
      : degraded(
          `an answer of ${to} to ${from} takes ${milliseconds(rtt)}, usually ${milliseconds(usual)}`,
        ),
];

/** What the probes of both ends say is wrong; undefined: nothing. An agent that is away, or too old, answers none. */
export function worstOf(ends: readonly Towards[]): Judgement | undefined {
  const probed = ends.filter(([, other]) => other.isPresent && other.answersProbes);
  for (const verdict of verdicts) {
    for (const [{ machine, sample }, other] of probed) {
      const found = sample?.probe && verdict(sample.probe, machine, other.machine);
      if (found) return found;
    }
  }
  return undefined;
}

/** `0.4 ms`, `120 ms`. */
export const milliseconds = (value: number): string =>
  `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
