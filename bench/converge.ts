import { setTimeout as sleep } from 'node:timers/promises';
import type { NetworkStatus } from '#api';
import { type Bench, type BenchResult, median, quantile, type Size } from './bench.ts';
import { now } from './converge/clock.ts';
import * as oneAgent from './converge/one-agent.ts';
import { processorTime, residentMemory } from './converge/processes.ts';
import { benches as storeBenches } from './converge/store.ts';
import { benches as tenBenches } from './converge/ten-agents.ts';
import { FleetWorld, type Shape } from './converge/world.ts';

/** How quickly changes come from the server to its agents, and what that costs. */

const shapes = {
  thousand: {
    whole: { sites: 1, members: 999 },
    quick: { sites: 1, members: 99 },
  },
  mesh: {
    whole: { sites: 200, members: 4800 },
    quick: { sites: 20, members: 480 },
  },
} satisfies Record<string, Record<Size, Shape>>;

type Of = keyof typeof shapes;

/** The worlds that were built: several benches share one. */
const worlds = new Map<Of, Promise<FleetWorld>>();

function worldOf(of: Of, size: Size): Promise<FleetWorld> {
  const known = worlds.get(of) ?? FleetWorld.open(shapes[of][size]);
  worlds.set(of, known);
  return known;
}

export async function close(): Promise<void> {
  await Promise.all([...worlds.values()].map(async (world) => (await world).close()));
  await oneAgent.close();
}

interface Told {
  /** ms from the acknowledgement to the last agent that was told. */
  readonly last: number;
  /** ms from the request to its acknowledgement. */
  readonly acknowledged: number;
  /** Sent to agents until the change was confirmed. */
  readonly bytes: number;
}

/** One change, until everybody whom it touches has confirmed it. */
async function change(
  world: FleetWorld,
  touches: number,
  make: () => Promise<void>,
): Promise<Told> {
  const { fleet, server } = world;
  const bytes = 'hawser_agent_bytes_sent_total';
  const before = await server.metric(bytes);
  await fleet.order({ do: 'mark' });
  const told = fleet.order({ do: 'told', count: touches });
  const began = now();
  await make();
  const acknowledged = now();
  const times = await told;
  await fleet.order({ do: 'settled' });
  return {
    last: Math.max(0, Math.max(...times) - acknowledged),
    acknowledged: acknowledged - began,
    bytes: (await server.metric(bytes)) - before,
  };
}

async function changes(
  world: FleetWorld,
  rounds: number,
  one: (world: FleetWorld) => Promise<Told>,
): Promise<readonly Told[]> {
  const all: Told[] = [];
  for (let round = 0; round < rounds; round++) all.push(await one(world));
  const wrong = await world.fleet.order({ do: 'verify' });
  if (wrong > 0) throw new Error(`${wrong} states were not what their hash names`);
  return all;
}

const round = (value: number): string => String(Number(value.toPrecision(3)));

function verdict(all: readonly Told[], most: number): BenchResult {
  const last = all.map((one) => one.last);
  const value = quantile(last, 0.99);
  const acknowledged = median(all.map((one) => one.acknowledged));
  const bytes = median(all.map((one) => one.bytes));
  return {
    value,
    unit: 'ms',
    reached: value <= most,
    detail: `median ${round(median(last))} ms of ${all.length}; acknowledged after ${round(acknowledged)} ms; ${round(bytes)} bytes sent`,
  };
}

async function forAll(of: Of, size: Size, rounds: number, most: number): Promise<BenchResult> {
  const world = await worldOf(of, size);
  const all = async (): Promise<Told> => change(world, world.size, async () => world.changeAll());
  return verdict(await changes(world, size === 'whole' ? rounds : 2, all), most);
}

const bytesOf = new Map<Of, number>();

async function forTwo(of: Of, size: Size): Promise<BenchResult> {
  const world = await worldOf(of, size);
  const two = async (): Promise<Told> => change(world, 2, async () => world.changeTwo());
  const all = await changes(world, size === 'whole' ? 20 : 3, two);
  bytesOf.set(of, median(all.map(({ bytes }) => bytes)));
  const [few = 0, ...others] = [...bytesOf.values()];
  const same = others.every((bytes) => Math.abs(bytes - few) < few / 10);
  const result = verdict(all, 50);
  return { ...result, reached: result.reached && same };
}

async function memory(size: Size): Promise<BenchResult> {
  const { server } = await worldOf('mesh', size);
  const value = residentMemory(server.pid);
  return { value, unit: 'MB', reached: value <= 700 };
}

/** Seconds that nothing happens, but signs of life. */
const idle = 30;

async function idleTime(size: Size): Promise<BenchResult> {
  const { server } = await worldOf('mesh', size);
  const before = processorTime(server.pid);
  await sleep(idle * 1000);
  const value = ((processorTime(server.pid) - before) / idle) * 100;
  return { value, unit: '%', reached: value <= 10 };
}

/** The longest turn of the server's event loop at each of its larger works. */
async function turns(size: Size): Promise<BenchResult> {
  const world = await worldOf('mesh', size);
  const { server, fleet } = world;
  const longest: Record<string, number> = {};
  const during = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    await server.longestTurn();
    await work();
    longest[what] = await server.longestTurn();
  };
  await during('status', async () => {
    const { machines } = JSON.parse(await world.status()) as NetworkStatus;
    if (machines.length !== world.size) throw new Error('not all machines are in the status');
  });
  await during('plan', async () => world.plan());
  await during('a change for two', async () => {
    await world.changeTwo();
    await fleet.order({ do: 'settled' });
  });
  await during('a change for all', async () => {
    await world.changeAll();
    await fleet.order({ do: 'settled' });
  });
  await during('join', async () => world.join('guest'));
  await during('backup', async () => world.backup());
  const value = Math.max(...Object.values(longest));
  const detail = Object.entries(longest).map(([what, time]) => `${what} ${round(time)}`);
  return { value, unit: 'ms', reached: value <= 20, detail: detail.join(', ') };
}

/** ms that the server is away. */
const away = 3000;

async function recovery(size: Size): Promise<BenchResult> {
  const { server, fleet } = await worldOf('mesh', size);
  await server.end('SIGKILL');
  await sleep(away);
  await server.start();
  const serves = now();
  const times = (await fleet.order({ do: 'settled' })).map((at) => at - serves);
  const [half, most] = [quantile(times, 0.5), quantile(times, 0.99)];
  return {
    value: most,
    unit: 'ms',
    reached: most <= 10_000,
    detail: `half of them after ${round(half)} ms; the server was away for ${away} ms and its start`,
  };
}

export const benches: readonly Bench[] = [
  ...tenBenches,
  {
    name: '1,000 agents, a change for all: the last one has it, p99',
    target: '<= 1 s after the acknowledgement',
    run: async (size) => forAll('thousand', size, 10, 1000),
  },
  {
    name: '1,000 agents, a change for two of them, p99',
    target: '<= 50 ms after the acknowledgement',
    run: async (size) => forTwo('thousand', size),
  },
  {
    name: '5,000 agents, a change for all: the last one has it, p99',
    target: '<= 5 s after the acknowledgement',
    run: async (size) => forAll('mesh', size, 5, 5000),
  },
  {
    name: '5,000 agents, a change for two of them, p99',
    target: '<= 50 ms after the acknowledgement, as many bytes as with 1,000',
    run: async (size) => forTwo('mesh', size),
  },
  {
    name: 'memory of a server with 5,000 agents, 200 in a mesh',
    target: '<= 700 MB',
    run: memory,
  },
  {
    name: 'processor time of a server with 5,000 idle agents',
    target: '<= 10 % of a core',
    run: idleTime,
  },
  {
    name: 'longest turn of the event loop, 5,000 machines',
    target: '<= 20 ms',
    run: turns,
  },
  {
    name: '5,000 agents lose their server: connected again, p99',
    target: '<= 10 s after it serves',
    run: recovery,
  },
  ...oneAgent.benches,
  ...storeBenches,
];
