import type { SegmentSample, SegmentsReport } from '#api';
import { canonicalJson } from '#base';
import type { HostState } from '#state';
import { Again } from './again.ts';
import type { Known } from './segment-samples.ts';

/** ms between looks: the first after a new state, and all later ones. */
const first = 1_000;
const every = 10_000;
/** ms between looks at what was dropped: something always is, and with many machines nft takes its time. */
const dropsEvery = 60_000;

/** What can be seen of the segments that a state says, by their namespaces. */
export interface SegmentsSeen {
  readonly known: (state: HostState) => Readonly<Record<string, Known>>;
  readonly dropped: (state: HostState) => Promise<ReadonlyMap<string, SegmentSample['dropped']>>;
}

/** Looks at the segments that a state says, and tells the server what is another than before. */
export class Segments {
  readonly #seen: SegmentsSeen;
  readonly #tell: (report: SegmentsReport) => boolean;
  readonly #next = new Again(() => this.#look());
  #state: HostState | undefined;
  /** What was known when it was to be told last; all of what was told. */
  #known = nothing;
  #told = nothing;
  /** When it was looked at what was dropped, in ms of a steady clock. */
  #dropsAt = Number.NEGATIVE_INFINITY;

  /** `tell`: false where nobody listens. */
  constructor(seen: SegmentsSeen, tell: (report: SegmentsReport) => boolean) {
    this.#seen = seen;
    this.#tell = tell;
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#dropsAt = Number.NEGATIVE_INFINITY;
    this.#next.later(first);
  }

  /** Tells all of it once more: who answers now has heard nothing. */
  again(): void {
    this.#known = nothing;
    this.#told = nothing;
    if (this.#state) this.#next.later(0);
  }

  stop(): void {
    this.#next.stop();
  }

  async #look(): Promise<void> {
    const state = this.#state;
    if (!state) return;
    this.#next.later(every);
    const known = this.#seen.known(state);
    const isOther = canonicalJson(known) !== this.#known;
    if (!isOther && performance.now() - this.#dropsAt < dropsEvery) return;
    const dropped = await this.#seen.dropped(state);
    if (this.#state !== state || this.#next.isStopped) return;
    this.#dropsAt = performance.now();
    const segments = Object.fromEntries(
      Object.entries(known).map(([name, one]) => [
        name,
        { ...one, dropped: dropped.get(name) ?? {} },
      ]),
    );
    const told = canonicalJson(segments);
    // Where nobody listens, whoever does next is told all of it.
    this.#known = canonicalJson(known);
    if (told !== this.#told && this.#tell({ type: 'segments', segments })) this.#told = told;
  }
}

const nothing = canonicalJson({});
