import type {
  Finding,
  FromAgent,
  Hello,
  MonitorsReport,
  SamplesReport,
  SegmentSample,
  SegmentsReport,
  StateReport,
  Upgrade,
} from '#api';
import type { Diagnostic } from '#base';
import { Looks } from '../health/looks.ts';
import { Samples } from '../health/samples.ts';
import type { StateAnswer, StateWanted } from '../network/messages.ts';
import type { Card } from '../presence/card.ts';
import { Trials, type Trying } from './trials.ts';
import type { Wire } from './wire.ts';

/** What the agent has by now, as far as the server told it or it said so itself. */
interface Known {
  readonly hash: string;
  /** The network in which its state has that hash; absent where only the hash is known. */
  readonly basis?: number;
}

/** Whether an agent is told the name of its state also where it has the right one already. */
export type Name = 'always' | 'changes';

/** What an answer was given for. */
export interface Asked extends Pick<StateWanted, 'has'> {
  readonly basis: number;
  readonly name: Name;
}

/** What an agent says that it saw. */
interface Saw {
  readonly paused?: string | null | undefined;
  readonly handshakes?: readonly string[] | undefined;
  readonly warnings?: readonly Finding[] | undefined;
}

/** What an agent says besides what it has. */
export interface Heard {
  /** How its tunnels are. */
  readonly samples: Samples;
  /** What its looks at services found. */
  readonly looks: Looks;
  /** How the segments are that it carries, by their namespaces. */
  readonly segments: ReadonlyMap<string, SegmentSample>;
  /** Whether it answers the probes of its peers. */
  readonly answersProbes: boolean;
  /** What it is asked to try; undefined: its program is too old for that. */
  readonly trials: Trying | undefined;
}

/** What an agent tells of what it looks at, again and again. */
export type Telling = SamplesReport | MonitorsReport | SegmentsReport;
const tellings: ReadonlySet<string> = new Set<Telling['type']>(['samples', 'monitors', 'segments']);

export const isTelling = (message: FromAgent): message is Telling => tellings.has(message.type);

/** One enrolled agent that is connected: what it has, what it was sent, what it says. */
export class Connection implements Heard {
  #machine: string;
  readonly hello: Hello;
  readonly wire: Wire;
  readonly since: string;
  #known: Known | undefined;
  #wanted: string | undefined;
  #confirmed: { readonly hash: string; readonly rev: number } | undefined;
  /** What the agent's program is too old for: `nft 2`. */
  #lacks: readonly string[] = [];
  #report: StateReport | undefined;
  /** The hash of a state that the machine took back; not sent again until a person asks. */
  quarantined: string | undefined;
  paused: string | undefined;
  upgrade: Upgrade | undefined;
  #warnings: readonly Finding[] = [];
  /** Public keys of watched peers with which there was a handshake. */
  readonly handshakes = new Set<string>();
  readonly samples = new Samples();
  readonly looks = new Looks();
  segments: ReadonlyMap<string, SegmentSample> = new Map();
  readonly trials: Trials | undefined;
  /** A state is asked for or on its way; what is to be sent then. */
  busy = false;
  again: Name | undefined;

  constructor(machine: string, hello: Hello, wire: Wire, since: string) {
    this.#machine = machine;
    this.hello = hello;
    this.wire = wire;
    this.since = since;
    this.paused = hello.paused;
    this.upgrade = hello.upgrade;
    this.#confirmed = hello.confirmed;
    const tries = hello.supports['tries'] ?? 0;
    if (tries > 0) {
      this.trials = new Trials(
        () => this.#machine,
        (message) => wire.send(message),
        tries,
      );
    }
    if (hello.has) this.#known = { hash: hello.has.hash };
  }

  get machine(): string {
    return this.#machine;
  }

  /** Under another name it has another state in every network but the newest. */
  rename(machine: string): void {
    if (machine === this.#machine) return;
    this.#machine = machine;
    if (this.#known) this.#known = { hash: this.#known.hash };
  }

  get answersProbes(): boolean {
    return (this.hello.supports['probes'] ?? 0) > 0;
  }

  /** The hash of the state that the machine should have. */
  get wanted(): string | undefined {
    return this.#wanted;
  }

  get failures(): readonly Diagnostic[] {
    const { outcome, failures } = this.#report ?? { outcome: 'applied', failures: [] };
    return outcome === 'failed' || outcome === 'reverted' ? failures : [];
  }

  /** What it sees that is no failure of its own. */
  get warnings(): readonly Finding[] {
    return this.#warnings;
  }

  /** The revision that the machine confirmed last, over this connection or before. */
  get confirmed(): number | undefined {
    return this.#confirmed?.rev;
  }

  /** Whether what it confirmed is what it should have. */
  get isConfirmed(): boolean {
    return this.#wanted !== undefined && this.#confirmed?.hash === this.#wanted;
  }

  /** Whether it has been told nothing that it has not done. */
  get isCurrent(): boolean {
    if (this.#wanted === undefined || this.isConfirmed) return true;
    return this.#report?.outcome === 'applied' && this.#report.hash === this.#wanted;
  }

  /** As others see it; `isAsked`: it is about to be told something. */
  card(isAsked: boolean): Card {
    const { identity, program, install, seen } = this.hello;
    const { confirmed } = this;
    return {
      identity,
      boot: seen.boot,
      address: this.wire.address,
      own: this.wire.own,
      since: this.since,
      program,
      ...(install && { install }),
      ...(this.upgrade && { upgrade: this.upgrade }),
      ...(confirmed !== undefined && { confirmed }),
      isConfirmed: this.isConfirmed && !isAsked,
      isCurrent: this.isCurrent && !isAsked,
      lacks: this.#lacks,
      isQuarantined: this.quarantined !== undefined,
      ...(this.paused !== undefined && { paused: this.paused }),
      failures: this.failures,
      ...(this.answersProbes && { probes: true }),
      tries: this.trials?.version ?? 0,
      ...(this.#warnings.length > 0 && { warnings: this.#warnings }),
    };
  }

  /** It says how its tunnels are, services or segments. */
  hear(message: Telling, now: number): void {
    if (message.type === 'segments') this.segments = new Map(Object.entries(message.segments));
    else if (message.type === 'samples') this.samples.hear(message, now);
    else this.looks.hear(message, now);
  }

  heard(report: StateReport): void {
    this.#report = report;
    if (report.outcome === 'confirmed') this.#confirmed = report;
    if (report.outcome === 'waiting') this.#known = undefined;
    if (report.outcome !== 'reverted') return;
    this.#known = undefined;
    this.quarantined = report.hash;
  }

  /**
   * A person on the machine let it try again what it took back, and it is so now. `tookBack`: it said of the
   * present revision, perhaps over an earlier connection, that it went back from it.
   */
  hasOvercome({ outcome, hash }: StateReport, tookBack: boolean): boolean {
    const isBack = hash === this.quarantined || (tookBack && hash === this.#wanted);
    if (outcome !== 'confirmed' || !isBack) return false;
    this.quarantined = undefined;
    return true;
  }

  saw({ paused, handshakes = [], warnings }: Saw): void {
    if (warnings) this.#warnings = warnings;
    for (const key of handshakes) this.handshakes.add(key);
    if (paused !== undefined) this.paused = paused ?? undefined;
  }

  /** Whether all of what this network wants of the machine is there and confirmed. */
  hasConfirmed(basis: number): boolean {
    const isNewest = this.#known?.basis === basis && this.#known.hash === this.#wanted;
    return isNewest && this.isConfirmed && this.failures.length === 0;
  }

  /** The agent's machine is as it was under this network, whatever revision it has. */
  carryOver(before: number, after: number): boolean {
    if (this.#known?.basis !== before || this.#known.hash !== this.#wanted) return false;
    this.#known = { ...this.#known, basis: after };
    return true;
  }

  /** What there is to ask before something can be sent. */
  get wants(): StateWanted {
    return { machine: this.machine, supports: this.hello.supports, has: this.#known };
  }

  /**
   * Sends what makes the agent's state into the one of a network, as it was answered for `has`. `name`: tell
   * it also where it has the right one already, which confirms that. False: what the agent has is
   * something else by now, and nothing was sent.
   */
  async send(
    { hash, lacks, type, text }: StateAnswer,
    { has, basis, name }: Asked,
  ): Promise<boolean> {
    if (has !== this.#known) return false;
    this.#wanted = hash;
    this.#lacks = lacks;
    if (lacks.length > 0 || this.quarantined === hash) return true;
    this.#known = { hash, basis };
    if (type !== 'current' || name === 'always') await this.wire.sendText(type, text);
    return true;
  }
}
