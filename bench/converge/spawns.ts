/**
 * Loaded into the agents of a lab beside their own program: notes which programs an agent runs, with what and
 * when, for as long as there is a file `on` in a folder.
 */
import childProcess, { type ChildProcess, type SpawnOptions } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { now } from './clock.ts';

/** A program that an agent ran. */
export interface Spawned {
  /** Of the agent. */
  readonly pid: number;
  readonly argv: readonly string[];
  /** What it found on its standard input. */
  readonly stdin?: string;
  readonly began: number;
  readonly ended: number;
}

/** Says to an agent where to write: one file for each machine. */
export const folderVariable = 'HAWSER_BENCH_SPAWNS';

const inputOf = ({ stdio }: SpawnOptions): { readonly stdin?: string } => {
  const [input] = Array.isArray(stdio) ? stdio : [];
  return typeof input === 'number' ? { stdin: readFileSync(`/proc/self/fd/${input}`, 'utf8') } : {};
};

function note(folder: string): void {
  const { spawn } = childProcess;
  const noting = (program: string, args: readonly string[], options: SpawnOptions) => {
    // A program may be done before `spawn` returns.
    const one = { pid: process.pid, argv: [program, ...args], ...inputOf(options), began: now() };
    const child: ChildProcess = spawn(program, args, options);
    if (!existsSync(join(folder, 'on'))) return child;
    child.on('close', () => {
      const line = JSON.stringify({ ...one, ended: now() } satisfies Spawned);
      appendFileSync(join(folder, `${hostname()}.jsonl`), `${line}\n`);
    });
    return child;
  };
  childProcess.spawn = noting as typeof spawn;
  syncBuiltinESMExports();
}

const folder = process.env[folderVariable];
if (folder !== undefined && process.argv.slice(2, 4).join(' ') === 'agent run') note(folder);
