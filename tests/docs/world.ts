import { execFileSync } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder, workingCopy } from '../support/checkout.ts';
import { type Outcome, outcomeOf } from '../support/hawser.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Step } from './blocks.ts';

/** Two machines that share a network: name, device and address of either. */
type Cable = readonly [End, End];
type End = readonly [machine: string, device: string, address: string];

/** The reader's home on each machine. */
const home = '/run/home';

/** The reader's own machine; also the internet between the others. */
const desk = 'desk';

/**
 * The clouds of examples/hybrid-cloud.yaml before anything of ours runs there, and three lone machines,
 * for documents that go from machine to machine.
 */
const cables: readonly Cable[] = [
  [
    [desk, 'to-master', '203.0.113.1/24'],
    ['master', 'ens3', '203.0.113.10/24'],
  ],
  [
    [desk, 'to-vpn', '198.51.100.1/24'],
    ['vpn', 'ens3', '198.51.100.20/24'],
  ],
  [
    ['master', 'ens4', '192.168.66.4/24'],
    ['worker-1', 'ens3', '192.168.66.11/24'],
  ],
  [
    ['vpn', 'ens4', '192.168.77.4/24'],
    ['remote-1', 'ens3', '192.168.77.11/24'],
  ],
  [
    [desk, 'to-hub', '192.0.2.1/24'],
    ['hub', 'ens3', '192.0.2.10/24'],
  ],
  [
    [desk, 'to-alice', '198.18.1.1/24'],
    ['alice', 'ens3', '198.18.1.2/24'],
  ],
  [
    [desk, 'to-bob', '198.18.2.1/24'],
    ['bob', 'ens3', '198.18.2.2/24'],
  ],
];

const defaultRoutes: readonly (readonly [machine: string, via: string])[] = [
  ['master', '203.0.113.1'],
  ['vpn', '198.51.100.1'],
  ['hub', '192.0.2.1'],
  ['alice', '198.18.1.1'],
  ['bob', '198.18.2.1'],
];

/**
 * Where a document's commands run: a copy of the checkout as a clone would be, on a machine of its own
 * whose name, home, /run, /var/lib and /etc/wireguard are nobody else's.
 */
export class World {
  readonly #copy: string;
  readonly #machines: Map<string, Sandbox>;

  private constructor(copy: string, machines: Map<string, Sandbox>) {
    this.#copy = copy;
    this.#machines = machines;
  }

  /** `machines`: those the document names besides the reader's own. */
  static async open(machines: ReadonlySet<string>): Promise<World> {
    const world = new World(makeTemporaryFolder(), new Map());
    try {
      workingCopy(world.#copy);
      await world.#add(desk);
      if (machines.size > 0) await world.#wire();
      const unknown = [...machines].filter((name) => !world.#machines.has(name));
      if (unknown.length > 0) throw new Error(`no such machine: ${unknown.join(', ')}`);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  async #add(name: string): Promise<Sandbox> {
    const machine = await Sandbox.open();
    this.#machines.set(name, machine);
    const stage = '/run/own';
    const folders = [`${stage}/upper`, `${stage}/work`, '/run/netns', '/run/wireguard', home];
    machine.run(['mkdir', '-p', ...folders]);
    machine.run(['hostname', name]);
    const layers = `lowerdir=/var/lib,upperdir=${stage}/upper,workdir=${stage}/work`;
    machine.run(['mount', '-t', 'overlay', 'overlay', '-o', layers, '/var/lib']);
    const foreign = globSync('/var/lib/hawser*');
    for (const folder of ['/etc/wireguard', ...foreign]) {
      machine.run(['mount', '-t', 'tmpfs', 'tmpfs', folder]);
    }
    return machine;
  }

  async #wire(): Promise<void> {
    const names = new Set(cables.flatMap((cable) => cable.map(([machine]) => machine)));
    for (const name of names) if (!this.#machines.has(name)) await this.#add(name);
    for (const cable of cables) this.#lay(cable);
    for (const [name, via] of defaultRoutes) {
      this.#machine(name).run(['ip', 'route', 'add', 'default', 'via', via]);
    }
    this.#machine(desk).run(['tee', '/proc/sys/net/ipv4/ip_forward'], { input: '1\n' });
  }

  #lay([one, two]: Cable): void {
    const [name, device] = one;
    const [other, peer] = two;
    const passing = `t-${peer}`;
    const make = ['link', 'add', device, 'type', 'veth', 'peer', 'name', passing];
    this.#machine(name).run(['ip', ...make]);
    // From outside, where the other machine's namespace has a name.
    const there = `/proc/${this.#machine(other).pid}/ns/net`;
    const here = ['-t', `${this.#machine(name).pid}`, '-n', '--'];
    execFileSync('nsenter', [...here, 'ip', 'link', 'set', passing, 'netns', there]);
    this.#machine(other).run(['ip', 'link', 'set', passing, 'name', peer]);
    for (const [machine, own, address] of [one, two]) {
      this.#machine(machine).run(['ip', 'address', 'add', address, 'dev', own]);
      this.#machine(machine).run(['ip', 'link', 'set', own, 'up']);
    }
  }

  #machine(name: string): Sandbox {
    const machine = this.#machines.get(name);
    if (!machine) throw new Error(`no such machine: ${name}`);
    return machine;
  }

  save(name: string, text: string): void {
    this.#machine(desk).write(join(this.#copy, name), text, '0644');
  }

  /** Types a command, as a reader does; machines share the folder of the checkout. */
  run({ machine = desk, command }: Pick<Step, 'machine' | 'command'>): Outcome {
    const { enter } = this.#machine(machine);
    const { FORCE_COLOR: _, ...env } = process.env;
    const typed = `cd '${this.#copy}'; PATH=$PATH:.\n${command}`;
    const { code, out, err } = outcomeOf([...enter, 'sh', '-c', typed], {
      env: { ...env, HOME: home, LC_ALL: 'C', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
      maxBuffer: 2 ** 26,
    });
    const shown = (text: string): string => text.replaceAll(this.#copy, '/home/ann/hawser');
    return { code, out: shown(out), err: shown(err) };
  }

  async close(): Promise<void> {
    for (const machine of this.#machines.values()) await machine.close();
    rmSync(this.#copy, { recursive: true, force: true });
  }
}
