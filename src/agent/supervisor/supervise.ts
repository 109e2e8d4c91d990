import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../lock.ts';
import { crashesAfter, isCrashLoop, pauseAfter } from './lives.ts';
import { LogFile } from './log-file.ts';
import { processId } from './process-id.ts';
import { keepRecord, removeRecord, type Supervision, supervisorLock } from './record.ts';

export interface SuperviseOptions {
  /** argv of the agent. */
  readonly agent: readonly string[];
  readonly stateDir: string;
  readonly log: string;
  /** Ends both. */
  readonly signal: AbortSignal;
}

/** By this variable an agent knows the process that watches over it. */
export const supervisorVariable = 'HAWSER_SUPERVISOR';

/** ms that an agent has to end by itself. */
const patience = 15_000;

type End = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

const howOf = ({ code, signal }: End): string => signal ?? `exit code ${code}`;

/** Keeps one agent running: whatever ends it, the next one begins, unless somebody wished it to end. */
class Supervisor {
  readonly #options: SuperviseOptions;
  readonly #log: LogFile;
  #record: Supervision;

  constructor(options: SuperviseOptions) {
    this.#options = options;
    this.#log = new LogFile(options.log);
    const self = processId(process.pid) ?? { pid: process.pid, began: 0, boot: '' };
    this.#record = { ...self, log: options.log, restarts: 0, crashes: 0 };
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    try {
      while (!signal.aborted) {
        const began = performance.now();
        const end = await this.#live();
        if (end.code === 0 || signal.aborted) break;
        await this.#wait(end, performance.now() - began);
      }
    } finally {
      removeRecord(this.#options.stateDir);
      this.#log.close();
    }
  }

  /** One life of the agent. */
  async #live(): Promise<End> {
    const [program = '', ...args] = this.#options.agent;
    const child = spawn(program, args, {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, [supervisorVariable]: String(process.pid) },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (part: Buffer) => this.#log.write(part));
    }
    this.#tell({ agent: child.pid, next: undefined });
    return this.#endOf(child);
  }

  async #endOf(child: ChildProcess): Promise<End> {
    const { signal } = this.#options;
    const ending = (): void => void child.kill('SIGTERM');
    const deadline = (): void => void setTimeout(() => child.kill('SIGKILL'), patience).unref();
    for (const listener of [ending, deadline]) signal.addEventListener('abort', listener);
    if (signal.aborted) ending();
    try {
      const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      return { code, signal: by };
    } catch (error) {
      this.#say(`the agent could not be started: ${(error as Error).message}`);
      return { code: 127, signal: null };
    } finally {
      for (const listener of [ending, deadline]) signal.removeEventListener('abort', listener);
    }
  }

  async #wait(end: End, lasted: number): Promise<void> {
    const crashes = crashesAfter(this.#record.crashes, lasted);
    const pause = pauseAfter(crashes);
    const now = Date.now();
    this.#tell({
      agent: undefined,
      crashes,
      restarts: this.#record.restarts + 1,
      last: { how: howOf(end), at: new Date(now).toISOString() },
      next: new Date(now + pause).toISOString(),
    });
    const again = isCrashLoop(crashes) ? `, ${crashes} times in a row` : '';
    this.#say(`the agent ended (${howOf(end)})${again}; it is started again in ${pause / 1000} s`);
    await sleep(pause, undefined, { signal: this.#options.signal }).catch(() => undefined);
  }

  #say(line: string): void {
    this.#log.write(`${new Date().toISOString()} supervisor: ${line}\n`);
  }

  /** Who asks is told what is so; where that cannot be written the agent runs all the same. */
  #tell(news: { readonly [K in keyof Supervision]?: Supervision[K] | undefined }): void {
    this.#record = { ...this.#record, ...news } as Supervision;
    try {
      keepRecord(this.#options.stateDir, this.#record);
    } catch (error) {
      this.#say(`nobody can be told: ${(error as Error).message}`);
    }
  }
}

/**
 * Runs the agent and starts it again when it ends, until `signal`, or until the agent ends because it
 * was told to (SIGTERM). One supervisor at a time.
 * @throws agent/busy, agent/not-permitted
 */
export const superviseAgent = (options: SuperviseOptions): Promise<void> =>
  withLock(() => new Supervisor(options).run(), {
    file: supervisorLock(options.stateDir),
    patience: 1,
  });
