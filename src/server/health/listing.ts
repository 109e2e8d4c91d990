import { type TunnelState, type TunnelStatus, tunnelStates } from '#api';

/** Of each state so many are listed: a mesh has the square of its machines, and who reads the list does not. */
export const most = 10_000;

/** Those of one state. */
interface Some {
  /** JSON each. */
  readonly texts: string[];
  /** Machines that one of them belongs to, and sites that one of them leads out of. */
  readonly machines: Set<string>;
  readonly sites: Set<string>;
  leftOut: number;
}

/**
 * The tunnels of an answer, the worst first, then as they come; of each state the first so many, and further ones that are the
 * first of a machine, or the first that leads out of a site: whatever is left out, a reader knows of every machine and every
 * site which states its tunnels are in.
 */
export class Listing {
  readonly #siteOf: (machine: string) => string | undefined;
  readonly #states = new Map<TunnelState, Some>();

  constructor(siteOf: (machine: string) => string | undefined) {
    this.#siteOf = siteOf;
  }

  add(status: TunnelStatus): void {
    const some = this.#of(status.state);
    const isNews = this.#note(some, status);
    if (isNews || some.texts.length < most) some.texts.push(JSON.stringify(status));
    else some.leftOut += 1;
  }

  get texts(): readonly string[] {
    return tunnelStates.flatMap((state) => this.#states.get(state)?.texts ?? []);
  }

  /** How many of each state are not in it; undefined: all are. */
  get leftOut(): Partial<Record<TunnelState, number>> | undefined {
    const some = [...this.#states].filter(([, { leftOut }]) => leftOut > 0);
    if (some.length === 0) return undefined;
    return Object.fromEntries(some.map(([state, { leftOut }]) => [state, leftOut]));
  }

  #of(state: TunnelState): Some {
    const known = this.#states.get(state);
    if (known) return known;
    const some: Some = { texts: [], machines: new Set(), sites: new Set(), leftOut: 0 };
    this.#states.set(state, some);
    return some;
  }

  /** Whether it tells of a machine or a site what none before it did. */
  #note({ machines, sites }: Some, { ends: [a, b] }: TunnelStatus): boolean {
    const before = machines.size + sites.size;
    machines.add(a.machine).add(b.machine);
    const [one, other] = [this.#siteOf(a.machine), this.#siteOf(b.machine)];
    if (one !== other) {
      for (const site of [one, other]) if (site !== undefined) sites.add(site);
    }
    return machines.size + sites.size > before;
  }
}
