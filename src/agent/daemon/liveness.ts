import type { Run } from '#host';
import type { Binding, HostState } from '#state';
import { handshakesOf, runAt } from './show.ts';

/** ms between looks: who moves to another tunnel is answered by the old one until then. */
const gap = 400;

const severalIn = ({ bindings }: HostState): readonly Binding[] =>
  bindings.filter(({ candidates }) => candidates.length > 1);

/** By which of several tunnels peers live: that of the newest handshake. */
export class Liveness {
  readonly #run: Run;
  readonly #changed: () => void;
  #state: HostState | undefined;
  /** Tunnels by the first prefix of a binding. */
  #choice: ReadonlyMap<string, string> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(run: Run, changed: () => void) {
    this.#run = run;
    this.#changed = changed;
  }

  /** Another map wherever a choice is another. */
  get choice(): ReadonlyMap<string, string> {
    return this.#choice;
  }

  /** The machine has this state now: as long as it leaves a choice, that is looked at again and again. */
  follow(state: HostState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#later();
  }

  /** Looks at the handshakes; says whether a choice is another than it was. */
  async look(state: HostState): Promise<boolean> {
    const several = severalIn(state);
    if (several.length === 0) return false;
    const devices = new Set(
      several.flatMap(({ candidates }) =>
        candidates.flatMap(({ tunnel }) => state.tunnels[tunnel]?.interface ?? []),
      ),
    );
    const found = await Promise.all(
      [...devices].map((one) => handshakesOf(runAt(this.#run, state, one), one)),
    );
    const handshakes = new Map(found.flatMap((of) => [...of]));
    const next = new Map(
      several.map((binding) => [keyOf(binding), newest(state, binding, handshakes)] as const),
    );
    const isOther = [...next].some(([key, tunnel]) => this.#choice.get(key) !== tunnel);
    if (isOther) this.#choice = next;
    return isOther;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || !this.#state || severalIn(this.#state).length === 0) return;
    this.#timer = setTimeout(() => void this.#again(), gap);
  }

  async #again(): Promise<void> {
    const state = this.#state;
    if (state && (await this.#isOther(state))) this.#changed();
    this.#later();
  }

  /** Without taking the choice over: who is told looks anew. */
  async #isOther(state: HostState): Promise<boolean> {
    const before = this.#choice;
    const isOther = await this.look(state);
    this.#choice = before;
    return isOther;
  }
}

/** What a choice of tunnels is kept by. */
const keyOf = ({ prefixes }: Binding): string => prefixes[0] ?? '';

/**
 * The tunnel of the newest handshake; without any the one that is tried first. WireGuard tells whole seconds: of
 * two within one, the later is that of the tunnel that peers move to.
 */
function newest(
  { tunnels }: HostState,
  { candidates }: Binding,
  handshakes: ReadonlyMap<string, number>,
): string {
  const ages = candidates
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ tunnel, peer }) => {
      const { interface: device, peers } = tunnels[tunnel] ?? {};
      return { tunnel, at: handshakes.get(`${device} ${peers?.[peer]?.publicKey}`) ?? 0 };
    });
  return ages.reduce((best, one) => (one.at > 0 && one.at >= best.at ? one : best)).tunnel;
}
