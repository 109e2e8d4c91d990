/** One look after another: the next that is asked for takes the place of the one that was to come. */
export class Again {
  readonly #look: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(look: () => Promise<void>) {
    this.#look = look;
  }

  /** Also for a look that is under way: what it found is of no use any more. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Looks after so many milliseconds. */
  later(delay: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), delay);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
