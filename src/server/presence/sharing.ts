import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { SegmentSample } from '#api';
import { Clearing } from '../clearing.ts';
import { serverErrors } from '../errors.ts';
import { Looks } from '../health/looks.ts';
import { Samples } from '../health/samples.ts';
import type { Connection, Heard, Telling } from '../hub/connection.ts';
import { patience, type Trying } from '../hub/trials.ts';
import type { Store } from '../store/contract.ts';
import { pack, unpack } from '../store/packed.ts';
import type { FoundTold, Told } from '../store/told.ts';
import type { Elsewhere } from './others.ts';
import type { Presence } from './presence.ts';

/** ms: until what an agent says is put, so that more comes with it; between two puts; after one that failed. */
const soon = 50;
const every = 1_000;
const retryAfter = 5_000;
/** ms until it is told how much the tunnels carried: an hour of it each time. */
const carriedEvery = 2_000;
/** So much is put at once, the rest with the next: rows, and characters of them. */
const mostRows = 500;
const mostText = 4_000_000;
/** So many rows are taken in one turn of the event loop. */
const turn = 50;
/** What servers were told that are no more is kept so long, ms. */
const kept = 3_600_000;

/** ms that a question and its answer may be on their way from server to server. */
const onTheWay = 5_000;

type What = Telling['type'];
const all: readonly What[] = ['samples', 'monitors', 'segments'];
const isWhat = (what: string): what is What => (all as readonly string[]).includes(what);

/** Of who has said nothing. */
const nothing: Pick<Heard, 'samples' | 'looks' | 'segments'> = {
  ...{ samples: new Samples(), looks: new Looks(), segments: new Map() },
};

/** What an agent told another server over one connection. */
interface Found {
  readonly server: string;
  readonly since: string;
  readonly samples?: Samples;
  readonly monitors?: Looks;
  readonly segments?: Heard['segments'];
}

export interface SharingInit {
  readonly network: string;
  readonly store: Store;
  readonly presence: Presence;
  readonly clock: () => Date;
  readonly log: Logger;
  /** Agents that are connected to this server. */
  readonly own: ReadonlyMap<string, Connection>;
  /** As the network calls it; undefined: it is not of the network. */
  readonly nameOf: (identity: string) => string | undefined;
  /** Told when agents said something to another server. */
  readonly onTold: (what: What) => void;
}

/**
 * What the agents of a network tell of their tunnels, services and segments, from server to server through the store: a row
 * for each machine and subject. It counts as long as the machine is connected to the server that put it, by that very
 * connection; so nothing old comes before what is newer. A server that has the store to itself puts nothing.
 */
export class Sharing {
  readonly #init: SharingInit;
  /** What is to be put, by identity. */
  #due = new Map<string, Set<What>>();
  readonly #found = new Map<string, Found>();
  readonly #clearing: Clearing;
  #timer: NodeJS.Timeout | undefined;
  #carrying: NodeJS.Timeout | undefined;
  #notBefore = 0;
  #putting: Promise<void> = Promise.resolve();
  #version = 0;
  #taking: Promise<void> | undefined;
  #again = false;
  #isClosed = false;

  constructor(init: SharingInit) {
    this.#init = init;
    const what = 'what servers were told that are no more';
    this.#clearing = new Clearing({ ...init, what }, async () => this.#clear());
  }

  /** An agent here said something. */
  note(identity: string, ...what: readonly What[]): void {
    if (this.#isClosed || !this.#init.presence.some) return;
    const due = this.#due.get(identity) ?? new Set<What>();
    this.#due.set(identity, due);
    for (const one of what) due.add(one);
    this.#soon(soon);
  }

  /** The tunnels carried more. */
  carried(): void {
    const { presence, network } = this.#init;
    if (this.#isClosed || !presence.some) return;
    this.#carrying ??= setTimeout(() => {
      this.#carrying = undefined;
      presence.carried(network);
    }, carriedEvery).unref();
  }

  /** Another server has come: nothing was put for it so far. */
  noteAll(): void {
    for (const identity of this.#init.own.keys()) this.note(identity, ...all);
    this.carried();
  }

  /** What an agent elsewhere says, as far as its server has put it. */
  of(elsewhere: Elsewhere): Heard {
    const { server, card } = elsewhere;
    const { identity, since, probes, tries = 0 } = card;
    const found = this.#found.get(identity);
    const told = found?.server === server && found.since === since ? found : undefined;
    return {
      samples: told?.samples ?? nothing.samples,
      looks: told?.monitors ?? nothing.looks,
      segments: told?.segments ?? nothing.segments,
      answersProbes: probes === true,
      trials: tries > 0 ? this.#trials(elsewhere, tries) : undefined,
    };
  }

  #trials({ server, card: { identity } }: Elsewhere, version: number): Trying {
    const { network, presence, nameOf } = this.#init;
    return {
      version,
      async ask(questions, within) {
        const asked = { what: 'try', network, identity, within, questions } as const;
        const wait = patience(questions.length, within) + onTheWay;
        const answer = await presence.ask(server, asked, wait);
        if (answer) return new Map(answer.map((one) => [one.id, one]));
        throw serverErrors.error('server/not-connected', { machine: nameOf(identity) ?? identity });
      },
    };
  }

  /** Others have put more; `missed`: or may have before, and the store may be without what this server put. */
  heard(missed: boolean): void {
    if (missed) {
      this.#version = 0;
      this.noteAll();
    }
    this.#takeSoon();
  }

  #takeSoon(): void {
    if (this.#isClosed) return;
    this.#again = true;
    this.#taking ??= this.#takeAll().finally(() => {
      this.#taking = undefined;
    });
  }

  async #takeAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#take().catch((error: unknown) => this.#failed(error, () => this.#takeSoon()));
    }
  }

  async #take(): Promise<void> {
    const { network, store, presence, nameOf, onTold } = this.#init;
    const asked = this.#version;
    const { told, version } = await store.read(async (tx) =>
      tx.told(network, { after: asked, except: presence.self }),
    );
    const now = performance.now();
    for (const [index, one] of told.entries()) {
      this.#keep(one, now - one.age);
      if (index % turn === turn - 1) await nextTurn();
    }
    for (const identity of this.#found.keys()) {
      if (nameOf(identity) === undefined) this.#found.delete(identity);
    }
    // Where all is to be taken once more, that was asked for meanwhile.
    if (this.#version === asked) this.#version = version;
    for (const what of new Set(told.map((one) => one.what))) if (isWhat(what)) onTold(what);
  }

  #keep({ identity, what, server, since, data }: FoundTold, at: number): void {
    if (!isWhat(what)) return;
    const known = this.#found.get(identity);
    const before = known?.server === server && known.since === since ? known : undefined;
    if (!before && known && known.since > since) return;
    this.#found.set(identity, { ...before, server, since, ...readAs(what, unpack(data), at) });
  }

  #soon(after: number): void {
    const delay = Math.max(after, this.#notBefore - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#notBefore = performance.now() + every;
      this.#putting = this.#put();
    }, delay).unref();
  }

  async #put(): Promise<void> {
    const { network, store, presence } = this.#init;
    const due = this.#due;
    this.#due = new Map();
    const told = this.#gather(due);
    if (told.length === 0) return;
    try {
      await store.write(async (tx) => tx.putTold(network, told));
      presence.told(network);
    } catch (error) {
      this.#failed(error, () => {
        for (const { identity, what } of told) this.note(identity, what as What);
      });
    }
  }

  /** As it is now; what is too much stays due. */
  #gather(due: ReadonlyMap<string, ReadonlySet<What>>): readonly Told[] {
    const { self: server } = this.#init.presence;
    const now = performance.now();
    const told: Told[] = [];
    let length = 0;
    for (const [identity, whats] of due) {
      const connection = this.#init.own.get(identity);
      if (!connection) continue;
      if (told.length >= mostRows || length >= mostText) {
        this.note(identity, ...whats);
        continue;
      }
      for (const what of whats) {
        const data = pack(keptOf(connection, what, now));
        told.push({ identity, what, server, since: connection.since, data });
        length += data.length;
      }
    }
    return told;
  }

  #failed(error: unknown, again: () => void): void {
    const { log, network } = this.#init;
    if (this.#isClosed) return;
    log.error({ err: error, network }, 'what agents tell is not told to other servers');
    setTimeout(again, retryAfter).unref();
  }

  async #clear(): Promise<void> {
    const { network, store, presence } = this.#init;
    if (!presence.some) return;
    const servers = [presence.self, ...presence.ids];
    await store.write(async (tx) => tx.trimTold(network, { older: kept, servers }));
  }

  /** Resolves when nothing is put or taken any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#carrying);
    await Promise.all([this.#putting, this.#taking, this.#clearing.close()]);
  }
}

function keptOf({ samples, looks, segments }: Connection, what: What, now: number): object {
  if (what === 'samples') return samples.kept(now);
  return what === 'monitors' ? looks.kept(now) : Object.fromEntries(segments);
}

function readAs(what: What, data: object, at: number): Partial<Found> {
  if (what === 'samples') return { samples: Samples.from(data as never, at) };
  if (what === 'monitors') return { monitors: Looks.from(data as never, at) };
  return { segments: new Map(Object.entries(data as Record<string, SegmentSample>)) };
}
