import { spawn } from 'node:child_process';
import { labErrors } from './errors.ts';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** This process's own unless said. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
}

/** Runs a program to its end; its locale is C. A program that is not there is code 127. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...(options.env ?? process.env), LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => err.push(data));
    child.on('error', (error) => resolve({ code: 127, stdout: '', stderr: error.message }));
    child.on('close', (code, signal) => {
      const stderr = Buffer.concat(err).toString();
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(out).toString(),
        stderr: signal ? `${stderr}killed by ${signal}` : stderr,
      });
    });
    child.stdin.on('error', () => undefined); // It may end without reading all of it.
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program that must succeed; gives its output. Throws `lab/command-failed`. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code === 0) return stdout;
  const reason = (stderr || stdout).trim().slice(-2000) || 'it said nothing';
  throw labErrors.error('lab/command-failed', { command: argv.join(' '), code, reason });
}

/** How much is done at a time where each task is a process that keeps a core busy. */
export const busyWidth = 3;

/** Waits until a condition holds, looking again every `everyMs`; false when `withinMs` have passed. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { withinMs, everyMs = 10 }: { withinMs: number; everyMs?: number },
): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return true;
}
