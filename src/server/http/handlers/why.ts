import {
  type Counted,
  type Question,
  type TraceHop,
  type TraceResult,
  type Tried,
  type TunnelStatus,
  type WhyChange,
} from '#api';
import { changesOn } from '../../health/changes.ts';
import { judged } from '../../health/tunnels.ts';
import { type StepFound, whyOf } from '../../health/why.ts';
import type { Hub } from '../../hub/hub.ts';
import { servingMachine } from '../../hub/where.ts';
import type { Snapshot } from '../../network/snapshot.ts';
import { statusOfMachine } from '../../network/status.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

/** From this version on agents say how they send, and what they counted. */
const looksFrom = 2;
/** ms that one of them may take. */
const within = 3_000;
/** Revisions and events of each machine that are looked through. */
const back = { revisions: 50, events: 500 } as const;

/** Why a flow passes or does not. */
export function whyHandlers(context: Context): Pick<Handlers, 'why'> {
  const { networks, compiler, clock } = context;
  return {
    async why({ params, query: { from, to, port = 'icmp', family } }) {
      const { network, hub } = networks.get(params.network);
      const { snapshot } = network;
      const { basis, stored } = snapshot;
      const trace = await compiler.call('trace', { basis, from, to, port, family });
      const hops = stepsOf(trace);
      const names = [...new Set(hops.flatMap((hop) => [hop.from, hop.to]))];
      const isOnWay = pairsOf(hops);
      const pairs = (await network.tunnelPairs(snapshot)).filter(({ machines: [a, b] }) =>
        isOnWay(a, b),
      );
      const tunnels = await tunnelsBetween(snapshot, hub, pairs);
      const [steps, counter, changes] = await Promise.all([
        Promise.all(hops.map((hop) => found(context, snapshot, hub, { hop, trace, tunnels }))),
        counted(snapshot, hub, trace),
        changed(context, stored.network, { machines: new Set(names), hasTunnel: isOnWay }),
      ]);
      const silences = await context.store.read(async (tx) => tx.silences(stored.network));
      const seen = { hub, now: clock(), server: servingMachine(network, hub), silences };
      const machines = names
        .filter((name) => snapshot.names.has(name))
        .map((name) => statusOfMachine(snapshot, seen, name));
      const told = { trace, steps, machines, changes, ...(counter && { counter }) };
      return {
        network: stored.network,
        revision: stored.revision,
        ...whyOf(told),
        ...told,
        answer: [...whyOf(told).answer],
      };
    },
  };
}

interface Hop {
  readonly from: string;
  readonly to: string;
  readonly device: string | undefined;
}

/** The steps of a trace: there, then what of the way back passes other machines. */
function stepsOf({ hops, back: returning }: TraceResult): readonly Hop[] {
  const there = pairwise(hops);
  const known = pairsOf(there);
  return [...there, ...pairwise(returning).filter(({ from, to }) => !known(from, to))];
}

const pairwise = (hops: readonly TraceHop[]): readonly Hop[] =>
  hops.slice(0, -1).map(({ machine, interface: device, peer }, at) => ({
    from: machine,
    to: peer ?? hops[at + 1]?.machine ?? '',
    device: peer === undefined ? undefined : device,
  }));

const keyOf = (a: string, b: string): string => [a, b].sort().join(' ');

function pairsOf(hops: readonly Hop[]): (a: string, b: string) => boolean {
  const keys = new Set(hops.map(({ from, to }) => keyOf(from, to)));
  return (a, b) => keys.has(keyOf(a, b));
}

async function tunnelsBetween(
  ...[snapshot, hub, pairs]: Parameters<typeof judged>
): Promise<ReadonlyMap<string, TunnelStatus>> {
  const tunnels = new Map<string, TunnelStatus>();
  for await (const status of judged(snapshot, hub, pairs)) {
    const [a, b] = status.ends;
    tunnels.set(keyOf(a.machine, b.machine), status);
  }
  return tunnels;
}

interface Stepping {
  readonly hop: Hop;
  readonly trace: TraceResult;
  readonly tunnels: ReadonlyMap<string, TunnelStatus>;
}

/** How a tunnel of a step is, and by what its first machine sends there. */
async function found(
  { compiler }: Context,
  snapshot: Snapshot,
  hub: Hub,
  { hop: { from, to, device }, trace, tunnels }: Stepping,
): Promise<StepFound> {
  const tunnel = tunnels.get(keyOf(from, to));
  const step = { from, to, ...(tunnel && { tunnel }) };
  if (!tunnel || device === undefined) return step;
  const { basis } = snapshot;
  const ends = await compiler.call('tunnelEnds', { basis, ends: [from, to] });
  // A segment's frames are sent by a device of its own, in which routes say nothing.
  if (!ends.some((end) => end.machine === from && end.interface === device)) return step;
  const question: Question = { id: 0, kind: 'way', address: trace.destination };
  const said = await asked(snapshot, hub, from, question);
  if (!said) return step;
  const { way, error, outcome } = said;
  return {
    ...{ ...step, device },
    ...(way && { way }),
    ...(outcome === 'refused' && { refused: error ?? 'it does not say why' }),
  };
}

/** What an agent answers to one question; undefined: nobody does. */
async function asked(
  { machines }: Snapshot,
  hub: Hub,
  machine: string,
  question: Question,
): Promise<Tried | undefined> {
  const trials = hub.heardFrom(machines.get(machine)?.identity)?.trials;
  if (!trials || trials.version < looksFrom) return undefined;
  const answers = await trials.ask([question], within).catch(() => undefined);
  return answers?.get(question.id);
}

/** What has been counted where it is decided about the flow. */
async function counted(
  snapshot: Snapshot,
  hub: Hub,
  { decision }: TraceResult,
): Promise<({ readonly machine: string; readonly name: string } & Counted) | undefined> {
  const { machine, counter: name } = decision ?? {};
  if (machine === undefined || name === undefined) return undefined;
  const said = await asked(snapshot, hub, machine, { id: 0, kind: 'counter', name });
  return said?.counted && { machine, name, ...said.counted };
}

/** What changed lately on the way. */
async function changed(
  { store }: Context,
  network: string,
  way: Parameters<typeof changesOn>[0],
): Promise<WhyChange[]> {
  return store.read(async (tx) => {
    const revisions = await tx.revisions(network, { limit: back.revisions });
    const events = [];
    for (const machine of way.machines) {
      events.push(...(await tx.events(network, { machine, limit: back.events })));
    }
    const once = new Map(events.map((event) => [event.seq, event]));
    return changesOn(way, [...once.values()], revisions);
  });
}
