import type { Run } from '#host';
import type { HostState } from '#state';
import { Again } from './again.ts';
import { handshakesOf, runAt } from './show.ts';

/** ms between looks: WireGuard tells nobody. What takes longer is looked at less often. */
const gaps = { least: 200, most: 5_000 } as const;
const slower = 1.5;

/** Peers that a state watches: public keys by device. */
const watchedIn = ({ tunnels }: HostState): readonly { device: string; keys: string[] }[] =>
  Object.values(tunnels).flatMap(({ interface: device, peers }) => {
    const keys = Object.values(peers).flatMap(({ publicKey, watched }) =>
      watched ? [publicKey] : [],
    );
    return keys.length > 0 ? [{ device, keys }] : [];
  });

/** Says when there was a handshake with a peer that the network waits for. */
export class Handshakes {
  readonly #run: Run;
  readonly #tell: (keys: readonly string[]) => void;
  #state: HostState | undefined;
  readonly #seen = new Set<string>();
  readonly #next = new Again(() => this.#look());
  #gap: number = gaps.least;

  constructor(run: Run, tell: (keys: readonly string[]) => void) {
    this.#run = run;
    this.#tell = tell;
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    if (this.#state === state) return;
    this.#state = state;
    const watched = new Set(watchedIn(state).flatMap(({ keys }) => keys));
    for (const key of this.#seen) if (!watched.has(key)) this.#seen.delete(key);
    this.#gap = gaps.least;
    this.#next.later(0);
  }

  /** Tells all of it once more: who answers now may not have heard it. */
  again(): void {
    if (this.#seen.size > 0) this.#tell([...this.#seen]);
  }

  stop(): void {
    this.#next.stop();
  }

  async #look(): Promise<void> {
    const state = this.#state;
    const missing = state ? watchedIn(state).map((one) => this.#missing(one)) : [];
    const awaited = missing.filter(({ keys }) => keys.length > 0);
    if (awaited.length === 0) return;
    const found = await Promise.all(awaited.map((one) => this.#shaken(one, state)));
    if (this.#state !== state || this.#next.isStopped) return;
    const news = found.flat();
    for (const key of news) this.#seen.add(key);
    if (news.length > 0) this.#tell(news);
    this.#gap = Math.min(this.#gap * slower, gaps.most);
    this.#next.later(this.#gap);
  }

  #missing({ device, keys }: { device: string; keys: readonly string[] }) {
    return { device, keys: keys.filter((key) => !this.#seen.has(key)) };
  }

  async #shaken(
    { device, keys }: { device: string; keys: readonly string[] },
    state: HostState | undefined,
  ): Promise<string[]> {
    const run = state ? runAt(this.#run, state, device) : this.#run;
    const handshakes = await handshakesOf(run, device);
    return keys.filter((key) => (handshakes.get(`${device} ${key}`) ?? 0) > 0);
  }
}
