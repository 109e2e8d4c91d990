import { inParallel } from '#base';
import type { Port } from '#spec';
import { ask, type StationClient } from '../station/client.ts';
import type { Measured, Probe } from '../station/protocol.ts';
import { type Expected, flowId } from './expect.ts';

/** What came of one flow. */
export interface Finding {
  readonly expected: Expected;
  readonly measured: Measured;
  /** A datagram that was to be refused was seen by its receiver. */
  readonly leaked: boolean;
}

/** How a round asks. */
interface Pace {
  /** Milliseconds to wait for an answer. */
  readonly timeoutMs: number;
  readonly stationsAtOnce: number;
}

const first: Pace = { timeoutMs: 1500, stationsAtOnce: 8 };

/** An answer that took longer tells of a machine with too much to do. */
const slowMs = 500;

/** How to ask once more for what differs: on a slow machine less at once, and with more time. */
export function paceAgain(found: Iterable<Measured>): Pace {
  const slowest = Math.max(0, ...Array.from(found, answerTime));
  return slowest < slowMs
    ? { timeoutMs: 4000, stationsAtOnce: 8 }
    : { timeoutMs: 10_000, stationsAtOnce: 2 };
}

const answerTime = ({ outcome, ms = 0 }: Measured): number => (outcome === 'answered' ? ms : 0);

export type Stations = ReadonlyMap<string, StationClient>;

export interface MeasureOptions {
  /** Whether a flow that differs from its prediction is sent once more. */
  readonly again: (flow: Expected) => boolean;
  readonly onDone: (done: number) => void;
}

/** Sends every flow once, from many machines at a time. */
export async function measure(
  stations: Stations,
  flows: readonly Expected[],
  options: MeasureOptions,
): Promise<readonly Finding[]> {
  await takeSeen(stations, flows);
  const found = await probeAll(stations, flows, first, options.onDone);
  const slower = paceAgain(found.values());
  const end = performance.now() + healingMs;
  let open = flows.filter(
    (flow) => options.again(flow) && isSurprise(flow, found.get(flowId(flow))),
  );
  while (open.length > 0) {
    // A bridge refuses without a word: there is nothing to wait for longer.
    const pace = open.some(({ verdict }) => verdict !== 'deny') ? slower : first;
    for (const [id, again] of await probeAll(stations, open, pace)) found.set(id, again);
    const mayHeal = performance.now() < end;
    open = open.filter((flow) => mayHeal && isLost(flow, found.get(flowId(flow))));
  }
  const seen = await takeSeen(stations, flows);
  return flows.map((expected) => {
    const id = flowId(expected);
    const measured = found.get(id) ?? { id, outcome: 'silent' as const };
    return { expected, measured, leaked: seen.has(id) };
  });
}

/**
 * Two ends that call each other at the same moment can end up with keys of different handshakes;
 * WireGuard notices after 15 seconds of data without an answer (section 6.2) and starts again.
 */
const healingMs = 20_000;

const isLost = (flow: Expected, measured: Measured | undefined): boolean =>
  expectedOutcome[flow.verdict] === 'answered' && measured?.outcome === 'silent';

export const arrives = ({ outcome }: Measured): boolean =>
  outcome === 'answered' || outcome === 'closed';

/** A rule that refuses says so; silence may be a packet that was lost before it came there. */
const expectedOutcome = {
  allow: 'answered',
  outside: 'answered',
  deny: 'refused',
  unreachable: undefined,
} as const;

function isSurprise({ verdict, at }: Expected, measured: Measured | undefined): boolean {
  if (measured === undefined) return true;
  // A router says so to each machine once a second (icmp(7), icmp_ratelimit), and counts them all.
  if (verdict === 'deny' && at !== undefined) return arrives(measured);
  const wanted = expectedOutcome[verdict];
  return wanted === undefined ? arrives(measured) : measured.outcome !== wanted;
}

async function probeAll(
  stations: Stations,
  flows: readonly Expected[],
  { timeoutMs, stationsAtOnce }: Pace,
  onDone: (done: number) => void = () => undefined,
): Promise<Map<string, Measured>> {
  const found = new Map<string, Measured>();
  const senders = Map.groupBy(flows, (flow) => flow.from);
  await inParallel([...senders], stationsAtOnce, async ([from, own]) => {
    const station = stations.get(from);
    if (station === undefined) return;
    const answers = await ask(station, { do: 'probe', probes: own.map(probeOf), timeoutMs });
    for (const answer of answers) found.set(answer.id, answer);
    onDone(found.size);
  });
  return found;
}

const probeOf = (flow: Expected): Probe => ({
  id: flowId(flow),
  protocol: flow.port.protocol,
  address: flow.destination,
  ...portOf(flow.port),
});

const portOf = (port: Port) => (port.protocol === 'icmp' ? {} : { port: port.first });

/** Ids of datagrams that arrived anywhere since this was last asked. */
async function takeSeen(
  stations: Stations,
  flows: readonly Expected[],
): Promise<ReadonlySet<string>> {
  const receivers = [...new Set(flows.map((flow) => flow.at ?? flow.to))].flatMap(
    (name) => stations.get(name) ?? [],
  );
  const seen = await inParallel(receivers, first.stationsAtOnce, (to) => ask(to, { do: 'seen' }));
  return new Set(seen.flat());
}
