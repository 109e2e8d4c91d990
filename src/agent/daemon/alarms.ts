/** Timers by name, one of each, which end together. */
export class Alarms<What extends string> {
  readonly #timers = new Map<What, NodeJS.Timeout>();
  #stopped = false;

  /** Acts once after so many ms, instead of what was to come by that name. */
  set(what: What, delay: number, act: () => void): void {
    this.clear(what);
    if (!this.#stopped) this.#timers.set(what, setTimeout(act, Math.max(delay, 0)));
  }

  clear(what: What): void {
    clearTimeout(this.#timers.get(what));
  }

  /** Nothing is to come, now or later. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}
