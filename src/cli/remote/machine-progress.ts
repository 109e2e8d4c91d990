import type { Diagnostic } from '#base';
import { harmless, tell } from '../output.ts';

/** What happens on machines, and what became of each. */
export type MachineEvent =
  | { readonly machine: string; readonly doing: string }
  | {
      readonly machine: string;
      readonly result: { readonly outcome: string; readonly error?: Diagnostic };
    };

export interface Progress {
  readonly report: (event: MachineEvent) => void;
  /** Ends what is shown; afterwards the terminal belongs to others again. */
  end(): Promise<void>;
}

/** A line for each machine, live on a terminal; lines as they come elsewhere; JSON lines for programs. */
export async function progressFor(machines: readonly string[], json: boolean): Promise<Progress> {
  if (json) return linesOf((event) => process.stdout.write(`${JSON.stringify(event)}\n`));
  if (process.stderr.isTTY) return liveProgress(machines);
  const shown = new Map<string, string>();
  return linesOf((event) => {
    const text = textOf(event);
    if (shown.get(event.machine) === text) return;
    shown.set(event.machine, text);
    tell(`${event.machine}: ${text}`);
  });
}

const linesOf = (report: Progress['report']): Progress => ({ report, end: async () => undefined });

/** Shares of a transfer are for terminals: they come too fast to be read as lines. */
const textOf = (event: MachineEvent): string => {
  if ('doing' in event) return event.doing.replace(/, \d+ %$/, '');
  const { outcome, error } = event.result;
  return error ? `${outcome}: ${error.message}` : outcome;
};

/** One machine's spinning line. */
interface Line {
  title: string;
  readonly done: PromiseWithResolvers<void>;
}

async function liveProgress(machines: readonly string[]): Promise<Progress> {
  const { Listr } = await import('listr2');
  const lines = new Map<string, Line>(
    machines.map((name) => [name, { title: name, done: Promise.withResolvers<void>() }]),
  );
  const tasks = [...lines].map(([name, line]) => ({
    title: name,
    task: (_: unknown, own: { title: string }) => {
      lines.set(name, Object.assign(own, { done: line.done }));
      return line.done.promise;
    },
  }));
  const rendererOptions = { collapseErrors: false, showErrorMessage: false };
  const options = { concurrent: true, exitOnError: false, registerSignalListeners: false };
  const shown = new Listr(tasks, { ...options, rendererOptions }).run();
  return {
    report(event) {
      const line = lines.get(event.machine);
      if (!line) return;
      line.title = harmless(`${event.machine}: ${'doing' in event ? event.doing : textOf(event)}`);
      if (!('result' in event)) return;
      if (event.result.error) line.done.reject(new Error(harmless(event.result.error.message)));
      else line.done.resolve();
    },
    async end() {
      for (const { done } of lines.values()) done.resolve();
      await shown;
    },
  };
}
