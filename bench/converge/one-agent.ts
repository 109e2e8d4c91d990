import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentStatus } from '#agent';
import { emptyFacts, writeFacts } from '#compile';
import { joinToken, type Machine, settled, World } from '../../tests/server/world.ts';
import { until } from '../../tests/support/until.ts';
import type { Bench, BenchResult, Size } from '../bench.ts';
import { fleet, fleetNames } from '../generate.ts';
import { newMachine } from './agent.ts';
import { processorTimeOf, residentMemoryOf } from './processes.ts';

/** What a real agent needs that has a thousand peers, beside its server. */

const peers = 1000;
const file = '/run/home/fleet.yaml';
const facts = '/run/home/hawser.facts.json';
const gateway = 'g0';

/** The gateway of a network whose members are known by their keys and never come. */
class Gateway {
  readonly #world: World;
  readonly #machine: Machine;
  #open = 22;

  private constructor(world: World, machine: Machine) {
    this.#world = world;
    this.#machine = machine;
  }

  static async open(): Promise<Gateway> {
    const world = await World.open();
    const one = new Gateway(world, await world.machine(gateway));
    try {
      await one.#begin();
    } catch (error) {
      await one.close();
      throw error;
    }
    return one;
  }

  async #begin(): Promise<void> {
    const machine = this.#machine;
    const members = fleetNames(1, peers).filter((name) => name !== gateway);
    const keys = Object.fromEntries(members.map((name) => [name, { '0': newMachine().key }]));
    machine.write(facts, writeFacts(undefined, 'fleet', { ...emptyFacts, keys }));
    const server = machine.start('server', '--no-join', '--address', machine.address);
    await until('the server serves', () => server.output.includes('serving at'));
    this.#write();
    machine.must('apply', file, '--create', '--yes');
    machine.must('join', joinToken(machine, '--network', 'fleet'), '--name', gateway);
    await settled(machine, gateway);
  }

  #write(): void {
    this.#machine.write(file, fleet({ sites: 1, members: peers, open: this.#open, port: 51820 }));
  }

  /** Changes the rule that all its peers stand under, and waits until it is so. */
  async change(): Promise<void> {
    this.#open = this.#open === 22 ? 23 : 22;
    this.#write();
    this.#machine.must('apply', file, '--yes');
    await settled(this.#machine, gateway);
  }

  get peers(): number {
    return this.#machine.do('wg show all peers').trim().split('\n').length;
  }

  #read(what: 'stat' | 'status'): string {
    const status: unknown = JSON.parse(this.#machine.must('agent', 'status', '--json'));
    return this.#machine.read(`/proc/${(status as AgentStatus).pid}/${what}`);
  }

  get memory(): number {
    return residentMemoryOf(this.#read('status'));
  }

  /** Of its process and of all that it ran and that ended. */
  get processorTime(): number {
    return processorTimeOf(this.#read('stat'), 'with children');
  }

  async close(): Promise<void> {
    await this.#world.close();
  }
}

/** The gateway that was built: two benches share it. */
let built: Promise<Gateway> | undefined;

async function gatewayAtWork(): Promise<Gateway> {
  built ??= Gateway.open();
  const one = await built;
  if (one.peers !== peers) throw new Error(`it has ${one.peers} peers`);
  return one;
}

export async function close(): Promise<void> {
  await (await built)?.close();
}

/** After some changes: what it needs for them is part of what it takes. */
async function memory(): Promise<BenchResult> {
  const one = await gatewayAtWork();
  for (let n = 0; n < 5; n++) await one.change();
  const value = one.memory;
  return { value, unit: 'MB', reached: value <= 90 };
}

/** Seconds that nothing happens: several looks at everything, one in 30 s, are among them. */
const idle = { whole: 120, quick: 31 } as const;

async function idleTime(size: Size): Promise<BenchResult> {
  const one = await gatewayAtWork();
  const before = one.processorTime;
  await sleep(idle[size] * 1000);
  const value = ((one.processorTime - before) / idle[size]) * 100;
  return { value, unit: '%', reached: value <= 0.5, detail: 'with the programs that it runs' };
}

export const benches: readonly Bench[] = [
  { name: 'memory of an agent with 1,000 peers', target: '<= 90 MB', run: memory },
  {
    name: 'processor time of an idle agent with 1,000 peers',
    target: '<= 0.5 % of a core',
    run: idleTime,
  },
];
