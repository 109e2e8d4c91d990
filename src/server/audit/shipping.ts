import type { Logger } from 'pino';
import type { Store } from '../store/contract.ts';
import { openSyslog, type Syslog } from './syslog.ts';
import { formatTarget, type Target } from './target.ts';

export interface ShippingInit {
  readonly target: Target;
  readonly store: Store;
  readonly log: Logger;
}

/** The setting that says up to which entry all were sent. */
export const shippedKey = 'audit/shipped';
/** Milliseconds between looks; also until what was sent over a connection that still lives counts as sent. */
const lookEvery = 1_000;
/** Milliseconds between notes of how far it came, and the longest between attempts. */
const noteEvery = 5_000;
const longestPause = 30_000;
/** Entries read at once. */
const page = 500;

/**
 * Sends the audit to a syslog server as it is written, beside those who write it: nobody waits. It
 * begins with what comes after it was first asked for. What could not be sent is sent later, also by
 * the next server that leads; after a break some entries come twice, which their numbers tell.
 */
export class Shipping {
  readonly #init: ShippingInit;
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;
  #looking: Promise<void> | undefined;
  #syslog: Syslog | undefined;
  /** Numbers of entries: sent, sent for sure, noted in the store. */
  #sent: number | undefined;
  #sure = 0;
  #noted = 0;
  #notedAt = 0;
  #sentAt = 0;
  #failures = 0;
  #pauseUntil = 0;

  constructor(init: ShippingInit) {
    this.#init = init;
    this.#timer = setInterval(() => void this.look(), lookEvery).unref();
    this.#forget = init.store.onChange(() => void this.look());
    void this.look();
  }

  /** Sends what is new, if this server is the one that does. */
  async look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #look(): Promise<void> {
    if (!this.#init.store.peers.leads) return this.#stop();
    if (performance.now() < this.#pauseUntil) return;
    this.#sent ??= await this.#begin();
    if (this.#syslog && !this.#syslog.lives) throw new Error('the connection was lost');
    if (performance.now() - this.#sentAt >= lookEvery) this.#sure = this.#sent;
    await this.#send();
    if (performance.now() - this.#notedAt > noteEvery) await this.#note();
  }

  async #send(): Promise<void> {
    const { store, target, log } = this.#init;
    for (;;) {
      const after = this.#sent ?? 0;
      const entries = await store.read(async (tx) => tx.audit({ after, limit: page }));
      const last = entries.at(-1);
      if (!last) return;
      this.#syslog ??= await openSyslog(target);
      await this.#syslog.send(entries);
      this.#sent = last.seq;
      this.#sentAt = performance.now();
      if (this.#failures > 0) log.info({ target: formatTarget(target) }, 'the audit is sent again');
      this.#failures = 0;
    }
  }

  /** The number to begin after: where the last one ended, else the newest. */
  async #begin(): Promise<number> {
    const { store } = this.#init;
    const known = await store.read(async (tx) => tx.setting(shippedKey));
    if (known !== undefined) {
      this.#noted = Number(known);
      return this.#noted;
    }
    return store.write(async (tx) => {
      const [newest] = await tx.audit({ limit: 1 });
      const seq = newest?.seq ?? 0;
      await tx.putSetting(shippedKey, String(seq));
      this.#noted = seq;
      return seq;
    });
  }

  async #note(): Promise<void> {
    this.#notedAt = performance.now();
    if (this.#sure <= this.#noted) return;
    const sure = this.#sure;
    await this.#init.store.write(async (tx) => tx.putSetting(shippedKey, String(sure)));
    this.#noted = sure;
  }

  #failed(error: unknown): void {
    const { log, target } = this.#init;
    if (this.#failures === 0) {
      log.warn({ err: error, target: formatTarget(target) }, 'the audit cannot be sent; it waits');
    }
    this.#syslog?.close();
    this.#syslog = undefined;
    if (this.#sent !== undefined) this.#sent = this.#sure;
    this.#pauseUntil = performance.now() + Math.min(longestPause, 500 * 2 ** this.#failures);
    this.#failures++;
  }

  /** Another server leads: it goes on from what was noted. */
  #stop(): void {
    this.#syslog?.close();
    this.#syslog = undefined;
    this.#sent = undefined;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#forget();
    await this.#looking;
    if (this.#sent !== undefined) {
      if (this.#syslog?.lives) this.#sure = this.#sent;
      await this.#note().catch(() => {});
    }
    this.#syslog?.close();
  }
}
