import { setTimeout as sleep } from 'node:timers/promises';
import type { Hello } from '#api';
import type { Network } from '../network/network.ts';
import type { StoredMachine } from '../store/contract.ts';
import { mayBeCalled } from './called.ts';
import { cannotSay } from './dismiss.ts';
import type { HubComponents } from './hub.ts';
import type { Wire } from './wire.ts';

/** ms from one look into the store to the next. */
const every = 1_000;

/**
 * Who joined at another server, and is not known here yet, or by the name before: what that one wrote may come after its agent. However
 * many come whom nobody knows, the store is asked for all of them at once, and no more than once a second.
 */
export class Newcomers {
  readonly #network: Network;
  readonly #components: Pick<HubComponents, 'store' | 'log'>;
  #asked = new Set<string>();
  #look: Promise<void> | undefined;
  #last = Number.NEGATIVE_INFINITY;

  constructor(network: Network, components: Pick<HubComponents, 'store' | 'log'>) {
    this.#network = network;
    this.#components = components;
  }

  /** Resolves when whoever joined before is known here; false: that could not be read, and he was told. */
  async settled(hello: Hello, wire: Wire): Promise<boolean> {
    if (this.#isKnown(hello)) return true;
    this.#asked.add(hello.identity);
    this.#look ??= this.#lookLater();
    try {
      await this.#look;
      return true;
    } catch (error) {
      await cannotSay(this.#network.name, this.#components.log, error, wire);
      return false;
    }
  }

  /** Whether it is known by the name that it has now. */
  #isKnown(hello: Hello): boolean {
    const name = this.#nameOf(hello.identity);
    return name !== undefined && mayBeCalled(this.#network.snapshot, name, hello);
  }

  #nameOf(identity: string): string | undefined {
    return this.#network.snapshot.byIdentity.get(identity)?.name;
  }

  async #lookLater(): Promise<void> {
    await sleep(Math.max(0, this.#last + every - performance.now()));
    const asked = this.#asked;
    // Who comes from now on may have joined after what is read.
    this.#asked = new Set();
    this.#look = undefined;
    this.#last = performance.now();
    const stored = await this.#components.store.read(async (tx) => tx.machines(this.#network.name));
    const isNews = ({ identity, name }: StoredMachine): boolean =>
      asked.has(identity) && this.#nameOf(identity) !== name;
    if (stored.some(isNews)) await this.#network.refresh();
  }
}
