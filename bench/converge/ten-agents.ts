import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, type BenchResult, median, quantile, type Size } from '../bench.ts';
import { meshOfGateways } from '../generate.ts';
import { now } from './clock.ts';
import { folderVariable, type Spawned } from './spawns.ts';

/** Ten machines of a lab follow a change: the server, its agents and the tunnels are those that ship. */

const root = join(import.meta.dirname, '../..');
const bundle = join(root, 'dist/hawser.mjs');

const count = 10;
const machines = Array.from({ length: count }, (_, index) => `g${index}`);
const entry = 'ten.yaml';

/** A prefix more at one site, or one less again. */
const kinds = ['more', 'less'] as const;
type Kind = (typeof kinds)[number];

/** ms after which a machine has looked at what it did itself, and is at rest. */
const rest = 700;

/** A program on a machine that answers a line with a line. */
class Helper {
  readonly #child: ChildProcess;
  readonly #waiting: PromiseWithResolvers<string>[] = [];
  /** When it said something last. */
  heard = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.once('exit', () => {
      for (const { reject } of this.#waiting) reject(new Error('a helper in the lab ended'));
    });
    if (!child.stdout) return;
    child.stdout.on('data', () => {
      this.heard = now();
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#waiting.shift()?.resolve(line);
    });
  }

  async ask<T>(order: unknown): Promise<T> {
    const answered = Promise.withResolvers<string>();
    this.#waiting.push(answered);
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    const answer = JSON.parse(await answered.promise) as T & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    await gone;
  }
}

interface At {
  readonly at: number;
}

class TenAgents {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hawser-bench-'));
  readonly #helpers: Helper[] = [];
  readonly #bare: Helper[] = [];
  /** What the kernels of the machines tell of routes and filters. */
  #monitors: readonly Helper[] = [];
  #client: Helper | undefined;
  #agents: readonly number[] = [];

  static async open(): Promise<TenAgents> {
    const ten = new TenAgents();
    try {
      await ten.#begin();
    } catch (error) {
      await ten.close();
      throw error;
    }
    return ten;
  }

  get #env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      HAWSER_LABS: join(this.#folder, 'labs'),
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'spawns.ts')}`,
      [folderVariable]: this.#folder,
    };
  }

  #lab(...args: readonly string[]): string {
    const options = { cwd: root, env: this.#env, encoding: 'utf8' } as const;
    return execFileSync(process.execPath, [bundle, 'lab', ...args], options);
  }

  /** A program that goes on, on a machine of the lab. */
  #start(machine: string, ...argv: readonly string[]): Helper {
    const line = [bundle, 'lab', 'exec', machine, '--', ...argv];
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    const options = { cwd: root, env: this.#env, stdio: [...stdio] };
    const helper = new Helper(spawn(process.execPath, line, options));
    this.#helpers.push(helper);
    return helper;
  }

  async #begin(): Promise<void> {
    const file = join(this.#folder, entry);
    writeFileSync(file, meshOfGateways(count, false));
    this.#lab('up', file, '--no-proof');
    const told = this.#lab('exec', 'server', '--', 'hawser', 'token', 'create', '--json');
    const { token } = JSON.parse(told) as { readonly token: string };
    const program = join(import.meta.dirname, 'client-process.ts');
    this.#client = this.#start('server', process.execPath, program, token, 'ten');
    const watch = 'ip -o monitor route & exec nft monitor';
    this.#monitors = machines.map((name) => this.#start(name, 'sh', '-c', watch));
    await this.#client.ask('settled');
    await sleep(2000);
    await this.#learn();
  }

  /** Learns what agents run for each kind of change, by letting them do it. */
  async #learn(): Promise<void> {
    const known = new Map<string, Record<string, readonly Spawned[]>>();
    for (const kind of kinds) {
      const on = join(this.#folder, 'on');
      writeFileSync(on, '');
      const began = now();
      await this.change(kind);
      rmSync(on);
      for (const [index, name] of machines.entries()) {
        const until = this.#monitors[index]?.heard ?? 0;
        if (until < began) throw new Error(`the kernel of ${name} told of no change`);
        const spawns = this.#spawnsOf(name).filter((one) => one.began > began && one.began < until);
        known.set(name, { ...known.get(name), [kind]: spawns });
      }
    }
    this.#agents = machines.map((name) => this.#spawnsOf(name)[0]?.pid ?? 0);
    for (const [name, spawns] of known) {
      const file = join(this.#folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(spawns));
      const program = join(import.meta.dirname, 'bare-process.ts');
      this.#bare.push(this.#start(name, process.execPath, program, file));
    }
    // They have started when they answer.
    await Promise.all(this.#bare.map(async (helper) => helper.ask('nothing')));
  }

  #spawnsOf(machine: string): readonly Spawned[] {
    const text = readFileSync(join(this.#folder, `${machine}.jsonl`), 'utf8');
    const all = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Spawned);
    return all.sort((a, b) => a.began - b.began);
  }

  /** ms from the acknowledgement of a change to the last that the last kernel tells of it. */
  async change(kind: Kind): Promise<number> {
    const files = { [entry]: meshOfGateways(count, kind === 'more') };
    const { at } = (await this.#client?.ask<At>({ entry, files })) ?? { at: Number.NaN };
    await this.#client?.ask('settled');
    await sleep(rest);
    return Math.max(0, Math.max(...this.#monitors.map(({ heard }) => heard)) - at);
  }

  /** ms that the same programs take by themselves, on all machines at once. */
  async bare(kind: Kind): Promise<number> {
    const began = now();
    const ends = await Promise.all(this.#bare.map(async (helper) => helper.ask<At>(kind)));
    await sleep(rest / 2);
    return Math.max(...ends.map(({ at }) => at)) - began;
  }

  /** Lets the agents stand still while others change their machines, and return to what they left. */
  async withoutAgents<T>(work: () => Promise<T>): Promise<T> {
    this.#signal('STOP');
    try {
      return await work();
    } finally {
      this.#signal('CONT');
      await sleep(2 * rest);
      await this.#client?.ask('settled');
      await sleep(2 * rest);
    }
  }

  #signal(signal: 'STOP' | 'CONT'): void {
    this.#lab('exec', 'g0', '--', 'sh', '-c', `kill -${signal} ${this.#agents.join(' ')}`);
  }

  /** How many programs an agent runs for a change, in the mean. */
  get spawns(): number {
    const all = machines.flatMap((name) => {
      const known = readFileSync(join(this.#folder, `${name}.json`), 'utf8');
      return Object.values(JSON.parse(known) as Record<Kind, readonly Spawned[]>);
    });
    return all.reduce((sum, { length }) => sum + length, 0) / all.length;
  }

  async close(): Promise<void> {
    await Promise.all(this.#helpers.map(async (helper) => helper.close()));
    this.#lab('down', '--all');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Changes between two times that the agents stand still; even, so that all is as it was. */
const block = 20;
const rounds: Record<Size, number> = { whole: 200, quick: 20 };

async function applied(size: Size): Promise<BenchResult> {
  const ten = await TenAgents.open();
  try {
    const ours: number[] = [];
    const bare: number[] = [];
    const kindOf = (n: number): Kind => kinds[n % kinds.length] as Kind;
    while (ours.length < rounds[size]) {
      for (let n = 0; n < block; n++) ours.push(await ten.change(kindOf(n)));
      await ten.withoutAgents(async () => {
        for (let n = 0; n < block; n++) bare.push(await ten.bare(kindOf(n)));
      });
    }
    const [value, baseline, p99] = [median(ours), median(bare), quantile(ours, 0.99)];
    const ratio = value / baseline;
    return {
      ...{ value, baseline, ratio, unit: 'ms' },
      reached: value <= 300 && p99 <= 800 && ratio <= 2,
      detail: `p99 ${p99.toFixed(0)} ms of ${ours.length}; ${ten.spawns.toFixed(1)} programs a machine`,
    };
  } finally {
    await ten.close();
  }
}

export const benches: readonly Bench[] = [
  {
    name: 'a change for 10 real agents: in the last kernel, p50',
    target: '<= 300 ms after the acknowledgement, p99 <= 800 ms, <= 2 x the same spawns bare',
    run: applied,
  },
];
