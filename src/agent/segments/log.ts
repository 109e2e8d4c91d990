import type { Element } from './element.ts';

/** A part of a table: what changed from one sequence number to another. */
export interface Part {
  readonly segment: string;
  /** Random at each start of a table: numbers of another one mean nothing. */
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly put: readonly (readonly [of: string, mac: string, version: number])[];
  readonly del: readonly string[];
  /** Of a whole table, which begins at 0: another part follows. */
  readonly more?: boolean;
}

/** Elements a part has at most: a line of it stays below 64 KiB. */
export const mostInPart = 500;

/** What is gone is remembered for so many elements. */
const mostGone = 10_000;

interface Entry {
  readonly at: number;
  /** Absent: gone. */
  readonly element?: Element;
}

/** What a gateway says of one segment, so that another can go on from where it was. */
export class Log {
  readonly #segment: string;
  readonly #id: string;
  #seq = 0;
  /** Whoever knows less than this has to hear all of it. */
  #floor = 0;
  #gone = 0;
  /** In the order of their numbers. */
  readonly #entries = new Map<string, Entry>();

  constructor(segment: string, id: string) {
    this.#segment = segment;
    this.#id = id;
  }

  get segment(): string {
    return this.#segment;
  }

  get seq(): number {
    return this.#seq;
  }

  get id(): string {
    return this.#id;
  }

  /** The same, where it is not what it was. */
  note(of: string, element: Element | undefined): void {
    if (this.#entries.get(of)?.element !== element) this.put(of, element);
  }

  /** Writes down what it is now; undefined: gone. */
  put(of: string, element: Element | undefined): void {
    this.#seq++;
    const before = this.#entries.get(of);
    if (before && !before.element) this.#gone--;
    this.#entries.delete(of);
    this.#entries.set(of, { at: this.#seq, ...(element && { element }) });
    if (!element) this.#gone++;
    if (this.#gone > mostGone) this.#forget();
  }

  #forget(): void {
    for (const [of, { at, element }] of this.#entries) {
      if (element) continue;
      this.#entries.delete(of);
      this.#floor = at;
      if (--this.#gone <= mostGone / 2) return;
    }
  }

  /** What another has to hear, who was told up to a number of the table with that id. */
  since(id: string | undefined, seq: number): readonly Part[] {
    const goesOn = id === this.#id && seq >= this.#floor && seq <= this.#seq;
    if (goesOn && seq === this.#seq) return [];
    const from = goesOn ? seq : 0;
    const entries = [...this.#entries].filter(
      ([, { at, element }]) => at > from && (goesOn || element),
    );
    const parts: Part[] = [];
    for (let i = 0; i < Math.max(entries.length, 1); i += mostInPart) {
      const some = entries.slice(i, i + mostInPart);
      const isLast = i + mostInPart >= entries.length;
      parts.push({
        segment: this.#segment,
        id: this.#id,
        from: parts.at(-1)?.to ?? from,
        to: isLast ? this.#seq : (some.at(-1)?.[1].at ?? this.#seq),
        put: some.flatMap(([, { element: e }]) => (e ? [[e.of, e.mac, e.version] as const] : [])),
        del: some.flatMap(([of, { element }]) => (element ? [] : [of])),
        ...(!isLast && !goesOn && { more: true }),
      });
    }
    return parts;
  }
}
