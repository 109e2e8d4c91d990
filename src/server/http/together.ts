/**
 * Makes an answer once for all who ask for it while one is being made: fifty pages that were told of the same change
 * cost two answers. Nobody gets one that was begun before he asked.
 */
export class Together<T> {
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  /** `key`: who gives the same gets the same answer. Rejects as `make` does, for all who wait for that one. */
  ask(key: string, make: () => Promise<T>): Promise<T> {
    const waiting = this.#next.get(key);
    if (waiting) return waiting;
    const running = this.#running.get(key);
    return running ? this.#after(running, key, make) : this.#run(key, make);
  }

  #run(key: string, make: () => Promise<T>): Promise<T> {
    const made = make().finally(() => this.#running.delete(key));
    this.#running.set(key, made);
    return made;
  }

  #after(running: Promise<T>, key: string, make: () => Promise<T>): Promise<T> {
    const begin = (): Promise<T> => {
      this.#next.delete(key);
      return this.#run(key, make);
    };
    const next = running.then(begin, begin);
    this.#next.set(key, next);
    return next;
  }
}
