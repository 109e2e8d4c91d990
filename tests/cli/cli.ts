import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../support/checkout.ts';
import { type Outcome, outcomeOfHawser } from '../support/hawser.ts';

/** Runs the bundle that ships, as a user in the checkout would. */
export function hawser(args: readonly string[], cwd = repositoryRoot, input = ''): Outcome {
  return outcomeOfHawser(args, { cwd, env: { ...process.env, NO_COLOR: '1' }, input });
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
