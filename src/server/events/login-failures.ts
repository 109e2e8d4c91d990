import type { Logger } from 'pino';
import type { Store } from '../store/contract.ts';

/** Failures are told together, ms after the first of them. */
const gather = 10_000;
/** So many are told by name. */
const most = 5;

export interface LoginFailuresInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly networks: () => readonly string[];
}

/** Tells every network of a server that somebody claimed to be who he is not; some times together. */
export class LoginFailures {
  readonly #init: LoginFailuresInit;
  readonly #gather: number;
  #count = 0;
  #last = '';
  readonly #who = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(init: LoginFailuresInit, gatherFor = gather) {
    this.#init = init;
    this.#gather = gatherFor;
  }

  /** `who`: how somebody is called that a provider of logins knows. */
  note(address: string, who?: string): void {
    this.#count += 1;
    this.#last = address;
    if (who !== undefined && this.#who.size < most) this.#who.add(who);
    this.#timer ??= setTimeout(() => void this.#tell(), this.#gather).unref();
  }

  async #tell(): Promise<void> {
    const { store, clock, log, networks } = this.#init;
    const times = this.#count === 1 ? 'a login failed' : `${this.#count} logins failed, the last`;
    const among = this.#who.size === 0 ? '' : `; among them ${[...this.#who].join(', ')}`;
    const text = `${times} from ${this.#last}${among}`;
    this.#who.clear();
    this.#count = 0;
    this.#timer = undefined;
    const event = { at: clock().toISOString(), kind: 'login-failed', text } as const;
    await store
      .write(async (tx) => {
        for (const network of networks()) await tx.addEvents(network, [event]);
      })
      .catch((error: unknown) => log.error({ err: error }, 'failed logins are not stored'));
  }

  async close(): Promise<void> {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    await this.#tell();
  }
}
