import type { Logger } from 'pino';
import type {
  FromAgent,
  Hello,
  SamplesReport,
  TrustMessage,
  TunnelHistory,
  UpgradeReport,
} from '#api';
import { serverErrors } from '../errors.ts';
import type { Handshakes } from '../health/handshakes.ts';
import { type Range, Recorder } from '../history/recorder.ts';
import { sharedHistory } from '../history/shared.ts';
import type { Compiler } from '../network/compiler.ts';
import type { Changed, Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { Presence } from '../presence/presence.ts';
import { Sharing } from '../presence/sharing.ts';
import type { Here } from '../presence/words.ts';
import type { Store } from '../store/contract.ts';
import { answerTo } from './answer.ts';
import { Attendance } from './attendance.ts';
import { mayBeCalled } from './called.ts';
import { Clones } from './clones.ts';
import { Connection, type Heard, isTelling, type Telling } from './connection.ts';
import { dismiss } from './dismiss.ts';
import { Ephemeral } from './ephemeral.ts';
import { Findings } from './findings.ts';
import { leave } from './leave.ts';
import { Newcomers } from './newcomers.ts';
import { Orders } from './orders.ts';
import { States } from './states.ts';
import { type Present, Whereabouts } from './whereabouts.ts';
import type { Wire } from './wire.ts';

/** Where agents find the servers, and by what they know them. */
export interface Trust {
  readonly servers: readonly string[];
  readonly authorities: readonly string[];
}

export interface HubComponents {
  readonly store: Store;
  readonly compiler: Compiler;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly trust: () => Trust;
  readonly presence: Presence;
}

/** Connections that are dead and were never closed are found within twice this, in milliseconds. */
const beatEvery = 30_000;

/** The connected agents of one network. */
export class Hub {
  readonly network: Network;
  readonly #components: HubComponents;
  readonly #findings: Findings;
  /** By identity: names may change. */
  readonly #connections = new Map<string, Connection>();
  readonly #newcomers: Newcomers;
  readonly #clones: Clones;
  readonly #states: States;
  readonly #whereabouts: Whereabouts;
  readonly #attendance: Attendance;
  readonly #sharing: Sharing;
  readonly orders: Orders;
  readonly #ephemeral: Ephemeral;
  readonly #heart: NodeJS.Timeout;
  /** How the tunnels went. */
  readonly recorder: Recorder;
  readonly handshakes: Handshakes;
  readonly #began = performance.now();
  readonly #onNews = new Set<() => void>();
  readonly #onTold = new Set<(what: Telling['type']) => void>();

  constructor(network: Network, handshakes: Handshakes, components: HubComponents) {
    this.network = network;
    this.handshakes = handshakes;
    this.#components = components;
    this.recorder = new Recorder(network.name, components);
    this.#findings = new Findings(network, components);
    this.#states = new States(network, components, (identity) => this.#changed(identity));
    this.#newcomers = new Newcomers(network, components);
    this.#clones = new Clones({
      network,
      components,
      findings: this.#findings,
      of: (identity) => this.#connections.get(identity),
      changed: (identity) => this.#changed(identity),
    });
    this.#whereabouts = new Whereabouts({
      ...{ network, presence: components.presence, connections: this.#connections },
      ...{ states: this.#states, clones: this.#clones },
    });
    const isHere = (identity: string): boolean => this.present(identity) !== undefined;
    this.#attendance = new Attendance(components.clock, isHere);
    const awayFor = (identity: string): number => this.#awayFor(identity);
    this.#ephemeral = new Ephemeral(network, { log: components.log, isHere, awayFor });
    this.orders = new Orders({
      network: network.name,
      presence: components.presence,
      of: (identity) => this.#connections.get(identity),
      send: (connection) => this.#states.send(connection, 'always'),
      changed: (identity) => this.#changed(identity),
    });
    this.#sharing = new Sharing({
      network: network.name,
      ...components,
      own: this.#connections,
      nameOf: (identity) => network.snapshot.byIdentity.get(identity)?.name,
      onTold: (what) => this.#wasTold(what),
    });
    this.#heart = setInterval(() => this.#beat(), beatEvery).unref();
    network.onChange((...news) => this.#publish(...news));
    components.presence.add(network.name, {
      revision: () => network.snapshot.stored.revision.number,
      identities: () => this.#connections.keys(),
      card: (identity) => this.#whereabouts.card(identity),
      lives: async (identity, boot) => this.#clones.lives(identity, boot),
      met: (elsewhere) => void this.#clones.met(elsewhere),
      cloned: (identity, address) => this.#clones.note(identity, address),
      seen: () => this.#attendance.absent,
      joined: () => this.#sharing.noteAll(),
      moved: (here) => this.#moved(here),
      told: (missed) => this.#sharing.heard(missed),
      shaken: () => handshakes.heard(),
      answer: async (asked) => answerTo(asked, this.recorder, this.#connections),
      carried: () => this.recorder.total.own(components.clock().getTime() / 1000),
      carriedElsewhere: (server, carried) => this.recorder.total.addElsewhere(server, carried),
      retry: (identity) => void this.orders.retryHere(identity),
      upgrade: (identity, order) => void this.orders.upgradeHere(identity, order),
    });
  }

  get now(): Date {
    return this.#components.clock();
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Where an identity is connected; the newest place, while it moves from one to another. */
  present(identity: string): Present | undefined {
    return this.#whereabouts.present(identity);
  }

  /** What of that counts for its tunnels. */
  standing(identity: string): ReturnType<Whereabouts['standing']> {
    return this.#whereabouts.standing(identity);
  }

  /** Whether an agent that is connected, here or elsewhere, answers: a connection may stand and be dead. */
  async lives(identity: string): Promise<boolean> {
    const { presence } = this.#components;
    const connection = this.#connections.get(identity);
    if (connection) return this.#clones.lives(identity, connection.hello.seen.boot);
    const elsewhere = presence.find(this.network.name, identity);
    return elsewhere !== undefined && presence.lives(this.network.name, elsewhere);
  }

  /** What an agent that is connected, here or elsewhere, says of its tunnels, and of services. */
  heardFrom(identity = ''): Heard | undefined {
    const { here, elsewhere } = this.#whereabouts.placeOf(identity);
    return elsewhere ? this.#sharing.of(elsewhere) : here;
  }

  /** How a tunnel went, by all that its ends say, to whichever server. */
  async historyOf(a: string, b: string, range: Range): Promise<TunnelHistory> {
    const { network, recorder } = this;
    return sharedHistory({ network, recorder, presence: this.#components.presence }, [a, b], range);
  }

  /** When an identity was last seen, RFC 3339; undefined: not since this server started. */
  lastSeen(identity: string): string | undefined {
    const seen = this.#attendance.of(identity);
    return seen === undefined ? undefined : new Date(seen).toISOString();
  }

  /** Told when an agent came, went or said something, here or elsewhere, but for what `onTold` tells. */
  onNews(listener: () => void): void {
    this.#onNews.add(listener);
  }

  /** Told when an agent said how its tunnels are, services that it looks at, or segments. */
  onTold(listener: (what: Telling['type']) => void): void {
    this.#onTold.add(listener);
  }

  /** Whether an agent here has confirmed the state that its machine should have now, all of it. */
  hasConfirmed(identity: string): boolean {
    const connection = this.#connections.get(identity);
    if (!connection || this.#states.isAsked(connection)) return false;
    return connection.hasConfirmed(this.network.snapshot.basis);
  }

  /** Whether an agent here has shaken hands with a watched peer of that public key. */
  hasShaken(identity: string, publicKey: string | undefined): boolean {
    if (publicKey === undefined) return false;
    return this.#connections.get(identity)?.handshakes.has(publicKey) ?? false;
  }

  /** What was seen for a change of keys that is over counts for no other one. */
  forgetHandshakes(identity: string): void {
    this.#connections.get(identity)?.handshakes.clear();
  }

  #changed(identity: string): void {
    this.#components.presence.changed(this.network.name, identity);
    for (const listener of this.#onNews) listener();
  }

  /** At another server. */
  #moved(here: Partial<Here> = {}): void {
    this.#attendance.moved(here);
    for (const listener of this.#onNews) listener();
  }

  #wasTold(what: Telling['type']): void {
    for (const listener of this.#onTold) listener(what);
  }

  /** Of what this server has seen itself and heard from others without a break. */
  #awayFor(identity: string): number {
    const watched = performance.now() - Math.max(this.#began, this.#components.presence.since);
    return Math.min(watched, this.#attendance.unseenFor(identity));
  }

  #beat(): void {
    for (const { wire } of this.#connections.values()) wire.beat();
    this.#attendance.look(this.network.snapshot.byIdentity);
    if (this.#components.store.peers.leads) void this.#ephemeral.look();
  }

  /** Takes an agent whose hello was proven; undefined if it was refused. */
  async admit(hello: Hello, wire: Wire): Promise<Connection | undefined> {
    if (!(await this.#newcomers.settled(hello, wire))) return undefined;
    if (await this.#clones.refused(hello, wire)) return undefined;
    // Nothing is waited for from here on: who is removed meanwhile would not be told.
    const record = this.network.snapshot.byIdentity.get(hello.identity);
    if (!record) {
      await this.#dismiss(hello.identity, wire);
      return undefined;
    }
    if (!mayBeCalled(this.network.snapshot, record.name, hello)) {
      const error = serverErrors.error('server/other-name', { name: hello.machine });
      await wire.refuse({ error });
      return undefined;
    }
    const since = this.#components.clock().toISOString();
    const connection = new Connection(record.name, hello, wire, since);
    this.#connections.get(hello.identity)?.wire.close();
    this.#connections.set(hello.identity, connection);
    this.#attendance.note(hello.identity);
    this.#changed(hello.identity);
    this.#findings.seen(record, hello);
    await this.#greet(connection);
    return connection;
  }

  heard(connection: Connection, message: Exclude<FromAgent, Hello>): void {
    if (isTelling(message)) {
      connection.hear(message, performance.now());
      if (message.type === 'samples') this.#heardSamples(connection.machine, message);
      this.#sharing.note(connection.hello.identity, message.type);
      this.#wasTold(message.type);
      return;
    }
    if (message.type === 'tried') return connection.trials?.hear(message);
    if (message.type === 'report') {
      connection.heard(message);
      const tookBack = this.#findings.tookBack(connection);
      if (connection.hasOvercome(message, tookBack)) this.#findings.overcome(connection);
      this.#findings.reported(connection, message);
      if (message.outcome === 'waiting') this.#states.send(connection, 'always');
      if (message.withAct === true) this.#states.name(connection, message.hash);
    } else if (message.type === 'seen') {
      connection.saw(message);
      this.#findings.warned(connection, message.warnings ?? []);
      const record = this.network.snapshot.byIdentity.get(connection.hello.identity);
      if (record) this.#findings.seen(record, { keys: message.keys, seen: { mtu: message.mtu } });
    } else if (message.type === 'drift') this.#findings.drifted(connection, message);
    else if (message.type === 'upgrade') this.#upgraded(connection, message);
    else leave(this.network, this.#components.log, connection.hello.identity, message);
    this.#changed(connection.hello.identity);
  }

  #heardSamples(machine: string, { peers, series }: SamplesReport): void {
    this.handshakes.hear(machine, peers);
    if (!series) return;
    this.recorder.hear(machine, series, this.network.snapshot);
    this.#sharing.carried();
  }

  gone(connection: Connection): void {
    const { identity } = connection.hello;
    connection.trials?.end();
    if (this.#connections.get(identity) !== connection) return;
    this.#connections.delete(identity);
    this.#clones.forget(identity);
    this.#states.forget(connection);
    this.#attendance.note(identity);
    this.#changed(identity);
  }

  /** Something went wrong with one agent; the others are served on. */
  failed(error: unknown): void {
    this.#components.log.error(
      { err: error, network: this.network.name },
      'an agent was not served',
    );
  }

  /** Before a retry is stored: what is not stored yet may not come after it. */
  forgive(identity: string): void {
    this.#findings.forgive(identity);
  }

  /** Tells all agents whom to trust from now on: the next authority long before it is needed. */
  announceTrust(): void {
    for (const { wire } of this.#connections.values()) void wire.send(this.#trust());
  }

  #trust(): TrustMessage {
    const { servers, authorities } = this.#components.trust();
    return { type: 'trust', servers: [...servers], authorities: [...authorities] };
  }

  /** How an upgrade ended is remembered where the agent is connected now, and audited. */
  #upgraded(connection: Connection, { type: _, ...upgrade }: UpgradeReport): void {
    connection.upgrade = upgrade;
    if (upgrade.outcome !== 'working') this.#findings.upgraded(connection, upgrade);
  }

  /** Resolves when what agents reported is stored. */
  async close(): Promise<void> {
    clearInterval(this.#heart);
    for (const { wire } of this.#connections.values()) wire.close();
    const parts = [this.#findings, this.recorder, this.#sharing, this.handshakes];
    await Promise.all(parts.map(async (part) => part.close()));
  }

  async #greet(connection: Connection): Promise<void> {
    const { snapshot } = this.network;
    const record = snapshot.byIdentity.get(connection.hello.identity);
    // Always: it may have been thawed while the agent was away, and an agent takes it as the answer
    // to its hello where no state is due.
    const { frozen } = snapshot.stored;
    await connection.wire.send({ type: 'freeze', frozen });
    await connection.wire.send(this.#trust());
    if (record?.enrolment === 'pending') await connection.wire.send({ type: 'pending' });
    // Also to who took it back: the agent knows which act that was, and whether this is a later one.
    this.#states.send(connection, 'always');
  }

  #dismiss(identity: string, wire: Wire): Promise<void> {
    return dismiss(this.network.name, this.#components, identity, wire);
  }

  #publish(after: Snapshot, before: Snapshot, changed: Changed): void {
    this.#components.presence.changed(this.network.name);
    const thawed = before.stored.frozen && !after.stored.frozen;
    for (const connection of this.#connections.values()) {
      const record = after.byIdentity.get(connection.hello.identity);
      if (!record) {
        void this.#dismiss(connection.hello.identity, connection.wire);
        continue;
      }
      const known = before.byIdentity.get(connection.hello.identity);
      connection.rename(record.name);
      if (after.stored.frozen !== before.stored.frozen) {
        void connection.wire.send({ type: 'freeze', frozen: after.stored.frozen });
      }
      const isAsBefore =
        known?.name === record.name &&
        known.enrolment === record.enrolment &&
        !thawed &&
        changed?.has(record.name) === false;
      if (isAsBefore && connection.carryOver(before.basis, after.basis)) continue;
      if (isAsBefore && after.basis === before.basis) continue;
      this.#states.send(connection, 'changes');
    }
    this.#states.goOn();
  }
}
