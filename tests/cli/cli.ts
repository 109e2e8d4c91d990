import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../support/checkout.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the bundle that ships, as a user in the checkout would. */
export function hawser(args: readonly string[], cwd = repositoryRoot, input = ''): Outcome {
  const program = join(repositoryRoot, 'dist/hawser.mjs');
  const env = { ...process.env, NO_COLOR: '1' };
  const done = spawnSync(process.execPath, [program, ...args], {
    cwd,
    env,
    input,
    encoding: 'utf8',
  });
  return { code: done.status ?? -1, out: done.stdout, err: done.stderr };
}

/** A folder with a network's file in it, removed by `Symbol.dispose`. */
export class Project implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'hawser-cli-'));

  constructor(yaml: string) {
    this.write('hawser.yaml', yaml);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  run(...args: readonly string[]): Outcome {
    return hawser(args, this.folder);
  }

  /** The same, with a text on standard input. */
  pipe(input: string, ...args: readonly string[]): Outcome {
    return hawser(args, this.folder, input);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
