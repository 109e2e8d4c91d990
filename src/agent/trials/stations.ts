import type { Question, Tried } from '#api';
import type { Pair } from '../segments/asking.ts';
import { said } from './outcome.ts';
import type { Site } from './trials.ts';

type Station = Extract<Question, { readonly kind: 'station' }>;

const isStation = (question: Question): question is Station => question.kind === 'station';
const pairOf = ({ mac, address }: Station): Pair => [mac, address];

/**
 * Machines that are asked for on the port of a segment, by ARP or neighbour discovery, as the gateway itself asks for those that
 * were silent for long: all of a segment at once, since each takes its time.
 */
export class Stations {
  readonly #bySpace: ReadonlyMap<string, readonly Station[]>;
  readonly #within: number;
  readonly #site: Pick<Site, 'answering'>;
  readonly #asked = new Map<string, Promise<readonly Pair[]>>();

  constructor(questions: readonly Question[], within: number, site: Pick<Site, 'answering'>) {
    this.#bySpace = Map.groupBy(questions.filter(isStation), ({ space }) => space);
    this.#within = within;
    this.#site = site;
  }

  async outcomeOf({ space, mac, address }: Station): Promise<Pick<Tried, 'outcome' | 'error'>> {
    try {
      const found = await this.#answersIn(space);
      const isThere = found.some(([one, of]) => one === mac && of === address);
      return { outcome: isThere ? 'answered' : 'silent' };
    } catch (error) {
      return { outcome: 'refused', error: said(error) };
    }
  }

  /** While they are asked for, the kernel is in doubt of them. */
  async areAsked(space: string): Promise<void> {
    await this.#asked.get(space)?.catch(() => undefined);
  }

  #answersIn(space: string): Promise<readonly Pair[]> {
    const pairs = (this.#bySpace.get(space) ?? []).map(pairOf);
    const asked = this.#asked.get(space) ?? this.#site.answering(space, pairs, this.#within);
    this.#asked.set(space, asked);
    return asked;
  }
}
