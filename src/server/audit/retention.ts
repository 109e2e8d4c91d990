import type { Logger } from 'pino';
import { Clearing } from '../clearing.ts';
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

/** Entries removed in one transaction, so that no writer waits long. */
const atOnce = 2_000;

/** Removes what an audit needs to hold no longer; how much, and from when to when, it holds instead. */
export class Retention {
  readonly #init: RetentionInit;
  readonly #clearing: Clearing;

  constructor(init: RetentionInit) {
    this.#init = init;
    this.#clearing = new Clearing({ ...init, what: 'old entries of the audit' }, async (now) => {
      while (init.store.peers.leads && (await this.#trim(now)) === atOnce);
    });
  }

  async look(): Promise<void> {
    return this.#clearing.look();
  }

  /** How many were removed. */
  async #trim(now: Date): Promise<number> {
    const { store, keep, isShipped } = this.#init;
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
    await this.#clearing.close();
  }
}
