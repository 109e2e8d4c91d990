import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { until } from '../support/until.ts';
import type { Gateway } from './tables-world.ts';

/** Elements of a message at most (src/agent/segments/log.ts). */
const inPart = 500;

/** Says on its one call what it is given, and when it began to. */
const talker = `
const s = require('node:net').connect({ host: '10.0.0.1', port: 14790, localAddress: '10.0.0.2' });
s.setEncoding('utf8').on('data', () => undefined).once('data', () => console.log('ready'));
s.on('close', () => console.log('closed'));
setInterval(() => s.write('{"type":"beat"}\\n'), 2000);
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  console.log('sent ' + Date.now());
  for (const message of JSON.parse(line)) s.write(JSON.stringify(message) + '\\n');
});`;

export type Element = readonly [of: string, mac: string, version: number];

/** In the place of a gateway's agent: tells the other gateway of segment `lab` what it is given. */
export class Teller {
  readonly #talker: ChildProcessByStdio<Writable, Readable, null>;
  #said = '';
  #id = '';
  #seq = 0;

  private constructor(gateway: Gateway) {
    const [enter = '', ...rest] = gateway.box.enter;
    this.#talker = spawn(enter, [...rest, process.execPath, '-e', talker], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#talker.stdout.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
  }

  static async open(gateway: Gateway): Promise<Teller> {
    gateway.machine.must('agent', 'stop');
    const teller = new Teller(gateway);
    await until('it is called', () => teller.#said.includes('ready'));
    return teller;
  }

  /** A table that is this alone. Gives when it began to say so, ms since 1970. */
  tellAll(elements: readonly Element[]): Promise<number> {
    this.#id = randomUUID();
    this.#seq = elements.length;
    const parts = [];
    for (let from = 0; from === 0 || from < elements.length; from += inPart) {
      const to = Math.min(from + inPart, elements.length);
      const more = to < elements.length && { more: true };
      parts.push({ ...this.#part(from, to, elements.slice(from, to)), ...more });
    }
    return this.#say(parts);
  }

  /** The same with these as well. Gives when it began to say so, ms since 1970. */
  tellMore(elements: readonly Element[]): Promise<number> {
    const from = this.#seq;
    this.#seq += elements.length;
    return this.#say([this.#part(from, this.#seq, elements)]);
  }

  #part(from: number, to: number, put: readonly Element[]) {
    return { type: 'part', segment: 'lab', id: this.#id, from, to, put, del: [] };
  }

  async #say(messages: readonly object[]): Promise<number> {
    const said = this.#said.length;
    this.#talker.stdin.write(`${JSON.stringify(messages)}\n`);
    const sent = await until('it says so', () => /sent (\d+)/.exec(this.#said.slice(said))?.[1]);
    return Number(sent);
  }

  close(): void {
    this.#talker.kill();
  }
}
