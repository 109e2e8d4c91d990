import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Machine } from '../server/world.ts';
import { ports } from './model.ts';
import type { Connection, Question, Seen, Target } from './prober.ts';

/** The prober of one machine. */
export class Probe {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: unknown) => void)[] = [];
  #text = '';

  constructor(machine: Machine) {
    const [nsenter = '', ...enter] = machine.box.enter;
    const prober = join(import.meta.dirname, 'prober.ts');
    const argv = [...enter, process.execPath, prober, ...Object.values(ports).map(String)];
    this.#child = spawn(nsenter, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (part: string) => this.#hear(part));
  }

  #hear(part: string): void {
    const lines = (this.#text + part).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) this.#waiting.shift()?.(JSON.parse(line));
  }

  #ask(question: Question): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    });
  }

  /** The connection to each of these, where there is one within so many ms. */
  async reach(flows: readonly Target[], ms: number): Promise<readonly (Connection | null)[]> {
    return (await this.#ask({ do: 'reach', flows, ms })) as (Connection | null)[];
  }

  /** Those who connected to this machine last. */
  async accepted(): Promise<readonly Connection[]> {
    return (await this.#ask({ do: 'accepted' })) as Connection[];
  }

  async look(device: string, table: string): Promise<Seen> {
    return (await this.#ask({ do: 'look', device, table })) as Seen;
  }

  /** What the server on this machine answers to a GET; undefined where none does. */
  async get(path: string, token: string): Promise<unknown> {
    return (await this.#ask({ do: 'get', path, token })) ?? undefined;
  }

  end(): void {
    this.#child.stdin?.end();
  }
}
