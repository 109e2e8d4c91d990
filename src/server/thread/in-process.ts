import type { Caller, Calls } from './calls.ts';

/** Answers in this thread, with copies, as another thread would: for tests, and work that is small. */
export class InProcess<C extends Calls> implements Caller<C> {
  readonly #calls: C;

  constructor(calls: C) {
    this.#calls = calls;
  }

  async call<N extends keyof C & string>(
    name: N,
    input: Parameters<C[N]>[0],
  ): Promise<Awaited<ReturnType<C[N]>>> {
    const work = this.#calls[name] as (input: unknown) => unknown;
    return structuredClone(await work(structuredClone(input))) as Awaited<ReturnType<C[N]>>;
  }

  onLoss(): void {}

  async close(): Promise<void> {}
}
