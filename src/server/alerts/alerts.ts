import type { Logger } from 'pino';
import { Clearing } from '../clearing.ts';
import type { Network } from '../network/network.ts';
import type { Card } from '../presence/card.ts';
import type { Progress, Receiver } from '../store/alerts.ts';
import type { Store } from '../store/contract.ts';
import { raise } from './raise.ts';
import { deliveryOf, send, whyOf } from './send.ts';
import { isWanted } from './severity.ts';

/** ms between looks where nothing is written, and until one after something was. */
const every = 1_000;
const soon = 100;
/** Alerts that are sent together. */
const together = 50;
/** Alerts that are read at once. */
const page = 500;
/** ms until the next attempt: at first, and at most; it may be so much more or less, as a share. */
const firstPause = 5_000;
const longestPause = 900_000;
const jitter = 0.2;
/** Alerts and silences are kept so long, ms. */
const kept = 400 * 86_400_000;

export interface AlertsInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly networks: () => readonly Network[];
  /** What is known of the connection of a machine of a network. */
  readonly cardOf: (network: Network, machine: string) => Card | undefined;
}

/** What is going on with one receiver. */
interface Attempt {
  failures: number;
  /** Not before then, ms of the clock. */
  next: number;
  running: Promise<void> | undefined;
}

/**
 * Alerts whoever asked for it of what happens in networks, one server for all. What cannot be sent waits, in its order, as
 * long as it is kept; what was sent just before a server ended may come twice.
 */
export class Alerts {
  readonly #init: AlertsInit;
  readonly #timer: NodeJS.Timeout;
  readonly #clearing: Clearing;
  readonly #forget: () => void;
  readonly #attempts = new Map<string, Attempt>();
  readonly #stop = new AbortController();
  #soon: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(init: AlertsInit) {
    this.#init = init;
    this.#timer = setInterval(() => void this.look(), every).unref();
    this.#clearing = new Clearing({ ...init, what: 'old alerts' }, async (now) => this.#trim(now));
    this.#forget = init.store.onChange(() => this.#note());
  }

  #note(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.look();
    }, soon).unref();
  }

  /** Looks for what is to be told, and begins to tell it. */
  look(): Promise<void> {
    if (this.#stop.signal.aborted || !this.#init.store.peers.leads) return Promise.resolve();
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#init.log.error({ err: error }, 'no alert can be raised'))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { store, clock, networks, cardOf } = this.#init;
    for (const network of networks()) {
      const ofMachine = (machine = '') => cardOf(network, machine);
      await raise(store, network, { now: clock(), cardOf: ofMachine });
      const all = await store.read(async (tx) => tx.receivers(network.name));
      for (const receiver of all) this.#tell(receiver);
    }
  }

  /** Resolves when nothing is being sent. */
  async settled(): Promise<void> {
    await this.#looking;
    for (const { running } of this.#attempts.values()) await running;
  }

  #tell(receiver: Receiver): void {
    const key = `${receiver.network}/${receiver.name}/${receiver.made}`;
    const attempt = this.#attempts.get(key) ?? { failures: 0, next: 0, running: undefined };
    this.#attempts.set(key, attempt);
    const wait = attempt.next - this.#init.clock().getTime();
    // Of a clock that was put back nobody waits for ever.
    if (attempt.running || (wait > 0 && wait <= 2 * longestPause)) return;
    attempt.running = this.#send(receiver, attempt)
      .catch((error: unknown) => this.#init.log.error({ err: error }, 'an alert is not noted'))
      .finally(() => {
        attempt.running = undefined;
      });
  }

  /** As the receiver is now: who was just told is not told again. */
  async #send({ network, name, made }: Receiver, attempt: Attempt): Promise<void> {
    const { store, clock, log } = this.#init;
    const all = await store.read(async (tx) => tx.receivers(network));
    const receiver = all.find((one) => one.name === name && one.made === made);
    if (!receiver) return;
    const { filter } = receiver;
    let progress: Progress = receiver;
    const note = async (next: Progress): Promise<void> => {
      progress = next;
      await store.write(async (tx) => tx.noteProgress(receiver, next));
    };
    while (!this.#stop.signal.aborted) {
      const { sent } = progress;
      const next = await store.read(async (tx) => tx.alerts(network, { after: sent, limit: page }));
      const last = next.at(-1);
      if (!last) return;
      const wanted = next.filter((alert) => isWanted(filter, alert)).slice(0, together);
      if (wanted.length === 0) {
        await note({ ...progress, sent: last.seq });
        continue;
      }
      const upTo = wanted.length < together ? last.seq : (wanted.at(-1)?.seq ?? last.seq);
      const now = clock();
      try {
        const delivery = deliveryOf(receiver, wanted);
        await send(receiver, delivery, { now, stop: this.#stop.signal });
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const { failing } = progress;
        if (attempt.failures === 0)
          log.warn({ network, receiver: name, why: whyOf(error) }, 'no alert is taken; they wait');
        attempt.failures += 1;
        attempt.next = now.getTime() + pauseAfter(attempt.failures);
        const since = failing?.since ?? now.toISOString();
        const attempts = (failing?.attempts ?? 0) + 1;
        await note({ ...progress, failing: { since, attempts, why: whyOf(error) } });
        return;
      }
      if (attempt.failures > 0) log.info({ network, receiver: name }, 'alerts are taken again');
      attempt.failures = 0;
      await note({ sent: upTo, delivered: clock().toISOString() });
    }
  }

  async #trim(now: Date): Promise<void> {
    const { store, networks } = this.#init;
    const before = new Date(now.getTime() - kept).toISOString();
    for (const { name } of networks()) await store.write(async (tx) => tx.trimAlerts(name, before));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#forget();
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    await this.#clearing.close();
    await this.settled();
  }
}

const pauseAfter = (failures: number): number =>
  Math.min(longestPause, firstPause * 2 ** (failures - 1)) *
  (1 - jitter + 2 * jitter * Math.random());
