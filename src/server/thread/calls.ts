/**
 * Work by name, each with one argument and an answer that are plain data (what `structuredClone` copies),
 * so that it may be done in another thread.
 */
export type Calls = Readonly<Record<string, (input: never) => unknown>>;

/** Where calls are answered: in a thread of its own, or in this one. */
export interface Caller<C extends Calls> {
  /** @throws what the work throws; server/thread-ended where nobody is left to answer */
  call<N extends keyof C & string>(
    name: N,
    input: Parameters<C[N]>[0],
  ): Promise<Awaited<ReturnType<C[N]>>>;
  /** Told when everything that the other side remembered is gone. */
  onLoss(listener: () => void): void;
  close(): Promise<void>;
}
