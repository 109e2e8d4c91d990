import { randomBytes } from 'node:crypto';
import {
  type BenchmarkResult,
  type BenchmarkWay,
  type Pinged,
  type Question,
  type TraceResult,
  type Tried,
  usualBytes,
  usualSeconds,
  type Watched,
} from '#api';
import { serverErrors } from '../../errors.ts';
import { limitOf } from '../../health/limit.ts';
import type { Hub } from '../../hub/hub.ts';
import type { Trying } from '../../hub/trials.ts';
import type { Network } from '../../network/network.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';
import { firstOpen, openPorts, usualPort } from './open-ports.ts';
import { trialsAt } from './verify.ts';

/** From this version on agents measure. */
const measuresFrom = 3;
/** ms besides those of a measurement. */
const slack = 10_000;

/** All that a measurement needs. */
interface Course {
  readonly network: Network;
  readonly hub: Hub;
  readonly trace: TraceResult;
  readonly path: readonly string[];
  /** Ports that are open, one after the other, from this one on. */
  readonly portsFrom: (port: number) => AsyncIterable<{ readonly port: number }>;
  readonly seconds: number;
  readonly bytes: number;
}

/** Lets two agents measure, one pair of a network at a time. */
export function benchmarkHandlers(context: Context): Pick<Handlers, 'benchmark'> {
  const { networks, compiler, clock, store } = context;
  const running = new Set<string>();
  return {
    async benchmark({ params, body, actor }) {
      const { from, to, seconds = usualSeconds, bytes = usualBytes, why } = body;
      const { network, hub } = networks.get(params.network);
      const { snapshot } = network;
      const [a, b] = [from, to].map((machine) =>
        measuring(trialsAt(snapshot, hub, machine), machine),
      ) as [Trying, Trying];
      const { name } = network;
      if (running.has(name)) throw serverErrors.error('server/benchmark-runs', { network: name });
      running.add(name);
      try {
        const { basis } = snapshot;
        const ports = body.port === undefined ? await portsFor(network, from, to) : [body.port];
        const traceBy = async (one: number): Promise<TraceResult> =>
          compiler.call('trace', { basis, from, to, port: `tcp/${one}`, family: undefined });
        const { trace, port } = await firstOpen(ports, traceBy);
        await store.write(async (tx) =>
          tx.addAudit({
            ...{ at: clock().toISOString(), actor: actor.name, action: 'benchmark', network: name },
            detail: { from, to, seconds, bytes, ...(why && { why }) },
          }),
        );
        const path = [...new Set([...trace.hops, ...trace.back].map(({ machine }) => machine))];
        const portsFrom = (one: number) => openPorts([one, ...ports], traceBy);
        const course = { network, hub, trace, path, portsFrom, seconds, bytes };
        return await measure(course, a, b, port);
      } finally {
        running.delete(name);
      }
    },
  };
}

function measuring(trials: Trying, machine: string): Trying {
  if (trials.version >= measuresFrom) return trials;
  throw serverErrors.error('server/tries-nothing', { machine });
}

/** TCP ports by which something may pass: our own, then the first of each span of the policy. */
async function portsFor(network: Network, from: string, to: string): Promise<readonly number[]> {
  const { flows } = await network.expectations({ from, to: [to], most: 1, ports: undefined });
  const allowed = flows.flatMap(({ port, verdict }) =>
    port.protocol === 'tcp' && (verdict === 'allow' || verdict === 'outside') ? [port.first] : [],
  );
  return [...new Set([usualPort, ...allowed])];
}

const question = (rest: object): Question => ({ id: 0, ...rest }) as Question;

async function ask(trials: Trying, rest: object, seconds: number): Promise<Tried | undefined> {
  const answers = await trials.ask([question(rest)], seconds * 1000 + slack);
  return answers.get(0);
}

async function measure(
  course: Course,
  a: Trying,
  b: Trying,
  wanted: number,
): Promise<BenchmarkResult> {
  const { network, trace, path, seconds, bytes } = course;
  const { from, to, destination: address, source } = trace;
  const echo = (span: number) => ask(a, { kind: 'ping', address, seconds: span }, span);
  const [before, calm] = await Promise.all([watched(course, 1), echo(1)]);
  const hasIperf = (name: string): boolean =>
    before.find(({ machine }) => machine === name)?.iperf3 === true;
  const tool = hasIperf(from) && hasIperf(to) ? 'iperf3' : 'own';
  const idle = answered(calm);
  let port = wanted;
  const ways: BenchmarkWay[] = [];
  for (const direction of ['there', 'back'] as const) {
    const key = randomBytes(16).toString('hex');
    const end = { kind: 'serve', tool, seconds: seconds + 5, address, from: source, key };
    port = await serving(b, trace, end, course.portsFrom(port));
    const [tried, echoes, machines] = await Promise.all([
      ask(a, { kind: 'load', tool, seconds, bytes, address, port, direction, key }, seconds),
      echo(seconds),
      watched(course, seconds),
    ]);
    const { loaded, error } = tried ?? {};
    if (!loaded) {
      throw serverErrors.error('server/benchmark-failed', { from, to, why: error ?? 'no answer' });
    }
    const latency = answered(echoes);
    const seen = { loaded, most: bytes, idle, latency, machines, probes: probesOn(course) };
    const ends = direction === 'there' ? { from, to } : { from: to, to: from };
    const rate = loaded.seconds > 0 ? Math.round((loaded.bytes * 8) / loaded.seconds) : 0;
    ways.push({
      ...{ ...ends, ...loaded, rate, machines: [...machines], ...(latency && { latency }) },
      ...limitOf({ ...ends, ...seen }),
    });
  }
  return {
    ...{ network: network.name, from, to, path: [...path], tool, port },
    ...(idle && { latency: idle }),
    ways,
  };
}

/** Where no echo came back there are no times: a policy may forbid them. */
const answered = (tried: Tried | undefined): Pinged | undefined =>
  tried?.pinged && tried.pinged.received > 0 ? tried.pinged : undefined;

/**
 * Lets the second machine listen by the first of these ports that is free there.
 * @throws server/benchmark-taken: none is; server/benchmark-failed: it cannot listen by any
 */
async function serving(
  b: Trying,
  { from, to }: TraceResult,
  end: object,
  ports: AsyncIterable<{ readonly port: number }>,
): Promise<number> {
  const taken: number[] = [];
  for await (const { port } of ports) {
    const tried = await ask(b, { ...end, port }, 1);
    if (tried?.outcome === 'answered') return port;
    const why = tried?.error ?? 'no answer';
    if (!/EADDRINUSE|in use/.test(why)) {
      throw serverErrors.error('server/benchmark-failed', { from: to, to, why });
    }
    taken.push(port);
  }
  const tried = taken.map((port) => `tcp/${port}`).join(', ');
  throw serverErrors.error('server/benchmark-taken', { from, to, tried, port: usualPort });
}

/** How busy those machines of the way are whose agents can say. */
async function watched(
  { network, hub, path }: Course,
  seconds: number,
): Promise<readonly ({ machine: string } & Watched)[]> {
  const { machines } = network.snapshot;
  const all = await Promise.all(
    path.map(async (machine) => {
      const trials = hub.heardFrom(machines.get(machine)?.identity)?.trials;
      if (!trials || trials.version < measuresFrom) return [];
      const tried = await ask(trials, { kind: 'watch', seconds }, seconds).catch(() => undefined);
      return tried?.watched ? [{ machine, ...tried.watched }] : [];
    }),
  );
  return all.flat();
}

/** What machines of the way say of their probes to others on it. */
function probesOn({ network, hub, path }: Course) {
  const { machines } = network.snapshot;
  return path.flatMap((machine) =>
    path.flatMap((peer) => {
      const heard = hub.heardFrom(machines.get(machine)?.identity);
      return heard?.samples.freshOf(peer, performance.now())?.probe ?? [];
    }),
  );
}
