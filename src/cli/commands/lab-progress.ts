import type { Listr } from 'listr2';
import { type LabEvent, type Report, type Stage, stages } from '#lab';

export interface Progress {
  readonly report: Report;
  /** Ends what is shown; afterwards the terminal belongs to others again. */
  end(): Promise<void>;
}

/** Stages with what is done, live on a terminal; a line per step elsewhere; nothing for programs. */
export async function progressFor(json: boolean): Promise<Progress> {
  if (json) return { report: () => undefined, end: async () => undefined };
  if (!process.stderr.isTTY) return plainProgress();
  const { Listr } = await import('listr2');
  return new LiveProgress(Listr);
}

function plainProgress(): Progress {
  let last: Stage | undefined;
  let doneBefore = 0;
  const report = ({ stage, done, all, what }: LabEvent): void => {
    const isNew = stage !== last;
    if (isNew) process.stderr.write(`${stages[stage]} ...\n`);
    if (!isNew && done === doneBefore) return;
    last = stage;
    doneBefore = done;
    if (what !== undefined) process.stderr.write(`  ${what} (${done} of ${all})\n`);
    else if (done === all && all > 0) process.stderr.write(`  ${done} of ${all}\n`);
  };
  return { report, end: async () => undefined };
}

/** A stage as listr2 shows it: it spins until `finish`. */
interface Shown {
  readonly stage: Stage;
  readonly ended: Promise<unknown>;
  show(text: string): void;
  finish(): void;
}

/** One spinning line after the other; events wait until the line before theirs has ended. */
class LiveProgress implements Progress {
  readonly #listr: typeof Listr;
  #shown: Shown | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(listr: typeof Listr) {
    this.#listr = listr;
  }

  readonly report: Report = (event) => {
    this.#work = this.#work.then(() => this.#take(event));
  };

  end(): Promise<void> {
    return this.#work.then(() => this.#leave());
  }

  async #take({ stage, done, all, what }: LabEvent): Promise<void> {
    const count = all > 1 ? ` ${done} of ${all}` : '';
    const now = what === undefined || done === all ? '' : `: ${what}`;
    const text = `${stages[stage]}${count}${now}`;
    if (this.#shown?.stage === stage) return this.#shown.show(text);
    await this.#leave();
    this.#shown = this.#begin(stage, text);
  }

  #begin(stage: Stage, title: string): Shown {
    const { promise, resolve } = Promise.withResolvers<void>();
    let line = { title };
    const task = {
      title,
      task: (_: unknown, own: typeof line) => {
        own.title = line.title;
        line = own;
        return promise;
      },
    };
    const options = { registerSignalListeners: false, rendererOptions: { clearOutput: false } };
    const ended = new this.#listr([task], options).run();
    const show = (text: string): void => {
      line.title = text;
    };
    return { stage, ended, show, finish: resolve };
  }

  async #leave(): Promise<void> {
    this.#shown?.finish();
    await this.#shown?.ended;
    this.#shown = undefined;
  }
}
