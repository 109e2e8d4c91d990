import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answered, Answers, Asked, Order } from './messages.ts';

/** ms after which an order will not be fulfilled any more. */
const patience = 300_000;

/** Simulated agents, in a process of their own, as seen by a bench. */
export class Fleet {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answered: Answered) => void>();
  #last = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answered: Answered) => {
      this.#waiting.get(answered.id)?.(answered);
      this.#waiting.delete(answered.id);
    });
  }

  static open(): Fleet {
    return new Fleet(fork(join(import.meta.dirname, 'fleet-process.ts')));
  }

  async order<O extends Order>(order: O): Promise<Answers[O['do']]> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`the agents did not come to an end with ${order.do}`));
      }, patience);
      this.#waiting.set(id, ({ answer, error }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(answer as Answers[O['do']]);
        else reject(new Error(error));
      });
      this.#child.send({ id, order } satisfies Asked);
    });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }
}
