import type { Logger } from 'pino';
import type { PeerSample } from '#api';
import type { Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { Presence } from '../presence/presence.ts';
import type { Store } from '../store/contract.ts';
import type { Handshake } from '../store/handshakes.ts';

/** ms: until what was not known so far is stored, so that more comes with it; until all that is newer is; after a failure. */
const soon = 500;
const every = 600_000;
const retryAfter = 5_000;
/** So many are written in one transaction. */
const atOnce = 500;
/** ms that a handshake is kept of a tunnel that the file has no more: it may be put right. */
const kept = 86_400_000;

interface Known {
  /** ms since 1970. */
  readonly at: number;
  /** The same, as the store has it; -Infinity: it has none. */
  readonly stored: number;
}

export interface HandshakesInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly presence: Pick<Presence, 'shaken'>;
}

/**
 * When each two machines of a network shook hands last, by whatever either of them ever said. A device that is made anew has
 * forgotten it, and who made it anew may be the only one to ask. All of it is in memory: whoever judges asks for every tunnel
 * every second.
 */
export class Handshakes {
  readonly #network: Network;
  readonly #init: HandshakesInit;
  readonly #known = new Map<string, Known>();
  readonly #due = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #soon: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(network: Network, init: HandshakesInit) {
    this.#network = network;
    this.#init = init;
    this.#timer = setInterval(() => void this.tidy(), every).unref();
  }

  /** With what the store has. @throws as the store */
  static async open(network: Network, init: HandshakesInit): Promise<Handshakes> {
    const handshakes = new Handshakes(network, init);
    try {
      await handshakes.#read();
    } catch (error) {
      clearInterval(handshakes.#timer);
      throw error;
    }
    return handshakes;
  }

  /** A machine says how its tunnels are. */
  hear(machine: string, peers: Readonly<Record<string, PeerSample>>): void {
    const { snapshot } = this.#network;
    const now = this.#init.clock().getTime();
    for (const [peer, { handshake }] of Object.entries(peers)) {
      const key = keyOf(snapshot, machine, peer);
      if (key === undefined) continue;
      if (handshake === undefined) this.#lost(key);
      else this.#shook(key, now - handshake * 1000, now, joinedOf(snapshot, machine, peer));
    }
  }

  /** `joined`: what was before that was with somebody else of the same name. */
  #shook(key: string, at: number, now: number, joined: number): void {
    // One that is to come was written by a clock that went ahead, and says nothing.
    if (joined <= now && at < joined) return;
    const { at: before = at, stored = Number.NEGATIVE_INFINITY } = this.#known.get(key) ?? {};
    // A clock that went ahead was put right since.
    this.#known.set(key, { at: before > now ? at : Math.max(before, at), stored });
    if (!Number.isFinite(stored)) this.#store(key);
  }

  /** Nobody else has it now: it is stored to the second. */
  #lost(key: string): void {
    const known = this.#known.get(key);
    if (known && known.at > known.stored) this.#store(key);
  }

  /** When two machines shook hands last, as those that they are now; undefined: never. */
  lastOf(a: string, b: string): Date | undefined {
    const key = keyOf(this.#network.snapshot, a, b);
    const known = key === undefined ? undefined : this.#known.get(key);
    return known && new Date(known.at);
  }

  /** Another server has stored more. */
  heard(): void {
    this.#then(async () => this.#read());
  }

  #store(key: string): void {
    this.#due.add(key);
    if (!this.#isClosed) this.#soon ??= setTimeout(() => this.#writeDue(), soon).unref();
  }

  #writeDue(): void {
    this.#soon = undefined;
    const due = [...this.#due];
    this.#due.clear();
    this.#then(async () => this.#write(due));
  }

  /** One thing after the other; what fails is tried again, since all that the store lacks is known. */
  #then(work: () => Promise<void>): void {
    this.#working = this.#working.then(work).catch((error: unknown) => {
      const { log } = this.#init;
      log.error({ err: error, network: this.#network.name }, 'handshakes are not stored or read');
      if (!this.#isClosed) this.#again ??= setTimeout(() => this.#retry(), retryAfter).unref();
    });
  }

  #retry(): void {
    this.#again = undefined;
    void this.flush();
    this.heard();
  }

  async #write(keys: readonly string[]): Promise<void> {
    const { store } = this.#init;
    for (let from = 0; from < keys.length; from += atOnce) {
      const some = keys.slice(from, from + atOnce).flatMap((key): Handshake[] => {
        const { at } = this.#known.get(key) ?? {};
        return at === undefined ? [] : [{ ...partiesOf(key), at: new Date(at).toISOString() }];
      });
      await store.write(async (tx) => tx.putHandshakes(this.#network.name, some));
      this.#take(some);
    }
    if (keys.length > 0) this.#init.presence.shaken(this.#network.name);
  }

  async #read(): Promise<void> {
    const { name } = this.#network;
    this.#take(await this.#init.store.read(async (tx) => tx.handshakes(name)));
  }

  #take(all: readonly Handshake[]): void {
    const now = this.#init.clock().getTime();
    for (const one of all) {
      const key = `${one.a} ${one.b}`;
      const stored = Date.parse(one.at);
      const { at = Math.min(stored, now) } = this.#known.get(key) ?? {};
      this.#known.set(key, { at: stored > now ? at : Math.max(at, stored), stored });
    }
  }

  /** Writes all that is newer than the store has it. */
  async flush(): Promise<void> {
    this.#then(async () => {
      const newer = [...this.#known].filter(([, { at, stored }]) => at > stored);
      await this.#write(newer.map(([key]) => key));
    });
    return this.#working;
  }

  /** Writes what is newer, reads what others wrote, and forgets the tunnels that the file has no more. */
  async tidy(): Promise<void> {
    void this.flush();
    this.#then(async () => {
      await this.#read();
      await this.#forget();
    });
    return this.#working;
  }

  async #forget(): Promise<void> {
    const { store, clock } = this.#init;
    const { snapshot, name } = this.#network;
    // Where the tunnels cannot be computed now, none is forgotten.
    const pairs = await this.#network.tunnelPairs(snapshot).catch(() => undefined);
    if (!pairs) return;
    const current = new Set(pairs.map(({ machines: [a, b] }) => keyOf(snapshot, a, b)));
    const cutOff = cutOffIn(snapshot);
    const before = clock().getTime() - kept;
    const gone = [...this.#known].flatMap(([key, { at }]) => {
      const parties = partiesOf(key);
      const mayReturn = cutOff.has(parties.a) || cutOff.has(parties.b);
      return at < before && !current.has(key) && !mayReturn ? [{ key, parties }] : [];
    });
    for (const { key } of gone) this.#known.delete(key);
    if (gone.length === 0 || !store.peers.leads) return;
    const parties = gone.map((one) => one.parties);
    await store.write(async (tx) => tx.removeHandshakes(name, parties));
  }

  /** Resolves when all that is known is stored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    clearTimeout(this.#again);
    await this.flush();
  }
}

/**
 * Who a machine is, whatever its name: the identity of its agent, since its keys may be changed; without one the key by
 * which others know it. undefined: it has neither.
 */
function idOf({ machines, names }: Snapshot, name: string): string | undefined {
  const { keys, home = 0 } = names.get(name) ?? {};
  return machines.get(name)?.identity ?? keys?.[home];
}

function keyOf(snapshot: Snapshot, a: string, b: string): string | undefined {
  const [one, other] = [idOf(snapshot, a), idOf(snapshot, b)];
  if (one === undefined || other === undefined) return undefined;
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function partiesOf(key: string): { readonly a: string; readonly b: string } {
  const [a = '', b = ''] = key.split(' ');
  return { a, b };
}

/** When the later of two joined, ms since 1970. */
const joinedOf = ({ machines }: Snapshot, ...names: readonly string[]): number =>
  Math.max(
    ...names.map((name) => {
      const { joinedAt } = machines.get(name) ?? {};
      return joinedAt === undefined ? Number.NEGATIVE_INFINITY : Date.parse(joinedAt);
    }),
  );

/** Machines that have no tunnels now, and may have them again. */
const cutOffIn = (snapshot: Snapshot): ReadonlySet<string> =>
  new Set(
    [...snapshot.names.values()].flatMap(({ name, revoked }) =>
      revoked === undefined ? [] : (idOf(snapshot, name) ?? []),
    ),
  );
