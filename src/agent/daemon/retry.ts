/** ms until what failed is tried again. */
const first = 1_000;

/** When to try again what failed: after a while that doubles up to `most`, ms. */
export class Retry {
  readonly #most: number;
  readonly #set: (after: number) => void;
  #after = first;

  constructor(most: number, set: (after: number) => void) {
    this.#most = most;
    this.#set = set;
  }

  later(): void {
    this.#set(this.#after);
    this.#after = Math.min(2 * this.#after, this.#most);
  }

  /** What comes next is something else. */
  anew(): void {
    this.#after = first;
  }
}
