import type { Logger } from 'pino';
import type { Store } from '../store/contract.ts';

/** ms between looks. */
const every = 1_000;
/** Under which it is kept who led last. */
const key = 'events/leader';

export interface ChangeOverInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly networks: () => readonly string[];
  /** Where this server is. */
  readonly place: () => string | undefined;
}

/** Tells every network that another of its servers does what only one has to do. */
export class ChangeOver {
  readonly #init: ChangeOverInit;
  readonly #timer: NodeJS.Timeout;
  #isKnown = false;
  #looking: Promise<void> | undefined;

  constructor(init: ChangeOverInit) {
    this.#init = init;
    this.#timer = setInterval(() => this.#look(), every).unref();
    this.#look();
  }

  #look(): void {
    const { store, log } = this.#init;
    if (!store.peers.leads) this.#isKnown = false;
    if (this.#isKnown || !store.peers.leads) return;
    this.#looking ??= this.#tell()
      .then(
        () => {
          this.#isKnown = true;
        },
        (error: unknown) => log.error({ err: error }, 'it is not stored who leads'),
      )
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #tell(): Promise<void> {
    const { store, clock, networks, place } = this.#init;
    const own = place() ?? '';
    const before = await store.read(async (tx) => tx.setting(key));
    // One that is started anew where it was has taken over from nobody.
    if (before === own) return;
    const text = `the server at ${own} has taken over from the one at ${before}`;
    const event = { at: clock().toISOString(), kind: 'failover', text } as const;
    await store.write(async (tx) => {
      await tx.putSetting(key, own);
      if (before === undefined) return;
      for (const network of networks()) await tx.addEvents(network, [event]);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
