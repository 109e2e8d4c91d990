/**
 * npm run bench [-- FILTER...] [--quick] [--json | --markdown] [--out FILE]: runs the benches whose name or
 * file holds one of the filters, prints a table, JSON or the rows of docs/performance.md, and exits 1 when
 * one misses its target or fails. `--quick` measures less of the longest, to see that they run.
 */
import { globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import type { Bench, BenchResult, Size } from './bench.ts';

interface Result extends BenchResult {
  readonly file: string;
  readonly name: string;
  readonly target: string;
}

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
};

interface BenchFile {
  readonly benches?: readonly Bench[];
  /** Ends what its benches share. */
  readonly close?: () => Promise<void>;
}

const load = async (file: string): Promise<BenchFile> =>
  (await import(join(import.meta.dirname, file))) as BenchFile;

/** A bench that throws has not reached its target; the others still run. */
async function measure(file: string, bench: Bench): Promise<Result> {
  const { name, target } = bench;
  try {
    return { file, name, target, ...(await bench.run(size)) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { file, name, target, value: Number.NaN, unit: '', reached: false, detail };
  }
}

const figure = (value: number): string =>
  Number.isNaN(value) ? 'failed' : String(Number(value.toPrecision(3)));

function line({ name, value, unit, baseline, ratio, target, reached, detail }: Result): string {
  const mark = reached ? styleText('green', 'reached') : styleText('red', 'MISSED ');
  const columns = [
    name.padEnd(44),
    `${figure(value)} ${unit}`.padStart(14),
    (baseline === undefined ? '' : `${figure(baseline)} ${unit}`).padStart(14),
    (ratio === undefined ? '' : `x ${ratio.toFixed(2)}`).padStart(8),
    ` ${mark} ${target}`,
  ];
  return columns.join(' ') + (detail === undefined ? '' : `\n    ${detail}`);
}

/** A row as in docs/performance.md. */
function row({ name, value, unit, ratio, target, reached }: Result): string {
  const amount = `${figure(value)} ${unit}`.trim();
  const measured = ratio === undefined ? amount : `${ratio.toFixed(2)} x (${amount})`;
  return `| ${name} | ${target} | ${measured}${reached ? '' : ', missed'} |`;
}

/** Of the last minute, with what the benches themselves need. */
const loadNow = (): string => (loadavg()[0] ?? 0).toFixed(1);

const { values: options, positionals: filters } = parseArgs({
  options: {
    json: { type: 'boolean' },
    markdown: { type: 'boolean' },
    quick: { type: 'boolean' },
    out: { type: 'string' },
  },
  allowPositionals: true,
});
const size: Size = options.quick === true ? 'quick' : 'whole';

const print = (text: string): void => {
  if (options.json !== true && options.markdown !== true) console.log(text);
};

print(`${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}`);
print(
  `Node ${machine.node}${size === 'quick' ? '; quick: no figures for docs/performance.md' : ''}\n`,
);
print(
  `${'bench'.padEnd(44)} ${'median'.padStart(14)} ${'baseline'.padStart(14)} ${'ratio'.padStart(8)}`,
);

const loadBefore = loadNow();
const results: Result[] = [];
for (const file of globSync('*.ts', { cwd: import.meta.dirname }).sort()) {
  if (file === basename(import.meta.filename)) continue;
  const { benches = [], close } = await load(file);
  for (const bench of benches) {
    const matches = filters.some((filter) => `${file} ${bench.name}`.includes(filter));
    if (filters.length > 0 && !matches) continue;
    const result = await measure(file, bench);
    results.push(result);
    print(line(result));
  }
  await close?.();
}

const loads = { before: loadBefore, after: loadNow() };
print(`\nload ${loads.before} before, ${loads.after} after`);
if (options.markdown === true) {
  const { cores, cpu, memoryGiB, kernel, node } = machine;
  const of = `${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}`;
  console.log(`${of}; load ${loads.before} before, ${loads.after} after.\n`);
  console.log(['| bench | to reach | measured |', '|---|---|---|', ...results.map(row)].join('\n'));
}
const report = `${JSON.stringify({ machine, loads, results }, null, 2)}\n`;
if (options.json === true) process.stdout.write(report);
if (options.out !== undefined) await writeFile(options.out, report);
process.exitCode = results.length > 0 && results.every((result) => result.reached) ? 0 : 1;
