import { type LabEvent, type Report, type Stage, stages } from '#lab';

export interface Progress {
  readonly report: Report;
  /** Ends what is shown; afterwards the terminal belongs to others again. */
  end(): Promise<void>;
}

/** Stages with what is done, live on a terminal; a line per step elsewhere; nothing for programs. */
export async function progressFor(json: boolean): Promise<Progress> {
  if (json) return { report: () => undefined, end: async () => undefined };
  return process.stderr.isTTY ? liveProgress() : plainProgress();
}

function plainProgress(): Progress {
  let last: Stage | undefined;
  const report = ({ stage, done, all, what }: LabEvent): void => {
    if (stage !== last) process.stderr.write(`${stages[stage]} ...\n`);
    last = stage;
    if (what !== undefined) process.stderr.write(`  ${what} (${done} of ${all})\n`);
    else if (done === all && all > 0) process.stderr.write(`  ${done} of ${all}\n`);
  };
  return { report, end: async () => undefined };
}

interface Showing {
  readonly stage: Stage;
  readonly show: (text: string) => void;
  readonly finish: () => void;
}

async function liveProgress(): Promise<Progress> {
  const { Listr } = await import('listr2');
  let current: (Showing & { readonly run: Promise<unknown> }) | undefined;
  const begin = (stage: Stage) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let show = (_text: string): void => undefined;
    const task = {
      title: stages[stage],
      task: (_: unknown, own: { title: string }) => {
        show = (text) => (own.title = text);
        return promise;
      },
    };
    const run = new Listr([task], { rendererOptions: { clearOutput: false } }).run();
    return { stage, run, show: (text: string) => show(text), finish: resolve };
  };
  const end = async () => {
    const before = current;
    current = undefined;
    before?.finish();
    await before?.run;
  };
  const queue: LabEvent[] = [];
  let draining = Promise.resolve();
  const take = async ({ stage, done, all, what }: LabEvent) => {
    if (current?.stage !== stage) {
      await end();
      current = begin(stage);
    }
    const count = all > 1 ? ` ${done} of ${all}` : '';
    current.show(
      `${stages[stage]}${count}${what === undefined || done === all ? '' : `: ${what}`}`,
    );
  };
  const report: Report = (event) => {
    queue.push(event);
    draining = draining.then(async () => {
      const next = queue.shift();
      if (next) await take(next);
    });
  };
  return { report, end: () => draining.then(end) };
}
