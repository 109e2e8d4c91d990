import { spawn } from 'node:child_process';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostErrors } from './errors.ts';

/** Whether a process only looks, or changes the machine. */
export type Purpose = 'read' | 'write';

export interface RunOptions {
  /** What the program finds on its standard input; for wg also under /dev/stdin. */
  readonly stdin?: string;
  /** Variables besides the environment's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** In a session of its own, which outlives ours. */
  readonly detached?: boolean;
  /** What it says is not heard: of one that goes on, nobody waits for the end of it. */
  readonly mute?: boolean;
  /** Exit codes that are no error; 0 unless said. */
  readonly exits?: readonly number[];
}

/** Runs a program and gives what it printed. @throws host/command-... */
export type Run = (
  purpose: Purpose,
  argv: readonly string[],
  options?: RunOptions,
) => Promise<string>;

/** Nothing that we run should take longer; 10,000 peers take 3 s. */
const patienceSeconds = 120;

let inputs = 0;

/**
 * A nameless file with the text, open for reading from its start. A pipe would not do: Node makes
 * sockets of them, which cannot be opened again as /dev/stdin. In memory only, since it holds secrets.
 */
function openInput(text: string): number {
  const name = `hawser-${process.pid}-${inputs++}-${Math.random().toString(36).slice(2)}`;
  for (const folder of ['/dev/shm', tmpdir()]) {
    try {
      const path = join(folder, name);
      const fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, undefined, at);
      return fd;
    } catch (error) {
      if (folder !== '/dev/shm') throw error;
    }
  }
  throw new Error('unreachable');
}

function failure(argv: readonly string[], cause: Error): Error {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  if (missing)
    return hostErrors.error('host/command-missing', { program: argv[0] ?? '' }, { cause });
  const args = { argv: argv.join(' '), exit: 'an error', stderr: cause.message };
  return hostErrors.error('host/command-failed', args, { cause });
}

/** What ip(8) and nsenter(1) say of a program that they should have run inside, and that is not there. */
const notThere =
  /^(?:exec of "(.+)" failed|nsenter: failed to execute (.+)): No such file or directory$/m;

function finish(
  argv: readonly string[],
  exit: number | string,
  stderr: string,
  fine: readonly (number | string)[] = [0],
): Error | undefined {
  if (fine.includes(exit)) return undefined;
  const [, byIp, byNsenter = byIp] = notThere.exec(stderr) ?? [];
  if (byNsenter) return hostErrors.error('host/command-missing', { program: byNsenter });
  const args = { argv: argv.join(' '), exit: String(exit), stderr: stderr.trim() || 'no word' };
  return hostErrors.error('host/command-failed', args, { text: stderr });
}

const heard = ['pipe', 'pipe'] as const;
const mute = ['ignore', 'ignore'] as const;

/** `run` on this machine: an argv, never a shell; messages untranslated. */
export const runProcess = (argv: readonly string[], options: RunOptions = {}): Promise<string> => {
  const [program = '', ...rest] = argv;
  const input = options.stdin === undefined ? undefined : openInput(options.stdin);
  return new Promise<string>((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const child = spawn(program, rest, {
      stdio: [input ?? 'ignore', ...(options.mute ? mute : heard)],
      env: { ...process.env, ...options.env, LC_ALL: 'C' },
      detached: options.detached ?? false,
    });
    const seconds = patienceSeconds;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(hostErrors.error('host/command-hangs', { argv: argv.join(' '), seconds }));
    }, seconds * 1000);
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error) => reject(failure(argv, error)));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const said = Buffer.concat(err).toString();
      const error = finish(argv, code ?? signal ?? 'no status', said, options.exits);
      if (error) reject(error);
      else resolve(Buffer.concat(out).toString());
    });
  }).finally(() => {
    if (input !== undefined) closeSync(input);
  });
};

/** How many processes ran so far. */
export interface Counts {
  readonly read: number;
  readonly write: number;
}

/** A `run` that counts, and the counts. */
export function countingRun(): { readonly run: Run; readonly counts: () => Counts } {
  const counts = { read: 0, write: 0 };
  const run: Run = (purpose, argv, options) => {
    counts[purpose]++;
    return runProcess(argv, options);
  };
  return { run, counts: () => ({ ...counts }) };
}

/** The same programs inside another namespace: `ip netns exec N`, `nsenter --net=...`. */
export const entered =
  (run: Run, prefix: readonly string[]): Run =>
  (purpose, argv, options) =>
    run(purpose, [...prefix, ...argv], options);
