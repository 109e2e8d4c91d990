import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type BenchResult, median, timed } from './bench.ts';
import { meshOfSites } from './generate.ts';

/** The bundle that ships brings a lab up, proof included, and takes it down again. */

const root = join(import.meta.dirname, '..');

/** Seconds of `lab up FILE`, median of some rounds. */
async function upTime(file: string, rounds: number): Promise<{ seconds: number; flows: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-'));
  const env = { ...process.env, HAWSER_LABS: join(folder, 'labs') };
  const lab = (...args: readonly string[]): string => {
    const argv = [join(root, 'dist/hawser.mjs'), 'lab', ...args];
    const options = { cwd: root, env, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, options);
    if (status !== 0)
      throw new Error(`lab ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
    return stdout;
  };
  const times: number[] = [];
  let flows = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      let proof = '';
      times.push(await timed(() => (proof = lab('up', file, '--json'))));
      flows = (JSON.parse(proof) as { flows: readonly unknown[] }).flows.length;
      lab('down', '--all');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { seconds: median(times) / 1000, flows };
}

async function meshTime(sites: number): Promise<{ seconds: number; flows: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-'));
  try {
    const file = join(folder, 'mesh.yaml');
    writeFileSync(file, meshOfSites(sites));
    return await upTime(file, 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const verdict = (measured: { seconds: number; flows: number }, most: number): BenchResult => ({
  value: measured.seconds,
  unit: 's',
  reached: measured.seconds <= most,
  detail: `${measured.flows} flows proven`,
});

export const benches: readonly Bench[] = [
  {
    name: 'lab up, hybrid cloud',
    target: '<= 10 s',
    run: async () => verdict(await upTime('examples/hybrid-cloud.yaml', 3), 10),
  },
  {
    name: 'lab up, mesh of 20 sites',
    target: '<= 60 s',
    run: async () => verdict(await meshTime(20), 60),
  },
];
