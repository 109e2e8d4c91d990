import type { Logger } from 'pino';
import type { Rotation } from '#compile';
import type { Hub } from '../hub/hub.ts';
import type { Decide, Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';

/** ms to wait for more news of agents; and after which a decision that failed is made anew. */
const settle = 50;
const retryAfter = 1_000;

/** A timer may be early by a little, ms. */
const slack = 5;

/**
 * Drives a network's change of key: a phase is over when all who take part have reached it. Who has is
 * written down, so that it survives this server, and since others may have their agents at other servers.
 */
export class Rotator {
  readonly #network: Network;
  readonly #hub: Hub;
  readonly #clock: () => Date;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(
    network: Network,
    hub: Hub,
    { clock, log }: { readonly clock: () => Date; readonly log: Logger },
  ) {
    this.#network = network;
    this.#hub = hub;
    this.#clock = clock;
    this.#log = log;
    network.onChange(() => this.#soon(settle));
    hub.onNews(() => this.#soon(settle));
    this.#soon(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Decides within so many ms, if there is anything to decide. */
  #soon(delay: number): void {
    if (this.#stopped || !this.#network.snapshot.turn) return;
    const due = performance.now() + delay;
    if (due >= this.#dueAt) return;
    this.#dueAt = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#decide(), delay);
  }

  async #decide(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY;
    try {
      await this.#network.commit((snapshot, decide) => this.#next(snapshot, decide));
    } catch (error) {
      const { name: network } = this.#network;
      this.#log.error({ err: error, network }, 'a change of key does not go on');
      this.#soon(retryAfter);
    }
  }

  /** Asks for a decision where there is news. */
  async #next(snapshot: Snapshot, decide: Decide) {
    const { turn, names } = snapshot;
    if (!turn) return undefined;
    const { rotation, awaited } = turn;
    const known = new Set(rotation.reached);
    const late = awaited.filter((name) => !known.has(name));
    const reached = late.filter((name) => this.#isThere(snapshot, rotation, name));
    const isGone = !names.has(rotation.machine);
    const isOver = late.length === 0 && this.#hasLingered(rotation);
    if (reached.length === 0 && !isGone && !isOver) return undefined;
    return decide({ name: 'turn', input: { reached, at: this.#clock().toISOString() } });
  }

  #hasLingered({ phase, since, linger }: Rotation): boolean {
    if (phase !== 'linger') return true;
    const left = Date.parse(since) + linger * 1000 - this.#clock().getTime();
    if (left > 0) this.#soon(left + slack);
    return left <= 0;
  }

  /** A machine has what the phase asks for, and confirmed it; where keys are new, it shook hands. */
  #isThere({ machines, names }: Snapshot, rotation: Rotation, name: string): boolean {
    const { machine, phase, retired } = rotation;
    const identity = machines.get(name)?.identity;
    if (identity === undefined || !this.#hub.hasConfirmed(identity)) return false;
    const keys = names.get(machine)?.keys ?? {};
    const isItself = name === machine;
    switch (phase) {
      case 'prepare':
        return haveDetours(names, rotation);
      case 'detour':
        return isItself || this.#hub.hasShaken(identity, keys['1']);
      case 'rekey':
      case 'now':
        return keys['0'] !== retired;
      case 'prove':
        return isItself || this.#hub.hasShaken(identity, keys['0']);
      default:
        return true;
    }
  }
}

/** Until all have a key for the detour, nobody has been told of all. */
const haveDetours = (names: Snapshot['names'], { machine, partners, without }: Rotation): boolean =>
  [machine, ...partners]
    .filter((name) => !without.includes(name))
    .every((name) => names.get(name)?.keys?.['1'] !== undefined);
