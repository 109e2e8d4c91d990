import type { Logger } from 'pino';
import type { Store } from './store/contract.ts';

/**
 * ms between looks. Not at once: a clock that is wrong when its machine boots has been set by then. And soon: a server that
 * is started anew each hour clears, too.
 */
const lookEvery = 600_000;

export interface ClearingInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
  /** What could not be removed when a look fails, in words of the log. */
  readonly what: string;
}

/** Looks again and again for what is too old, on the one of several servers that leads, and has it removed. */
export class Clearing {
  readonly #init: ClearingInit;
  readonly #remove: (now: Date) => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  readonly #began: { readonly at: number; readonly since: number };
  #looking: Promise<void> = Promise.resolve();

  constructor(init: ClearingInit, remove: (now: Date) => Promise<void>) {
    this.#init = init;
    this.#remove = remove;
    this.#began = { at: init.clock().getTime(), since: performance.now() };
    this.#timer = setInterval(() => void this.look(), lookEvery).unref();
  }

  /** A clock that is put forward makes nothing old: what was removed by mistake does not come back. */
  #now(): Date {
    const { at, since } = this.#began;
    const latest = at + performance.now() - since;
    return new Date(Math.min(this.#init.clock().getTime(), latest));
  }

  async look(): Promise<void> {
    this.#looking = this.#looking.then(async () => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { store, log, what } = this.#init;
    if (!store.peers.leads) return;
    try {
      await this.#remove(this.#now());
    } catch (error) {
      log.error({ err: error }, `${what} could not be removed`);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
