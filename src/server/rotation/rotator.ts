import type { Logger } from 'pino';
import type { Rotation } from '#compile';
import type { Hub } from '../hub/hub.ts';
import type { Edit } from '../network/edit.ts';
import type { Decide, Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';
import { forgetOldSecrets } from '../secrets/network-secret.ts';
import { hasConfirmed, hasReached } from './progress.ts';

/** ms to wait for more news of agents; and after which a decision that failed is made anew. */
const settle = 50;
const retryAfter = 1_000;

/** A timer may be early by a little, ms. */
const slack = 5;

/** A phase that is to last: since when by its date, and until when, ms of performance.now. */
interface Linger {
  readonly since: string;
  readonly end: number;
}

/** Of a phase that began before this server did, only the dates tell what is left of it. */
function lingerFound(rotation: Rotation | undefined, now: Date): Linger | undefined {
  if (rotation?.phase !== 'linger') return undefined;
  const { since } = rotation;
  const whole = rotation.linger * 1000;
  const left = Date.parse(since) + whole - now.getTime();
  return { since, end: performance.now() + Math.min(Math.max(left, 0), whole) };
}

/**
 * Drives the changes of a network's keys: a phase is over when all who take part have reached it. Who has
 * is written down, so that it survives this server, and since others may have their agents at other servers.
 */
export class Rotator {
  readonly #network: Network;
  readonly #hub: Hub;
  readonly #clock: () => Date;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #linger: Linger | undefined;
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
    this.#linger = lingerFound(network.snapshot.turn?.rotation, clock());
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
    const { turn, preshared } = this.#network.snapshot;
    if (this.#stopped || (!turn && !preshared)) return;
    const due = performance.now() + delay;
    if (due >= this.#dueAt) return;
    this.#dueAt = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#decide(), delay);
  }

  async #decide(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY;
    try {
      await this.#network.commit((snapshot, decide) => this.#turn(snapshot, decide));
      await this.#network.commit((snapshot, decide) => this.#handOut(snapshot, decide));
    } catch (error) {
      const { name: network } = this.#network;
      this.#log.error({ err: error, network }, 'a change of keys does not go on');
      this.#soon(retryAfter);
    }
  }

  /** A machine's own key: asks for a decision where there is news. */
  async #turn(snapshot: Snapshot, decide: Decide): Promise<Edit | undefined> {
    const { turn, names } = snapshot;
    if (!turn) return undefined;
    const { rotation, awaited } = turn;
    const known = new Set(rotation.reached);
    const late = awaited.filter((name) => !known.has(name));
    const reached = late.filter((name) => hasReached(snapshot, this.#hub, rotation, name));
    if (rotation.phase === 'prepare') this.#forgetHandshakes(snapshot, reached);
    const isGone = !names.has(rotation.machine);
    const isOver = late.length === 0 && this.#hasLingered(rotation);
    if (reached.length === 0 && !isGone && !isOver) return undefined;
    const lingered = isOver ? rotation.since : undefined;
    return decide({ name: 'turn', input: { reached, at: this.#clock().toISOString(), lingered } });
  }

  /** Their states watch nobody now: whatever these said they said of a change before. */
  #forgetHandshakes({ machines }: Snapshot, names: readonly string[]): void {
    for (const name of names) this.#hub.forgetHandshakes(machines.get(name)?.identity ?? '');
  }

  /** What begins under our eyes is measured by a clock that nobody puts forward or back. */
  #hasLingered({ phase, since, linger }: Rotation): boolean {
    if (phase !== 'linger') return true;
    if (this.#linger?.since !== since) {
      this.#linger = { since, end: performance.now() + linger * 1000 };
    }
    const left = this.#linger.end - performance.now();
    if (left > 0) this.#soon(left + slack);
    return left <= 0;
  }

  /** Preshared keys: two machines use the newest when both have them. */
  async #handOut(snapshot: Snapshot, decide: Decide): Promise<Edit | undefined> {
    const { preshared } = snapshot;
    if (!preshared) return undefined;
    const { late } = preshared;
    if (late.length === 0) return endPreshared(this.#network.name, decide, 'server');
    const have = late.filter((name) => hasConfirmed(snapshot, this.#hub, name));
    return have.length > 0 ? decide({ name: 'hearPreshared', input: { have } }) : undefined;
  }
}

/** Nobody refers to older keys any more, and what they were made from is forgotten. */
export async function endPreshared(
  network: string,
  decide: Decide,
  author: string,
): Promise<Edit | undefined> {
  const edit = await decide({ name: 'endPreshared', input: { author } });
  return edit && { ...edit, also: async (tx) => forgetOldSecrets(tx, network) };
}
