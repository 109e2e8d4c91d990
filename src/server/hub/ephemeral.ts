import type { Logger } from 'pino';
import type { Network } from '../network/network.ts';
import { left } from '../network/remove.ts';

/** How long an ephemeral machine may be away, in milliseconds: longer than a reboot. */
const away = 10 * 60_000;

/** Takes machines out that joined by an ephemeral token and went away for good. */
export class Ephemeral {
  readonly #network: Network;
  readonly #log: Logger;
  readonly #isHere: (identity: string) => boolean;
  readonly #patience: number;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(
    network: Network,
    { log }: { readonly log: Logger },
    isHere: (identity: string) => boolean,
    patience = away,
  ) {
    this.#patience = patience;
    this.#network = network;
    this.#log = log;
    this.#isHere = isHere;
    // Who went away while the server did is given its time anew.
    for (const { identity } of network.snapshot.machines.values()) this.gone(identity);
  }

  /** Its connection ended. */
  gone(identity: string): void {
    if (!this.#network.snapshot.byIdentity.get(identity)?.ephemeral) return;
    clearTimeout(this.#timers.get(identity));
    const timer = setTimeout(() => void this.#expire(identity), this.#patience).unref();
    this.#timers.set(identity, timer);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #expire(identity: string): Promise<void> {
    this.#timers.delete(identity);
    try {
      await this.#network.commit((snapshot) => {
        const machine = snapshot.byIdentity.get(identity);
        return machine && !this.#isHere(identity) ? left(snapshot, machine) : undefined;
      });
    } catch (error) {
      this.#log.error({ err: error }, 'an ephemeral machine could not be removed');
    }
  }
}
