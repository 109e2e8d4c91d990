import type { Run } from '#host';
import type { FactName, Facts } from '../facts.ts';
import { NotKnown, whyNotKnown } from './not-known.ts';

/** A server that the user who asks is logged in at. */
export interface KnownServer {
  readonly server: string;
  readonly pin?: string;
}

/** What gatherers look with. */
export interface Sources {
  readonly stateDir: string;
  readonly run: Run;
  /** Of this program, and how it is started. */
  readonly version: string;
  readonly program: readonly string[];
  readonly known: readonly KnownServer[];
}

export type Gatherers = {
  readonly [F in FactName]: (gathering: Gathering) => Promise<Facts[F]>;
};

/** Facts of one machine at one time, each gathered once, and only if somebody asks. */
export class Gathering {
  readonly sources: Sources;
  readonly #gatherers: Gatherers;
  readonly #facts = new Map<FactName, Promise<unknown>>();

  constructor(sources: Sources, gatherers: Gatherers) {
    this.sources = sources;
    this.#gatherers = gatherers;
  }

  /** @throws NotKnown */
  get<F extends FactName>(name: F): Promise<Facts[F]> {
    const known = this.#facts.get(name) ?? this.#gather(name);
    this.#facts.set(name, known);
    return known as Promise<Facts[F]>;
  }

  async #gather(name: FactName): Promise<unknown> {
    try {
      return await this.#gatherers[name](this);
    } catch (error) {
      if (error instanceof NotKnown) throw error;
      throw new NotKnown(whyNotKnown(error), { cause: error });
    }
  }
}
