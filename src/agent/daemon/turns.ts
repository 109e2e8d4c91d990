/** Work on the machine, one piece after another: passes of several networks never overlap. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the work once all that was asked for before is done. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
