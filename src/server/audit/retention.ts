import type { Logger } from 'pino';
import type { Store } from '../store/contract.ts';
import { shippedKey } from './shipping.ts';

export interface RetentionInit {
  /** Milliseconds that entries are kept. */
  readonly keep: number;
  /** Whether they are sent elsewhere: what was not sent yet stays. */
  readonly isShipped: boolean;
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
}

/**
 * How often is looked whether it is time, in milliseconds. Not at once: a clock that is wrong when its
 * machine boots has been set by then.
 */
const lookEvery = 600_000;
/** Entries removed in one transaction, so that no writer waits long. */
const atOnce = 2_000;

/** Removes what an audit needs to hold no longer; how much, and from when to when, it holds instead. */
export class Retention {
  readonly #init: RetentionInit;
  readonly #timer: NodeJS.Timeout;
  readonly #began: { readonly at: number; readonly since: number };
  #looking: Promise<void> = Promise.resolve();

  constructor(init: RetentionInit) {
    this.#init = init;
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
    this.#looking = this.#looking.then(async () => this.#trimAll());
    return this.#looking;
  }

  async #trimAll(): Promise<void> {
    const { store, log } = this.#init;
    try {
      while (store.peers.leads && (await this.#trim()) === atOnce);
    } catch (error) {
      log.error({ err: error }, 'the audit could not be shortened');
    }
  }

  /** How many were removed. */
  async #trim(): Promise<number> {
    const { store, keep, isShipped } = this.#init;
    const now = this.#now();
    const before = new Date(now.getTime() - keep).toISOString();
    return store.write(async (tx) => {
      const shipped = isShipped ? Number((await tx.setting(shippedKey)) ?? 0) : undefined;
      const upTo = shipped === undefined ? {} : { upTo: shipped };
      const removed = await tx.trimAudit({ before, limit: atOnce, ...upTo });
      if (!removed) return 0;
      const at = now.toISOString();
      await tx.addAudit({ at, actor: 'server', action: 'audit-trim', detail: removed });
      return removed.count;
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
