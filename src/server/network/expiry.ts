import type { Logger } from 'pino';
import type { Store } from '../store/contract.ts';
import type { NamedMachine } from './names.ts';
import type { Network } from './network.ts';

/** Milliseconds between looks at the clock: one that jumps is noticed. */
const lookEvery = 1000;
/** After a failure it is tried again in so many milliseconds. */
const pause = 10_000;

export interface ExpiryInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
}

/** Whether a member's time is over and nobody noticed, or it got more time. */
const isDue = ({ expires, revoked }: NamedMachine, now: string): boolean =>
  revoked === 'expired'
    ? expires === undefined || expires > now
    : revoked === undefined && expires !== undefined && expires <= now;

/** Cuts members off when their time is over. What is computed has no clock: this is it. */
export class Expiry {
  readonly #network: Network;
  readonly #init: ExpiryInit;
  readonly #timer: NodeJS.Timeout;
  readonly #stop: () => void;
  /** Members with an end, of the newest snapshot. */
  #ending: readonly NamedMachine[] = [];
  #pauseUntil = 0;
  #looking = false;

  constructor(network: Network, init: ExpiryInit) {
    this.#network = network;
    this.#init = init;
    this.#gather();
    this.#stop = network.onChange(() => {
      this.#gather();
      void this.look();
    });
    this.#timer = setInterval(() => void this.look(), lookEvery).unref();
  }

  #gather(): void {
    this.#ending = [...this.#network.snapshot.names.values()].filter(
      ({ expires, revoked }) => expires !== undefined || revoked === 'expired',
    );
  }

  /** One server does it. */
  async look(): Promise<void> {
    const { store, clock, log } = this.#init;
    const at = clock().toISOString();
    if (this.#looking || performance.now() < this.#pauseUntil || !store.peers.leads) return;
    if (!this.#ending.some((machine) => isDue(machine, at))) return;
    this.#looking = true;
    try {
      await this.#network.commit(async (_, decide) => decide({ name: 'expire', input: { at } }));
    } catch (error) {
      log.error({ err: error, network: this.#network.name }, 'members could not be cut off');
      this.#pauseUntil = performance.now() + pause;
    } finally {
      this.#looking = false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stop();
  }
}
