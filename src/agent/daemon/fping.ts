import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Enter, spaceOf } from '../sockets.ts';

/** ms. */
export interface FpingTimings {
  /** From one question to an address to the next. */
  readonly every: number;
  /** After which one without an answer is lost. */
  readonly lost: number;
  /** Until a program that ended is started again. */
  readonly again: number;
}

export interface FpingInit {
  readonly addresses: readonly string[];
  /** Bytes of data in each question. */
  readonly data: number;
  readonly enter: Enter;
  readonly timings: FpingTimings;
}

/** Who is told. */
export interface FpingHearer {
  /** One question is over: `took` ms, or without an answer. */
  answered(address: string, took: number | undefined): void;
  /** The program ended before it was of any use. */
  failed(): void;
}

/** ms from one packet to the next, whomever they go to: the least that fping(8) takes. Its own is 10, which is a second for 100 addresses. */
const interval = 1;

/** ms: what ended sooner never worked. */
const brief = 2_000;

/** `10.9.0.1 : [3], 93 bytes, 0.028 ms (...)`, or `10.9.0.7 : [0], timed out (...)`. */
const line = /^(\S+)\s+: \[\d+\], (?:\d+ bytes, ([\d.]+) ms|timed out)/;

/** One fping(8) that asks addresses on and on, and is started again where it ends. */
export class Fping {
  readonly #init: FpingInit;
  readonly #hearer: FpingHearer;
  /** ms of a steady clock: when anything was said of each last. */
  readonly #toldAt = new Map<string, number>();
  #child: ChildProcess | undefined;
  #rounds: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;

  constructor(init: FpingInit, hearer: FpingHearer) {
    this.#init = init;
    this.#hearer = hearer;
    this.#begin();
  }

  stop(): void {
    clearInterval(this.#rounds);
    clearTimeout(this.#restart);
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }

  #begin(): void {
    const { enter, timings, addresses } = this.#init;
    const space = spaceOf(enter);
    const began = performance.now();
    const child = start(this.#init);
    this.#child = child;
    for (const address of addresses) this.#toldAt.set(address, began);
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (text) => {
        if (this.#child === child) this.#read(text);
      });
    }
    child.once('error', () => undefined);
    child.once('close', () => {
      if (this.#child !== child) return;
      this.stop();
      if (performance.now() - began < brief) this.#hearer.failed();
      this.#restart = setTimeout(() => this.#begin(), timings.again);
    });
    this.#rounds = setInterval(() => {
      if (spaceOf(enter) === space) this.#round();
      else child.kill('SIGKILL');
    }, timings.every);
  }

  #read(text: string): void {
    const [, address, took] = line.exec(text) ?? [];
    if (address === undefined || !this.#toldAt.has(address)) return;
    this.#toldAt.set(address, performance.now());
    this.#hearer.answered(address, took === undefined ? undefined : Number(took));
  }

  /** Of what cannot even be sent it says nothing. */
  #round(): void {
    const { every, lost } = this.#init.timings;
    const now = performance.now();
    for (const [address, toldAt] of this.#toldAt) {
      if (now - toldAt > every + lost + every / 2) this.#hearer.answered(address, undefined);
    }
  }
}

/** Ends with the agent, also where that is killed. */
function start({ addresses, data, enter, timings: { every, lost } }: FpingInit): ChildProcess {
  const options = ['-l', '-i', interval, '-p', every, '-t', lost, '-b', data].map(String);
  const argv = ['--pdeathsig', 'KILL', ...enter, 'fping', ...options, ...addresses];
  return spawn('setpriv', argv, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C' },
  });
}
