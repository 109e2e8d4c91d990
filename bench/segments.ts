import { emptyFacts, link, project } from '#compile';
import { loadNetwork } from '#spec';
import type { HostState } from '#state';
import { TestMachine } from '../tests/agent/machine.ts';
import {
  type Bench,
  type BenchResult,
  interleaved,
  median,
  quantile,
  type Size,
  timed,
} from './bench.ts';
import {
  batchesOf,
  closeRaw,
  fileWith,
  openRaw,
  programRaw,
  readRaw,
  spaceIn,
} from './segments/crowd.ts';
import { moves } from './segments/moves.ts';
import { quiet } from './segments/quiet.ts';
import { Told } from './segments/told.ts';

const crowd = 10_000;
const rounds = 5;

function stateOf(machine: TestMachine, machines: number): HostState {
  const { network } = loadNetwork('bench.yaml', { read: () => fileWith(machines), glob: () => [] });
  if (!network) throw new Error('the bench has a file with errors');
  const keys = {
    'knox-gw': { '0': machine.store.publicKey('net', 0) },
    'pouta-gw': { '0': 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=' },
  };
  return project(link({ ...emptyFacts, keys, network, epoch: 'bench', rev: 1 }), 'knox-gw');
}

async function onGateway(
  work: (machine: TestMachine) => Promise<BenchResult>,
): Promise<BenchResult> {
  const machine = await TestMachine.open();
  try {
    machine.do('ip link add eth1 type veth peer name lan');
    return await work(machine);
  } finally {
    await machine.close();
  }
}

/** All of the gateway, with tunnel and filters; raw: the elements alone. */
async function fromTheFile(machine: TestMachine): Promise<BenchResult> {
  const state = stateOf(machine, crowd);
  const batches = batchesOf(spaceIn(state));
  const agent = machine.agent();
  const pairs = await interleaved(
    rounds,
    async () => {
      const time = await timed(async () => {
        const { failures } = await agent.reconcile(state);
        if (failures.length > 0) throw new Error('the gateway was not made so');
      });
      await agent.cleanup('net');
      return time;
    },
    async () => {
      openRaw(machine);
      const time = await timed(() => programRaw(machine, batches));
      closeRaw(machine);
      return time;
    },
  );
  return { ...pairs, unit: 'ms', reached: pairs.ratio <= 3 };
}

const bounded = (ours: readonly number[], reads: readonly number[]): BenchResult => {
  const [value, read] = [median(ours), median(reads)];
  const baseline = 2 * read + 10;
  const detail = `${ours.map((one) => one.toFixed(0)).join(', ')} ms; raw reads ${read.toFixed(0)} ms`;
  return {
    value,
    baseline,
    ratio: value / baseline,
    unit: 'ms',
    reached: value <= baseline,
    detail,
  };
};

/** A whole pass: all that is there is read, and one machine is added. */
async function oneMoreInTheFile(machine: TestMachine): Promise<BenchResult> {
  const agent = machine.agent();
  const [ours, reads]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    // What goes is taken away by an agent that hears the other gateways: here each round adds another.
    const state = stateOf(machine, crowd + round + 1);
    const time = await timed(async () => {
      const { failures } = await agent.reconcile(state);
      if (failures.length > 0) throw new Error('the gateway was not made so');
    });
    if (round < 0) continue;
    ours.push(time);
    reads.push(await timed(() => readRaw(machine, 'net')));
  }
  return bounded(ours, reads);
}

let told: Promise<Told> | undefined;
const openTold = (): Promise<Told> => (told ??= Told.open());

async function toldAtOnce(): Promise<BenchResult> {
  const world = await openTold();
  const pairs = await interleaved(
    rounds,
    () => world.tellAll(crowd),
    () => world.programByHand(crowd),
  );
  return { ...pairs, unit: 'ms', reached: pairs.ratio <= 3 };
}

async function oneMoreTold(): Promise<BenchResult> {
  const world = await openTold();
  await world.tellAll(crowd);
  const [ours, reads]: [number[], number[]] = [[], []];
  for (let round = 0; round < 9; round++) {
    ours.push(await world.tellOne(crowd + round));
    reads.push(await timed(() => readRaw(world.gateway, 'net')));
  }
  return bounded(ours, reads);
}

export const benches: readonly Bench[] = [
  {
    name: 'a gateway of a segment of 10,000 machines of the file from nothing',
    target: '<= 3 x raw bridge -batch, ip -batch and nft -f of the elements',
    run: () => onGateway(fromTheFile),
  },
  {
    name: 'one machine more in the file among 10,000, a whole pass',
    target: '<= 2 x the raw reads + 10 ms',
    run: () => onGateway(oneMoreInTheFile),
  },
  {
    name: '10,000 machines told by another gateway at once, in the kernel',
    target: '<= 3 x the same raw batches',
    run: toldAtOnce,
  },
  {
    name: 'one machine more told by another gateway, in the kernel',
    target: '<= 2 x the raw reads + 10 ms',
    run: oneMoreTold,
  },
  {
    name: 'a machine moves to the other site, no server: pinged again, p99',
    target: '<= 1 s',
    run: (size) => moved(size, false),
  },
  {
    name: 'a machine moves to a site in proxy mode or from it, no server: pinged again, p99',
    target: '<= 1 s',
    run: (size) => moved(size, true),
  },
  {
    name: 'a quiet segment: frames for all that cross, and the first ping of who never spoke, the latest',
    target: '0 frames, <= 2 s',
    run: (size) => stillness(size, false),
  },
  {
    name: 'a quiet segment with a site in proxy mode: the same',
    target: '0 frames, <= 2 s',
    run: (size) => stillness(size, true),
  },
];

async function stillness(size: Size, routed: boolean): Promise<BenchResult> {
  const [seconds, count] = size === 'quick' ? [10, 6] : [60, 40];
  const { frames, times } = await quiet(seconds, count, routed);
  const value = Math.max(...times);
  const detail = `${frames} frames for all in ${seconds} s and ${count} first pings: median ${median(times).toFixed(0)} ms`;
  return { value, unit: 'ms', reached: frames === 0 && value <= 2_000, detail };
}

async function moved(size: Size, routed: boolean): Promise<BenchResult> {
  const times = await moves(size === 'quick' ? 10 : 60, routed);
  const value = quantile(times, 0.99);
  const detail = `${times.length} moves: median ${median(times).toFixed(0)} ms, most ${Math.max(...times).toFixed(0)} ms`;
  return { value, unit: 'ms', reached: value <= 1_000, detail };
}

export const close = async (): Promise<void> => (await told)?.close();
