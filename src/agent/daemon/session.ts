import {
  type DeltaMessage,
  type Finding,
  type LeaveMessage,
  type ToAgent,
  type TryMessage,
  triesUnnamed,
  type UpgradeMessage,
  type UpgradeReport,
} from '#api';
import { canonicalJson, type HawserError, plainFinding, Secret } from '#base';
import { applyDelta, facilityVersions, type HostState, hashState, parseHostState } from '#state';
import type { Greeting } from '../channel/connection.ts';
import { dial } from '../channel/dial.ts';
import { Link } from '../channel/link.ts';
import type { Enrolment } from '../enrolment.ts';
import { agentErrors } from '../errors.ts';
import { tryAll } from '../trials/trials.ts';
import type { Leaving } from './control.ts';
import { explained, findingsIn, list, messagesOf } from './findings.ts';
import { actIn, nameOf } from './kept.ts';
import { type Leases, leasesIn } from './leases.ts';
import type { Look } from './look.ts';
import type { Machine } from './machine.ts';
import { Outbox } from './outbox.ts';
import type { Holding } from './surroundings.ts';
import { Upkeep } from './upkeep.ts';
import { Way } from './way.ts';

/** ms until a server that is said to be somewhere must have answered. */
const dialPatience = 5_000;

type Wanted = Extract<ToAgent, { readonly type: 'state' | 'delta' }>;

/** What a person is told about one network. */
export interface SessionStatus extends Holding {
  readonly network: string;
  readonly machine: string;
  readonly servers: readonly string[];
  readonly connected: boolean;
  /** It waits to be let in. */
  readonly pending: boolean;
  /** Why there is no connection. */
  readonly unreachable?: Finding;
  /** Of its DHCP servers in segments; absent: it has none. */
  readonly leases?: readonly Leases[];
}

/** One network of this machine: what its server says and is told. */
export class Session {
  readonly network: string;
  readonly #machine: Machine;
  readonly #upkeep: Upkeep;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #way: Way;
  #enrolment: Enrolment;
  #pending = false;
  /** Until when the machine was paused when it last greeted a server. */
  #greetedAs: string | undefined;
  /** Reads once more what could not be kept, for want of room. */
  #readAgain: (() => void) | undefined;
  #goodbye: LeaveMessage | undefined;
  #unreachable: Finding | undefined;

  constructor(machine: Machine, enrolment: Enrolment) {
    this.network = enrolment.network;
    this.#machine = machine;
    this.#enrolment = enrolment;
    this.#link = new Link({
      enrolment: () => this.#enrolment,
      identity: machine.identity,
      greeting: () => this.#greeting(),
      hurry: () => this.#upkeep.isAtRisk,
      events: {
        answered: (began) => this.#surviving(() => this.#answered(began)),
        message: (message) => this.#surviving(() => this.#hear(message)),
        lost: (reason) => this.#lost(reason),
      },
    });
    this.#way = new Way(machine.run);
    this.#outbox = new Outbox((message) => this.#link.send(message));
    this.#upkeep = new Upkeep(machine, enrolment.network, {
      path: () => this.#link.path,
      prove: () => this.#link.renew(),
      tell: (message) => this.#outbox.put(message),
      sample: (message) => this.#link.send(message),
    });
  }

  isOf(enrolment: Enrolment): boolean {
    return canonicalJson(enrolment) === canonicalJson(this.#enrolment);
  }

  /** Makes the machine what was confirmed last, and connects; does not wait for either. */
  start(): void {
    this.#upkeep.start();
    this.#link.renew();
  }

  async stop(): Promise<void> {
    this.#link.stop();
    await this.#upkeep.stop();
  }

  /** Something may have changed on the way to the server: if so it is asked for a sign of life. */
  async check(): Promise<void> {
    if (await this.#way.isAnother(this.#link.remote)) this.#link.check();
  }

  /** Connects at once if there is no connection, however long it was to wait. */
  reconnect(): void {
    if (!this.#link.isConnected) this.#link.renew();
  }

  /** Looks, and does what is to be done. */
  kick(): Promise<Look> {
    this.#readAgain?.();
    return this.#upkeep.kick();
  }

  #say(line: string): void {
    this.#machine.log(`${this.network}: ${line}`);
  }

  /** A disk that is full, say, must not end the agent: what is in memory holds, and is written later. */
  #surviving(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#say(explained(error));
    }
  }

  #greeting(): Greeting {
    const { pause, start, version, upgrades } = this.#machine;
    const upgrade = upgrades.last(this.network);
    const { held, confirmed, mtu, keys } = this.#upkeep;
    this.#greetedAs = pause.until;
    return {
      program: version,
      ...(upgrades.install && { install: upgrades.install }),
      ...(upgrade && { upgrade }),
      supports: { ...facilityVersions, probes: 1, tries: triesUnnamed },
      ...(held && { has: nameOf(held) }),
      ...(confirmed && { confirmed: nameOf(confirmed) }),
      keys,
      seen: { boot: start, ...(mtu !== undefined && { mtu }) },
      ...(pause.until !== undefined && { paused: pause.until }),
    };
  }

  #answered(began: number): void {
    if (this.#unreachable) this.#say('connected');
    this.#unreachable = undefined;
    void this.check();
    // What was said since the greeting went to the server over the connection before, which knew it better.
    if (this.#machine.pause.until !== this.#greetedAs) this.#tellPause();
    this.#upkeep.answered(began);
    this.#machine.upgrades.answered(this.network);
    this.#outbox.flush();
    if (this.#goodbye) this.#link.send(this.#goodbye);
  }

  #lost(reason: HawserError): void {
    if (this.#unreachable?.message !== reason.message) this.#say(reason.message);
    this.#unreachable = plainFinding(reason);
  }

  #hear(message: ToAgent): void {
    switch (message.type) {
      case 'state':
        return this.#read(message, () => parseHostState(message.state));
      case 'delta':
        return this.#read(message, () => this.#changed(message));
      case 'current':
        this.#pending = false;
        return this.#upkeep.rename(message);
      case 'pending':
        this.#pending = true;
        return undefined;
      case 'freeze':
        return this.#upkeep.freeze(message.frozen);
      case 'trust':
        return this.#trust(message.servers, message.authorities);
      case 'retry':
        return this.#upkeep.release();
      case 'upgrade':
        return void this.#upgrade(message);
      case 'try':
        return void this.#try(message);
      case 'removed':
        this.#say('this machine was removed from the network');
        return this.#machine.forget(this.network);
      default:
        return undefined;
    }
  }

  /** Whoever asked is on the connection that there is now, or has given up. */
  async #try({ id, questions, within }: TryMessage): Promise<void> {
    const { run, agent, turns } = this.#machine;
    const { state } = this;
    const { sights } = this.#upkeep;
    const answers = await tryAll(questions, within, {
      ...{ run, state },
      answering: sights.answering,
      unnamed: sights.unnamed,
      differences: async () => (state ? turns.run(() => agent.differences(state)) : []),
    });
    this.#link.send({ type: 'tried', id, answers: [...answers] });
  }

  /** A machine that a person paused keeps its program too. */
  async #upgrade(order: UpgradeMessage): Promise<void> {
    const { servers, authorities, pin } = this.#enrolment;
    const trust = { authorities, ...(pin !== undefined && { pin }) };
    const { pause, upgrades } = this.#machine;
    const why = pause.until === undefined ? undefined : 'it is paused by a person';
    await upgrades.begin(order, { network: this.network, servers, ...trust }, why);
  }

  /** Tells the server of an upgrade, now or when there is one. */
  tell(report: UpgradeReport): void {
    this.#outbox.put(report);
  }

  /** The state that a delta leads to. @throws agent/bad-message, state/... */
  #changed({ epoch, from, fromAct, delta }: DeltaMessage): HostState {
    const base = this.#upkeep.find(from);
    if (base) {
      this.#upkeep.restsOn(from, actIn(epoch, fromAct));
      return applyDelta(base.state, delta);
    }
    throw agentErrors.error('agent/bad-message', { why: 'a delta to a state that is not here' });
  }

  /** What cannot be read is asked for as a whole, or told as failed: the machine stays as it is. */
  #read(message: Wanted, stateOf: () => HostState): void {
    const { epoch, rev, hash } = message;
    this.#readAgain = undefined;
    try {
      const state = stateOf();
      this.#require(state, hash);
      this.#putSecrets(message.secrets ?? {});
      this.#pending = false;
      this.#upkeep.offer({ epoch, rev, hash, state, ...actIn(epoch, message.act) }, message.spread);
    } catch (error) {
      const failures = [...findingsIn(error)];
      if (failures.some(({ code }) => code === 'agent/disk-full')) {
        this.#readAgain = () => this.#read(message, stateOf);
      }
      this.#say(list(`revision ${rev} cannot be read`, messagesOf(failures)));
      const outcome = message.type === 'delta' ? 'waiting' : 'failed';
      this.#outbox.put({ type: 'report', epoch, rev, hash, outcome, changes: [], failures });
    }
  }

  #putSecrets(secrets: Readonly<Record<string, string>>): void {
    const values = Object.entries(secrets).map(([id, value]) => [id, new Secret(value)] as const);
    if (values.length > 0) this.#machine.store.putSecrets(this.network, new Map(values));
  }

  /** A state must be what its sender meant, and meant for us: by a new name, perhaps. */
  #require(state: HostState, hash: string): void {
    const { network, machine } = state;
    if (hashState(state) !== hash) {
      throw agentErrors.error('agent/bad-message', { why: 'a state without its own hash' });
    }
    if (network !== this.network) {
      throw agentErrors.error('agent/bad-message', { why: `a state of the network ${network}` });
    }
    if (machine === this.#enrolment.machine) return;
    this.#say(`this machine is now called ${machine}`);
    this.#enrol({ ...this.#enrolment, machine });
  }

  /** Where a server answers that does not know it is there, it is looked for on. */
  #trust(told: readonly string[], authorities: readonly string[]): void {
    const { server } = this.#link;
    const servers = new Set([...told, ...(server === undefined ? [] : [server])]);
    this.#enrol({ ...this.#enrolment, servers: [...servers], authorities: [...authorities] });
  }

  /**
   * Looks for the servers at another place first, from now on.
   * @throws agent/wrong-server, agent/no-connection: nothing was changed
   */
  async moveTo(server: string): Promise<void> {
    const { servers, authorities, pin } = this.#enrolment;
    const trust = { authorities, ...(pin !== undefined && { pin }) };
    const socket = await dial({ server, patience: dialPatience, ...trust });
    socket.destroy();
    const others = servers.filter((other) => other !== server);
    this.#enrol({ ...this.#enrolment, servers: [server, ...others] });
    this.#link.startOver();
  }

  #enrol(enrolment: Enrolment): void {
    if (this.isOf(enrolment)) return;
    this.#enrolment = enrolment;
    this.#machine.enrolments.put(enrolment);
  }

  /** A person paused the machine, or let it go on: the server is told. */
  paused(): void {
    this.#tellPause();
    void this.kick();
  }

  #tellPause(): void {
    this.#outbox.put({ type: 'seen', paused: this.#machine.pause.until ?? null });
  }

  /** What was taken back may be tried again, and the server asked at once. */
  resume(): void {
    this.#upkeep.release();
    this.#link.renew();
  }

  /** What was refused may be tried again. */
  retry(): void {
    this.#upkeep.release();
  }

  /** Goes back to what was so before, by revisions. @throws agent/nothing-before */
  rollback(): Promise<{ readonly from: number; readonly to: number | undefined }> {
    return this.#upkeep.rollback();
  }

  /** Tells the server goodbye, on the connection there is and on every new one. */
  leave({ keepsPlace, why }: Omit<Leaving, 'network'>): void {
    this.#goodbye = { type: 'leave', ...(keepsPlace && { keepsPlace }), ...(why && { why }) };
    if (!this.#link.send(this.#goodbye)) this.renew();
  }

  /** Connects anew, whatever there is. */
  renew(): void {
    this.#link.renew();
  }

  /** What the machine should be now. */
  get state(): HostState | undefined {
    return this.#upkeep.held?.state;
  }

  status(): SessionStatus {
    const { machine, servers } = this.#enrolment;
    const connected = this.#link.isConnected;
    const leases = this.state ? leasesIn(this.#machine.stateDir, this.state) : [];
    return {
      network: this.network,
      machine,
      servers,
      connected,
      pending: this.#pending,
      ...this.#upkeep.holding(),
      ...(this.#unreachable && !connected && { unreachable: this.#unreachable }),
      ...(leases.length > 0 && { leases }),
    };
  }
}
