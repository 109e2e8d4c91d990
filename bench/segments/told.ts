import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { Namespace } from '#state';
import { file, type Gateway, openWorld } from '../../tests/agent/tables-world.ts';
import { until } from '../../tests/support/until.ts';
import { timed } from '../bench.ts';
import { addressOf, batchesOf, closeRaw, macOf, openRaw, programRaw, space } from './crowd.ts';

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

type Element = readonly [of: string, mac: string, version: number];

const elementsOf = (n: number): readonly Element[] => [
  [macOf(n), macOf(n), 0],
  [addressOf(n), macOf(n), 0],
];

/** What the gateway makes of it. */
const learned = (count: number): Namespace => {
  const all = Array.from({ length: count }, (_, n) => n);
  const far = {
    name: 'far4',
    type: 'ether_addr . ipv4_addr',
    interval: false,
    elements: all.map((n) => `${macOf(n)} . ${addressOf(n)}`),
  };
  const table = { family: 'bridge', name: 'raw', counters: [], sets: [far], maps: [], chains: [] };
  return {
    fdb: { v: 1, items: all.map((n) => ({ device: 'vxlan', mac: macOf(n), to: '10.0.0.2' })) },
    neighbours: {
      v: 1,
      items: all.map((n) => ({ device: 'bridge', address: addressOf(n), mac: macOf(n) })),
    },
    nft: { v: 1, items: [table] },
  };
};

/** A gateway with the agent that ships; the other one is a program that says what it is to say. */
export class Told {
  readonly gateway: Gateway;
  readonly #other: Gateway;
  readonly #talker: ChildProcessByStdio<Writable, Readable, null>;
  #said = '';
  #id = '';
  #seq = 0;
  #known = 0;

  private constructor(gateway: Gateway, other: Gateway) {
    this.gateway = gateway;
    this.#other = other;
    const [enter = '', ...rest] = other.box.enter;
    this.#talker = spawn(enter, [...rest, process.execPath, '-e', talker], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#talker.stdout.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
  }

  static async open(): Promise<Told> {
    const [a, b] = await openWorld(file.replaceAll('10.9.0.0/24', '10.9.0.0/16'));
    await until('the tunnel works', () => a.reaches('knox-1', '10.9.0.129'), 20_000);
    b.machine.must('agent', 'stop');
    const told = new Told(a, b);
    await until('it is called', () => told.#said.includes('ready'));
    // With the first table all was heard, and the agent looks at the whole.
    await told.tellAll(1_000);
    return told;
  }

  /** A table with so many machines, in ms until the kernel has the last of them. */
  async tellAll(count: number): Promise<number> {
    if (this.#known > 0) await this.#tell(0);
    return this.#tell(count);
  }

  #tell(count: number): Promise<number> {
    const elements = Array.from({ length: count }, (_, n) => elementsOf(n)).flat();
    this.#id = randomUUID();
    const parts = [];
    for (let from = 0; from === 0 || from < elements.length; from += inPart) {
      const to = Math.min(from + inPart, elements.length);
      const more = to < elements.length && { more: true };
      parts.push({ ...this.#part(from, to, elements.slice(from, to)), ...more });
    }
    this.#seq = elements.length;
    const gone = this.#known;
    this.#known = count;
    return this.#say(parts, (count || gone) - 1, count > 0);
  }

  /** One more machine, in ms until the kernel has it. */
  tellOne(n: number): Promise<number> {
    const part = this.#part(this.#seq, this.#seq + 2, elementsOf(n));
    this.#seq += 2;
    this.#known++;
    return this.#say([part], n, true);
  }

  #part(from: number, to: number, put: readonly Element[]) {
    return { type: 'part', segment: 'lab', id: this.#id, from, to, put, del: [] };
  }

  /** In ms, until the last of it, which is the n-th machine, is among the neighbours, or not any more. */
  async #say(messages: readonly object[], n: number, isThere: boolean): Promise<number> {
    const said = this.#said.length;
    const look = `ip -n ${space} neigh show ${addressOf(n)} | grep -q lladdr`;
    const loop = `${isThere ? 'until' : 'while'} ${look}; do sleep 0.005; done; date +%s.%N`;
    const watch = this.gateway.box.start(['sh', '-c', `echo looks; ${loop}`]);
    await until('it looks', () => watch.output().includes('looks'));
    this.#talker.stdin.write(`${JSON.stringify(messages)}\n`);
    const there = await until(
      'the kernel has all of it',
      () => /^\d+\.\d+$/m.exec(watch.output())?.[0],
      60_000,
    );
    const sent = /sent (\d+)/.exec(this.#said.slice(said))?.[1];
    return 1_000 * Number(there) - Number(sent);
  }

  /** The same by `nft -f`, `bridge -batch` and `ip -batch`. */
  async programByHand(count: number): Promise<number> {
    openRaw(this.gateway);
    const machine = {
      do: (line: string, input?: string) =>
        this.gateway.box.run(line.split(' '), input === undefined ? {} : { input }),
    };
    const batches = batchesOf(learned(count));
    const time = await timed(() => programRaw(machine, batches));
    closeRaw(this.gateway);
    return time;
  }

  async close(): Promise<void> {
    this.#talker.kill();
    await this.gateway.close();
    await this.#other.close();
  }
}
