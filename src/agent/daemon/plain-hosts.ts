import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ProbeSample } from '#api';
import { canonicalJson } from '#base';
import type { HostState, Probes } from '#state';
import { type Enter, enterOf, spaceOf } from '../sockets.ts';
import { passesWhole } from '../trials/load/ping.ts';
import { Answers } from './answers.ts';

/**
 * ms. What falls silent is known after some, and what the last of them may take: on the machine's own network within 2.5 s,
 * behind a gateway after 3 s at least and within 3.5 s. So a host that is off is known to its gateway before others
 * could take it for one that the gateway does not forward to.
 */
export interface HostTimings {
  readonly every: number;
  /** After which one without an answer is lost. */
  readonly lost: number;
  /** Between looks whether packets pass that are as large as they may be. */
  readonly large: number;
  /** Until a program that ended is started again. */
  readonly again: number;
}
const usual: HostTimings = { every: 500, lost: 1_000, large: 60_000, again: 5_000 };

/** So many in a row without an answer. */
const silent = { near: 3, far: 5 } as const;

/** ms: what ended sooner never worked. */
const brief = 2_000;

/** `10.9.0.1 : [3], 93 bytes, 0.028 ms (...)`, or `10.9.0.7 : [0], timed out (...)`. */
const line = /^(\S+)\s+: \[\d+\], (?:\d+ bytes, ([\d.]+) ms|timed out)/;

type Hosts = NonNullable<Probes['hosts']>;

interface Host {
  readonly address: string;
  readonly mtu: number | undefined;
  readonly answers: Answers;
  /** ms of a steady clock: when anything was said of it last. */
  toldAt: number;
  level: string;
  hole: boolean;
}

/** Asks plain hosts whether packets come back, by one fping(8) for all; told of what becomes another than before. */
export class PlainHosts {
  readonly #changed: () => void;
  readonly #timings: HostTimings;
  #wanted: Hosts | undefined;
  #enter: Enter = [];
  #hosts: ReadonlyMap<string, Host> = new Map();
  #child: ChildProcess | undefined;
  #rounds: NodeJS.Timeout | undefined;
  #large: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #number = 0;

  constructor(changed: () => void, timings = usual) {
    this.#changed = changed;
    this.#timings = timings;
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    const wanted = state.probes?.hosts;
    const enter = enterOf(state);
    const isElsewhere = String(enter) !== String(this.#enter);
    if (!isElsewhere && canonicalJson({ ...wanted }) === canonicalJson({ ...this.#wanted })) return;
    this.stop();
    this.#wanted = wanted;
    this.#enter = enter;
    this.#hosts = new Map(
      Object.entries(wanted?.asked ?? {}).map(([name, { address, mtu }]) => {
        const known = this.#hosts.get(name);
        const isSame = known?.address === address && known.mtu === mtu;
        return [name, isSame ? known : hostAt(address, mtu, this.#timings.lost)];
      }),
    );
    if (wanted && this.#hosts.size > 0) this.#begin(wanted);
  }

  /** What came of it with each of which anything is known. */
  get samples(): Readonly<Record<string, ProbeSample>> {
    return Object.fromEntries(
      [...this.#hosts].flatMap(([name, host]) => {
        const sample = sampleOf(host);
        return sample ? [[name, sample]] : [];
      }),
    );
  }

  /** What of that is told at once when it changes, as JSON. */
  get levels(): string {
    const known = [...this.#hosts].filter(([, { level }]) => level !== '');
    return canonicalJson(Object.fromEntries(known.map(([name, { level }]) => [name, level])));
  }

  stop(): void {
    clearInterval(this.#rounds);
    clearTimeout(this.#large);
    clearTimeout(this.#restart);
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }

  /** Ends with the agent, also where that is killed. */
  #begin(wanted: Hosts): void {
    const { every, lost, large, again } = this.#timings;
    const addresses = [...this.#hosts.values()].map(({ address }) => address);
    const options = ['-l', '-p', every, '-t', lost, '-b', wanted.data].map(String);
    const enter = this.#enter;
    const space = spaceOf(enter);
    const argv = ['--pdeathsig', 'KILL', ...enter, 'fping', ...options, ...addresses];
    const child = spawn('setpriv', argv, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    this.#child = child;
    const began = performance.now();
    for (const host of this.#hosts.values()) host.toldAt = began;
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (this.#child === child) this.#read(text);
    });
    child.once('error', () => undefined);
    child.once('close', () => {
      if (this.#child !== child) return;
      this.stop();
      if (performance.now() - began < brief) this.#forget();
      this.#restart = setTimeout(() => this.#begin(wanted), again);
    });
    this.#rounds = setInterval(() => {
      if (spaceOf(enter) === space) this.#round();
      else child.kill('SIGKILL');
    }, every);
    this.#large = setTimeout(() => void this.#measure(child), large / 6);
  }

  /** Where there is no such program nobody knows anything. */
  #forget(): void {
    const fresh = [...this.#hosts].map(
      ([name, { address, mtu }]) => [name, hostAt(address, mtu, this.#timings.lost)] as const,
    );
    this.#hosts = new Map(fresh);
  }

  #read(text: string): void {
    const [, address, took] = line.exec(text) ?? [];
    const now = performance.now();
    for (const host of this.#hosts.values()) {
      if (host.address === address)
        this.#note(host, took === undefined ? undefined : Number(took), now);
    }
    this.#judge();
  }

  /** One probe is over: `took` ms, or without an answer. */
  #note(host: Host, took: number | undefined, now: number): void {
    host.toldAt = now;
    this.#number += 1;
    host.answers.asked(this.#number, now - (took ?? this.#timings.lost));
    if (took !== undefined) host.answers.heard(this.#number, now);
  }

  /** Of what cannot even be sent fping says nothing. */
  #round(): void {
    const { every, lost } = this.#timings;
    const now = performance.now();
    for (const host of this.#hosts.values()) {
      if (now - host.toldAt <= every + lost + every / 2) continue;
      const { toldAt } = host;
      this.#note(host, undefined, now);
      host.toldAt = toldAt;
    }
    this.#judge();
  }

  #judge(): void {
    let isOther = false;
    for (const host of this.#hosts.values()) {
      const level = levelOf(host);
      isOther ||= level !== host.level;
      host.level = level;
    }
    if (isOther) this.#changed();
  }

  /** Small packets pass where large ones do not: a path's MTU is smaller than it should be. */
  async #measure(child: ChildProcess): Promise<void> {
    for (const host of this.#hosts.values()) {
      const isHeard = host.answers.sample(performance.now(), 0)?.loss === 0;
      if (host.mtu === undefined || !isHeard) continue;
      const passed = await passesWhole(host.address, host.mtu, this.#enter);
      if (this.#child !== child) return;
      if (passed !== undefined) host.hole = !passed;
    }
    this.#judge();
    this.#large = setTimeout(() => void this.#measure(child), this.#timings.large);
  }
}

function sampleOf({ answers, hole, mtu }: Host): ProbeSample | undefined {
  const sample = answers.sample(performance.now(), 0);
  const hasHole = hole && mtu !== undefined && !sample?.mute;
  return sample && { ...sample, ...(hasHole && { hole: mtu }) };
}

function levelOf(host: Host): string {
  const sample = sampleOf(host);
  if (!sample) return '';
  // Before anything came back nothing is known until enough did not.
  if (sample.answered === undefined) return sample.mute ? 'never' : '';
  if (sample.mute) return 'mute';
  return sample.hole === undefined ? 'answers' : 'hole';
}

const hostAt = (address: string, mtu: number | undefined, lost: number): Host => ({
  address,
  mtu,
  // Those behind others alone have a size that should pass to them.
  answers: new Answers(lost, mtu === undefined ? silent.near : silent.far),
  toldAt: performance.now(),
  level: '',
  hole: false,
});
