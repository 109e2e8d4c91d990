import { apiErrors } from '#api';
import { didYouMean, HawserError } from '#base';
import { Address, Prefix } from '#ip';
import { Watch } from './events/watch.ts';
import { Handshakes } from './health/handshakes.ts';
import { Hub, type HubComponents } from './hub/hub.ts';
import { Expiry } from './network/expiry.ts';
import { Network } from './network/network.ts';
import { Rotator } from './rotation/rotator.ts';
import { TakeBack } from './take-back/take-back.ts';

interface Open {
  readonly network: Network;
  readonly hub: Hub;
  readonly rotator: Rotator;
  readonly expiry: Expiry;
  readonly takeBack: TakeBack;
  readonly watch: Watch;
}

export interface NetworksComponents extends HubComponents {
  /** Milliseconds that agents have to confirm a change. */
  readonly confirm?: number | undefined;
}

/** After a failed reading the network is read again after so many milliseconds. */
const retryAfter = 1000;

/** What is no fault of a network's file, and passes. */
const passing: ReadonlySet<string> = new Set(['server/store-unreadable', 'server/thread-ended']);
const passes = (error: unknown): boolean => error instanceof HawserError && passing.has(error.code);

/** All networks of a server, each with its agents. */
export class Networks {
  readonly #components: NetworksComponents;
  readonly #open = new Map<string, Open>();
  readonly #opening = new Map<string, Promise<void>>();
  /** Networks whose stored file this server cannot read, and why. */
  readonly #broken = new Map<string, unknown>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #unsubscribe: () => void = () => undefined;
  #lastLoss = Number.NEGATIVE_INFINITY;

  constructor(components: NetworksComponents) {
    this.#components = components;
  }

  /** Opens what the store has, and follows what others write to it. */
  async start(): Promise<void> {
    const { store, compiler } = this.#components;
    this.#unsubscribe = store.onChange((network, isOurs) => {
      // What this server wrote it has published itself.
      if (!isOurs) void this.#changed(network);
    });
    compiler.onLoss(() => {
      this.#lost();
    });
    const known = await store.read(async (tx) => tx.networks());
    for (const { network } of known) await this.open(network);
  }

  /** Whether a host is an address of the overlay of one of them. */
  areAt(host: string): boolean {
    const address = Address.tryParse(host);
    if (!address) return false;
    const overlays = this.all.flatMap(({ network }) => network.snapshot.overlay);
    return overlays.some((prefix) => Prefix.parse(prefix).contains(address));
  }

  /** Opens a network once, however many ask for it. */
  async open(name: string): Promise<void> {
    if (this.#open.has(name)) return undefined;
    const opening =
      this.#opening.get(name) ?? this.#begin(name).finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  /** A network that is broken does not keep the others from being served. */
  async #begin(name: string): Promise<void> {
    try {
      const network = await Network.open(name, this.#components);
      const handshakes = await Handshakes.open(network, this.#components);
      const hub = new Hub(network, handshakes, this.#components);
      const rotator = new Rotator(network, hub, this.#components);
      const expiry = new Expiry(network, this.#components);
      const takeBack = new TakeBack(network, hub, this.#components);
      const watch = new Watch(hub, this.#components);
      this.#open.set(name, { network, hub, rotator, expiry, takeBack, watch });
      void expiry.look();
      this.#broken.delete(name);
    } catch (error) {
      this.#components.log.error({ err: error, network: name }, 'a network cannot be served');
      this.#broken.set(name, error);
      if (passes(error)) this.#later(retryAfter, async () => this.open(name));
    }
  }

  /** @throws api/no-network, api/unavailable */
  get(name: string): Open {
    const found = this.#open.get(name);
    if (found) return found;
    const broken = this.#broken.get(name);
    if (broken !== undefined) {
      const why = broken instanceof Error ? broken.message : 'its stored file cannot be read';
      throw apiErrors.error('api/unavailable', { why });
    }
    const hint = `${didYouMean(name, [...this.#open.keys()], 'network')} `;
    throw apiErrors.error('api/no-network', { network: name, hint });
  }

  get all(): readonly Open[] {
    return [...this.#open.values()];
  }

  get broken(): readonly string[] {
    return [...this.#broken.keys()];
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { rotator, expiry, takeBack } of this.all) {
      rotator.stop();
      expiry.close();
      takeBack.close();
    }
    await Promise.all(this.all.map(async ({ watch }) => watch.close()));
    await Promise.all(this.all.map(async ({ hub }) => hub.close()));
    await Promise.all(this.all.map(async ({ network }) => network.settled()));
  }

  /** What the compiler remembered is gone: all is read anew, later where it has just been. */
  #lost(): void {
    const now = performance.now();
    const wait = now - this.#lastLoss < retryAfter ? retryAfter : 0;
    this.#lastLoss = now;
    this.#later(wait, async () => this.#changed(undefined));
  }

  #later(milliseconds: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void work();
    }, milliseconds);
    this.#timers.add(timer);
  }

  async #changed(name: string | undefined): Promise<void> {
    const names = name === undefined ? [...this.#open.keys()] : [name];
    for (const one of names) {
      // What is being opened may have been read before this change.
      const isNew = !this.#open.has(one) && !this.#opening.has(one);
      await this.open(one);
      const open = this.#open.get(one);
      if (open && !isNew) await this.#refresh(open.network);
    }
  }

  /** What cannot be read now is published to nobody, and read again later. */
  async #refresh(network: Network): Promise<void> {
    try {
      await network.refresh();
    } catch (error) {
      const { log } = this.#components;
      log.error(
        { err: error, network: network.name },
        'a network cannot be read; it stays as it is',
      );
      this.#later(retryAfter, async () => this.#refresh(network));
    }
  }
}
