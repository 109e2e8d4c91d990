import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Bench, type BenchResult, interleaved, timed } from './bench.ts';

const root = join(import.meta.dirname, '..');
const start = (program: string, ...args: readonly string[]): Promise<number> =>
  timed(() => execFileSync(program, args));

/** `./hawser --version`, where all is well, against the bundle itself. */
async function overhead(): Promise<BenchResult> {
  const launcher = join(root, 'hawser');
  execFileSync(launcher, ['--version']);
  const pairs = await interleaved(
    9,
    () => start(launcher, '--version'),
    () => start(process.execPath, join(root, 'dist/hawser.mjs'), '--version'),
  );
  return { ...pairs, unit: 'ms', reached: pairs.value - pairs.baseline <= 50 };
}

export const benches: readonly Bench[] = [
  { name: 'launcher, against the bundle alone', target: '<= 50 ms more', run: overhead },
];
