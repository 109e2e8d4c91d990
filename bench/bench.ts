/** What every bench says, and the arithmetic they share. */

/** How much is measured: `quick` is for whoever works on a bench, and its figures are nobody's. */
export type Size = 'whole' | 'quick';

export interface Bench {
  readonly name: string;
  /** What to reach, in words: `>= 5 M/s`, `<= 1.5 x raw wg setconf`. */
  readonly target: string;
  run(size: Size): Promise<BenchResult>;
}

export interface BenchResult {
  /** In `unit`: usually a median. */
  readonly value: number;
  readonly unit: string;
  /** The same of the thing compared with, in the same unit. */
  readonly baseline?: number;
  /** `value / baseline`, or its inverse for a throughput: what the target speaks of. */
  readonly ratio?: number;
  readonly reached: boolean;
  readonly detail?: string;
}

/** The middle of the values, of an even count the mean of the middle two. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] as number;
  return Number.isInteger(half) ? ((sorted[half - 1] as number) + upper) / 2 : upper;
}

/** The value below which a share of all values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** The median of `rounds` timings in milliseconds, after `warmUp` that do not count. */
export async function medianTime(
  work: () => unknown,
  { rounds = 9, warmUp = 2 }: { rounds?: number; warmUp?: number } = {},
): Promise<number> {
  const times: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    const time = await timed(work);
    if (round >= 0) times.push(time);
  }
  return median(times);
}

export interface Pairs {
  readonly value: number;
  readonly baseline: number;
  /** The median of the pairs' own ratios: what disturbs the machine disturbs both halves of a pair. */
  readonly ratio: number;
}

/** Measures two things in turn, changing which comes first, and takes medians. */
export async function interleaved(
  rounds: number,
  measure: () => Promise<number>,
  measureBaseline: () => Promise<number>,
): Promise<Pairs> {
  const values: number[] = [];
  const baselines: number[] = [];
  const both = [
    async () => values.push(await measure()),
    async () => baselines.push(await measureBaseline()),
  ];
  for (let round = 0; round < rounds; round++) {
    for (const half of round % 2 === 0 ? both : both.toReversed()) await half();
  }
  return {
    value: median(values),
    baseline: median(baselines),
    ratio: median(values.map((value, i) => value / (baselines[i] as number))),
  };
}
