import type { ProbeSample } from '#api';
import { canonicalJson } from '#base';
import type { HostState, Probes } from '#state';
import { type Enter, enterOf } from '../sockets.ts';
import { passesWhole } from '../trials/load/ping.ts';
import { Answers } from './answers.ts';
import { Fping } from './fping.ts';

/**
 * ms. What falls silent is known after some, and what the last of them may take: on the machine's own network within 2.5 s,
 * behind a gateway after 3 s at least and within 3.5 s; of many hosts in so many periods that are longer. So a host that
 * is off is known to its gateway before others could take it for one that the gateway does not forward to.
 */
export interface HostTimings {
  /** From one question to a host to the next, at least. */
  readonly every: number;
  /** For each host that is asked: half as fast as fping(8) can, so that one that was kept waiting catches up. */
  readonly each: number;
  /** After which one without an answer is lost. */
  readonly lost: number;
  /** Between looks whether packets pass that are as large as they may be. */
  readonly large: number;
  /** Until a program that ended is started again. */
  readonly again: number;
}
const usual: HostTimings = { every: 500, each: 2, lost: 1_000, large: 60_000, again: 5_000 };

/** So many in a row without an answer. */
const silent = { near: 3, far: 5 } as const;

type Hosts = NonNullable<Probes['hosts']>;

interface Host {
  readonly address: string;
  readonly mtu: number | undefined;
  answers: Answers;
  level: string;
  hole: boolean;
}

/** Asks plain hosts whether packets come back, by fping(8); told of what becomes another than before. */
export class PlainHosts {
  readonly #changed: () => void;
  readonly #timings: HostTimings;
  #wanted: Hosts | undefined;
  #enter: Enter = [];
  #hosts: ReadonlyMap<string, Host> = new Map();
  #running: readonly Fping[] = [];
  #large: NodeJS.Timeout | undefined;
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
    clearTimeout(this.#large);
    for (const fping of this.#running) fping.stop();
    this.#running = [];
  }

  /**
   * Those on the machine's own network by a program of their own: others ask them through this machine, among at least as
   * many, and must not be quicker with their word because it has many to ask itself.
   */
  #begin({ data }: Hosts): void {
    const all = [...this.#hosts.values()];
    const groups = [all.filter(isNear), all.filter((host) => !isNear(host))];
    this.#running = groups
      .filter((hosts) => hosts.length > 0)
      .map((hosts) => this.#ask(hosts, data));
    this.#measureIn(this.#timings.large / 6);
  }

  #ask(hosts: readonly Host[], data: number): Fping {
    const byAddress = Map.groupBy(hosts, ({ address }) => address);
    const addresses = [...byAddress.keys()];
    const { every, each, lost, again } = this.#timings;
    const timings = { every: Math.max(every, each * addresses.length), lost, again };
    const asked = { addresses, data, enter: this.#enter, timings };
    return new Fping(asked, {
      answered: (address, took) => {
        for (const host of byAddress.get(address) ?? []) this.#note(host, took);
      },
      failed: () => {
        for (const host of hosts) this.#forget(host);
      },
    });
  }

  /** Where there is no such program nobody knows anything. */
  #forget(host: Host): void {
    Object.assign(host, hostAt(host.address, host.mtu, this.#timings.lost));
  }

  /** One probe is over: `took` ms, or without an answer. */
  #note(host: Host, took: number | undefined): void {
    const now = performance.now();
    this.#number += 1;
    host.answers.asked(this.#number, now - (took ?? this.#timings.lost));
    if (took !== undefined) host.answers.heard(this.#number, now);
    this.#judge(host);
  }

  #judge(host: Host): void {
    const level = levelOf(host);
    if (level === host.level) return;
    host.level = level;
    this.#changed();
  }

  #measureIn(delay: number): void {
    const running = this.#running;
    this.#large = setTimeout(() => void this.#measure(running), delay);
  }

  /** Small packets pass where large ones do not: a path's MTU is smaller than it should be. */
  async #measure(running: readonly Fping[]): Promise<void> {
    for (const host of this.#hosts.values()) {
      const isHeard = host.answers.sample(performance.now(), 0)?.loss === 0;
      if (host.mtu === undefined || !isHeard) continue;
      const passed = await passesWhole(host.address, host.mtu, this.#enter);
      if (this.#running !== running) return;
      if (passed === undefined) continue;
      host.hole = !passed;
      this.#judge(host);
    }
    this.#measureIn(this.#timings.large);
  }
}

/** Those behind others alone have a size that should pass to them. */
const isNear = ({ mtu }: Pick<Host, 'mtu'>): boolean => mtu === undefined;

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
  answers: new Answers(lost, isNear({ mtu }) ? silent.near : silent.far),
  level: '',
  hole: false,
});
