/** What is done once within `gap` ms for each thing, and for so many things at most. */
export class Seldom {
  readonly #gap: number;
  readonly #most: number;
  /** When it was done last, ms; oldest first. */
  readonly #times = new Map<string, number>();

  constructor(gap: number, most: number) {
    this.#gap = gap;
    this.#most = most;
  }

  /** Whether it was done within `gap`. */
  has(of: string): boolean {
    const at = this.#times.get(of);
    return at !== undefined && performance.now() - at < this.#gap;
  }

  /** Whether it may be done now; if so, it counts as done. */
  takes(of: string): boolean {
    const now = performance.now();
    for (const [one, at] of this.#times) {
      if (now - at < this.#gap) break;
      this.#times.delete(one);
    }
    if (this.#times.has(of) || this.#times.size >= this.#most) return false;
    this.#times.set(of, now);
    return true;
  }
}
