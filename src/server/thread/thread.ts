import { type ResourceLimits, Worker } from 'node:worker_threads';
import { serverErrors } from '../errors.ts';
import type { Caller, Calls } from './calls.ts';
import type { Answer, Question, ThreadData, WorkName } from './entry.ts';
import { errorOf } from './plain.ts';

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A thread of its own, started by the first call, and anew by the next one after it ended. It keeps the
 * process alive only while it works.
 */
export class Thread<C extends Calls> implements Caller<C> {
  readonly #work: WorkName;
  readonly #resourceLimits: ResourceLimits;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<() => void>();
  #worker: Promise<Worker> | undefined;
  #last = 0;
  #closed = false;

  constructor(work: WorkName, resourceLimits: ResourceLimits = {}) {
    this.#work = work;
    this.#resourceLimits = resourceLimits;
  }

  async call<N extends keyof C & string>(
    name: N,
    input: Parameters<C[N]>[0],
  ): Promise<Awaited<ReturnType<C[N]>>> {
    if (this.#closed) throw ended('it was closed');
    const starting = (this.#worker ??= this.#start());
    const worker = await starting;
    if (this.#worker !== starting) throw ended('it has just ended');
    const id = ++this.#last;
    return new Promise<Awaited<ReturnType<C[N]>>>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.ref();
      worker.postMessage({ id, name, input } satisfies Question);
    });
  }

  onLoss(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#worker)?.terminate();
  }

  async #start(): Promise<Worker> {
    // A dynamic import: the bundle then has a file for the thread which holds nothing else.
    const { threadFile } = await import('./entry.ts');
    const workerData: ThreadData = { hawser: this.#work };
    const worker = new Worker(threadFile, {
      workerData,
      execArgv: [],
      resourceLimits: this.#resourceLimits,
    });
    let why: Error | undefined;
    worker.on('message', (answer: Answer) => {
      this.#take(worker, answer);
    });
    worker.on('error', (error: Error) => {
      why = error;
    });
    worker.on('exit', (code) => {
      this.#lost(why ?? new Error(`exit code ${code}`));
    });
    worker.unref();
    return worker;
  }

  #take(worker: Worker, answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) worker.unref();
    if ('error' in answer) waiting?.reject(errorOf(answer.error));
    else waiting?.resolve(answer.output);
  }

  #lost(cause: Error): void {
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(ended(cause.message, cause));
    if (this.#closed) return;
    for (const listener of this.#listeners) listener();
  }
}

const ended = (why: string, cause?: Error) =>
  serverErrors.error('server/thread-ended', { why }, { cause });
