import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './checkout.ts';

/** The program that ships. */
export const bundle = join(repositoryRoot, 'dist/hawser.mjs');

/** How a program ended, and what it printed. */
export interface Outcome {
  /** -1: by a signal, or it could not be started. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end. */
export function outcomeOf(argv: readonly string[], options: SpawnSyncOptions = {}): Outcome {
  const [program = '', ...args] = argv;
  const done = spawnSync(program, args, { ...options, encoding: 'utf8' });
  return { code: done.status ?? -1, out: done.stdout, err: done.stderr };
}

/** The same for this checkout's Hawser, on this machine. */
export const outcomeOfHawser = (args: readonly string[], options: SpawnSyncOptions): Outcome =>
  outcomeOf([process.execPath, bundle, ...args], options);
