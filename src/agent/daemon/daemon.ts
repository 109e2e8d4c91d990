import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Diagnostic, plainFinding } from '#base';
import { countingRun, type Host, linuxHost, type Run } from '#host';
import type { HostState } from '#state';
import { endAdoption } from '../adoption/end.ts';
import { Agent } from '../agent.ts';
import { type Enrolment, Enrolments } from '../enrolment.ts';
import { agentErrors } from '../errors.ts';
import { machineIdentity } from '../identity.ts';
import { type LockOptions, withLock } from '../lock.ts';
import { defaultStateFolder, Store } from '../store.ts';
import { isUnit } from '../unit.ts';
import { type Installed, installedProgram } from '../upgrade/installed.ts';
import { Upgrades } from '../upgrade/upgrades.ts';
import { Confinement } from './confinement.ts';
import { type Answers, Control, type Leaving, type Request, socketPath } from './control.ts';
import { Echo } from './echo.ts';
import { findingsIn, findingsOf, list, messagesOf } from './findings.ts';
import { defaultTimings, type Machine, type Probe, type Timings } from './machine.ts';
import { Pause } from './pause.ts';
import { Session } from './session.ts';
import { showState } from './show.ts';
import { Turns } from './turns.ts';
import { type Vxlans, Watch } from './watch.ts';

export interface DaemonOptions {
  /** Where identity, keys and states lie; /var/lib/hawser. */
  readonly stateDir?: string;
  /** Ends it; what it made on the machine stays. */
  readonly signal: AbortSignal;
  /** Of the program, as servers are told. */
  readonly version: string;
  readonly log: (line: string) => void;
  readonly host?: Host;
  /** Runs what tells of the machine; its own programs. */
  readonly run?: Run;
  /** Looks at services; absent: nobody does, and they are unknown. */
  readonly probe?: Probe;
  readonly lock?: LockOptions;
  readonly timings?: Partial<Timings>;
  /** The kernel's own name of this boot (random(4)). */
  readonly boot?: string;
  /** How the program came here; seen by where it lies. */
  readonly installed?: Installed;
}

/** ms that a server has to take a goodbye; and after which it is said again, by a new connection. */
const goodbye = 5_000;
const again = 1_000;

/** Longer than any machine lives, ms: a pause without an end. */
const forever = 100 * 365 * 86_400_000;

/** The agent of a machine: all its networks, one after another. */
class Daemon {
  readonly #machine: Machine;
  readonly #sessions = new Map<string, Session>();
  readonly #departures = new Map<string, () => void>();
  /** What a person should know of a network that was left. */
  readonly #notes = new Map<string, readonly Diagnostic[]>();
  readonly #host: Host;
  readonly echo = new Echo();

  constructor(options: DaemonOptions) {
    const stateDir = options.stateDir ?? defaultStateFolder;
    const store = new Store(stateDir);
    this.#host = options.host ?? linuxHost({ stateFolder: stateDir });
    this.#machine = {
      stateDir,
      store,
      agent: new Agent({ host: this.#host, store }),
      enrolments: new Enrolments(stateDir),
      identity: machineIdentity(stateDir),
      run: options.run ?? countingRun().run,
      probe: options.probe ?? (async () => ({ state: 'unknown' })),
      turns: new Turns(),
      echo: this.echo,
      pause: new Pause(stateDir, () => this.#pauseChanged()),
      upgrades: new Upgrades({
        stateDir,
        version: options.version,
        installed: options.installed ?? installedProgram(),
        isUnit: isUnit(stateDir),
        run: countingRun().run,
        log: options.log,
        tell: (network, report) => this.#sessions.get(network)?.tell(report),
      }),
      confinement: new Confinement({
        isUnit: isUnit(stateDir),
        run: countingRun().run,
        log: options.log,
      }),
      timings: { ...defaultTimings, ...options.timings },
      start: randomUUID(),
      boot: options.boot ?? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      version: options.version,
      log: options.log,
      forget: (network) => this.#letGo(network),
    };
  }

  /** Takes up the networks that were joined, and those joined anew. */
  async load(): Promise<void> {
    for (const network of this.#machine.enrolments.networks()) {
      const enrolment = this.#enrolmentOf(network);
      if (!enrolment || this.#sessions.get(network)?.isOf(enrolment)) continue;
      await this.#sessions.get(network)?.stop();
      const session = new Session(this.#machine, enrolment);
      this.#sessions.set(network, session);
      session.start();
    }
  }

  /** One network that cannot be read must not keep the others from running. */
  #enrolmentOf(network: string): Enrolment | undefined {
    try {
      return this.#machine.enrolments.find(network);
    } catch (error) {
      this.#machine.log(`${network}: ${messagesOf(findingsIn(error)).join('; ')}`);
      return undefined;
    }
  }

  async stop(): Promise<void> {
    this.#machine.pause.stop();
    this.#machine.upgrades.stop();
    await Promise.all([...this.#sessions.values()].map((session) => session.stop()));
    await this.#machine.turns.idle();
  }

  /** Looks at everything; says whether anything differed. */
  async look(): Promise<boolean> {
    const looks = await Promise.all([...this.#sessions.values()].map((session) => session.kick()));
    return looks.some(({ changed }) => changed);
  }

  /** Whether what the kernel tells nobody of is as it was. */
  get holds(): boolean {
    return this.#host.holds();
  }

  /** The namespaces of all networks besides the agent's own, each with its VXLAN devices. */
  spaces(): ReadonlyMap<string, Vxlans> {
    const found = new Map<string, Vxlans>();
    for (const { state } of this.#sessions.values()) {
      for (const [name, { vxlans }] of Object.entries(state?.namespaces ?? {})) {
        if (name === 'root') continue;
        const devices = (vxlans?.items ?? []).map((one) => one.name);
        found.set(name, new Set([...(found.get(name) ?? []), ...devices]));
      }
    }
    return found;
  }

  /** The kernel told of a change: it may concern what machines should be, and how servers are reached. */
  async changed(): Promise<boolean> {
    const checks = [...this.#sessions.values()].map((session) => session.check());
    const [differed] = await Promise.all([this.look(), ...checks]);
    return differed;
  }

  #session(network: string): Session {
    const session = this.#sessions.get(network);
    if (session) return session;
    throw agentErrors.error('agent/not-enrolled', { network });
  }

  /** What the machine should be in a network now. @throws agent/not-enrolled, agent/nothing-applied */
  #stateOf(network: string): HostState {
    const { state } = this.#session(network);
    if (state) return state;
    throw agentErrors.error('agent/nothing-applied', { network });
  }

  /** A server has let us go: whoever asked for that goes on. */
  #letGo(network: string): void {
    const departure = this.#departures.get(network);
    if (departure) departure();
    else void this.#forget(network);
  }

  /** Takes all of a network from this machine; where that fails, again and again. */
  async #forget(network: string): Promise<void> {
    const session = this.#sessions.get(network);
    this.#sessions.delete(network);
    await session?.stop();
    const failures = await this.#machine.turns.run(() => this.#cleanup(network));
    if (failures.length > 0) {
      this.#machine.log(list(`${network}: not all of it could be taken away`, failures));
      const later = this.#machine.timings.resync;
      setTimeout(() => void this.#forget(network), later).unref();
      return;
    }
    // A tunnel that is given back goes on with the key that it brought along.
    const wasAdopted = this.#machine.store.adoptions.find(network) !== undefined;
    await this.#finishAdoption(network);
    this.#machine.enrolments.remove(network);
    if (!wasAdopted) this.#machine.store.forgetKeys(network);
    this.#machine.log(`${network}: left`);
  }

  /** A unit that cannot be enabled is a person's affair; it is no reason to stay. */
  async #finishAdoption(network: string): Promise<void> {
    const { store, run } = this.#machine;
    this.#note(network, await endAdoption(store, network, run));
  }

  #note(network: string, notes: readonly Diagnostic[]): void {
    for (const note of messagesOf(notes.map(plainFinding)))
      this.#machine.log(`${network}: ${note}`);
    this.#notes.set(network, [...(this.#notes.get(network) ?? []), ...notes]);
  }

  async #cleanup(network: string): Promise<readonly string[]> {
    try {
      const report = await this.#machine.agent.cleanup(network);
      this.#note(network, report.notes);
      return messagesOf(findingsOf(report));
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  /**
   * Says goodbye and goes, when the server has let us or does not answer. A connection that stands may be
   * dead, as when the machine has another address: what was said on it is said on a new one.
   */
  async #leave({ network, keepsPlace, why }: Leaving): Promise<Answers['leave']> {
    this.#notes.delete(network);
    const session = this.#session(network);
    const heard = new Promise<boolean>((resolve) => {
      this.#departures.set(network, () => resolve(true));
      setTimeout(() => resolve(false), goodbye).unref();
    });
    session.leave({ keepsPlace, why });
    const doubt = setTimeout(() => session.renew(), again);
    const told = await heard;
    clearTimeout(doubt);
    this.#departures.delete(network);
    await this.#forget(network);
    return { told, notes: (this.#notes.get(network) ?? []).map(plainFinding) };
  }

  #pauseChanged(): void {
    for (const session of this.#sessions.values()) session.paused();
  }

  readonly #handlers: {
    readonly [D in Request['do']]: (
      request: Extract<Request, { readonly do: D }>,
    ) => Promise<Answers[D]>;
  } = {
    status: async () => {
      const { version, identity, pause } = this.#machine;
      return {
        version,
        pid: process.pid,
        identity: identity.publicKey,
        ...(pause.until !== undefined && { paused: pause.until }),
        networks: [...this.#sessions.values()].map((session) => session.status()),
      };
    },
    show: async ({ network }) => showState(this.#machine.run, this.#stateOf(network)),
    state: async ({ network }) => this.#stateOf(network),
    pause: async ({ seconds }) => {
      this.#machine.pause.begin(seconds === undefined ? forever : seconds * 1000);
      this.#pauseChanged();
      return { until: this.#machine.pause.until ?? '' };
    },
    resume: async () => {
      this.#machine.pause.end();
      this.#pauseChanged();
      for (const session of this.#sessions.values()) session.resume();
      return null;
    },
    rollback: async ({ network }) => {
      const { from, to } = await this.#session(network).rollback();
      return { from, ...(to !== undefined && { to }) };
    },
    move: async ({ network, server }) => {
      await this.#session(network).moveTo(server);
      return null;
    },
    reload: async () => {
      await this.load();
      // A server that did not know this machine may know it now.
      for (const session of this.#sessions.values()) session.reconnect();
      return null;
    },
    adopt: async ({ network }) => {
      const session = this.#session(network);
      const { adoptions } = this.#machine.store;
      const adoption = adoptions.find(network);
      if (!adoption)
        throw agentErrors.error('agent/nothing-adopted', { under: ` under the name ${network}` });
      adoptions.put({ ...adoption, anyway: true });
      session.retry();
      return null;
    },
    leave: async (leaving) => this.#leave(leaving),
  };

  readonly handle = async (request: Request): Promise<unknown> => {
    if (!Object.hasOwn(this.#handlers, request.do)) {
      throw agentErrors.error('agent/no-answer', { detail: 'it does not know what was asked' });
    }
    const handler = this.#handlers[request.do] as (request: Request) => Promise<unknown>;
    return handler(request);
  };
}

/**
 * Keeps this machine as its networks say until `signal` ends it, also without any server.
 * @throws agent/busy, agent/not-permitted, agent/no-identity
 */
export const runAgent = async (options: DaemonOptions): Promise<void> =>
  withLock(() => runAlone(options), options.lock);

async function runAlone(options: DaemonOptions): Promise<void> {
  const { signal, log } = options;
  const daemon = new Daemon(options);
  const path = socketPath(options.stateDir ?? defaultStateFolder);
  const control = await Control.open(path, daemon.handle);
  const watch = new Watch({
    changed: () => daemon.changed(),
    holds: () => daemon.holds,
    spaces: () => daemon.spaces(),
    echo: daemon.echo,
    log,
  });
  const resync = options.timings?.resync ?? defaultTimings.resync;
  const timer = setInterval(() => void daemon.look(), resync);
  log(`hawser agent ${options.version} runs, process ${process.pid}`);
  await daemon.load();
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
  clearInterval(timer);
  watch.stop();
  await control.close();
  await daemon.stop();
}
