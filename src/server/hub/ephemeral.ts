import type { Logger } from 'pino';
import type { Network } from '../network/network.ts';

/** How long an ephemeral machine may be away, in milliseconds: longer than a reboot. */
const away = 10 * 60_000;

export interface EphemeralInit {
  readonly log: Logger;
  readonly isHere: (identity: string) => boolean;
  /** For how many milliseconds it is known that a machine is not here. */
  readonly awayFor: (identity: string) => number;
}

/** Takes machines out that joined by an ephemeral token and went away for good. */
export class Ephemeral {
  readonly #network: Network;
  readonly #init: EphemeralInit;

  constructor(network: Network, init: EphemeralInit) {
    this.#network = network;
    this.#init = init;
  }

  /** Removes who is away for too long. One server does it, now and then. */
  async look(): Promise<void> {
    const { isHere, awayFor } = this.#init;
    const gone = [...this.#network.snapshot.machines.values()].filter(
      ({ ephemeral, identity }) => ephemeral && !isHere(identity) && awayFor(identity) > away,
    );
    for (const { identity } of gone) await this.#expire(identity);
  }

  async #expire(identity: string): Promise<void> {
    const { isHere, log } = this.#init;
    try {
      await this.#network.commit(async ({ byIdentity }, decide) => {
        const machine = byIdentity.get(identity);
        if (!machine || isHere(identity)) return undefined;
        return decide({ name: 'leave', input: machine });
      });
    } catch (error) {
      log.error({ err: error }, 'an ephemeral machine could not be removed');
    }
  }
}
