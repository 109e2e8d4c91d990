import { type FileReader, loadNetwork } from '#spec';
import { type Bench, type BenchResult, medianTime } from './bench.ts';
import { manyMembers, meshOfSites } from './generate.ts';

const readerOf = (text: string): FileReader => ({ read: () => text, glob: () => [] });

/** Seconds to read the text; a file with findings is no measurement. */
async function secondsToLoad(text: string, atMost: number): Promise<BenchResult> {
  const reader = readerOf(text);
  const milliseconds = await medianTime(
    () => {
      const [finding] = loadNetwork('hawser.yaml', reader).diagnostics;
      if (finding) throw new Error(finding.message);
    },
    { rounds: 5, warmUp: 1 },
  );
  const value = milliseconds / 1000;
  const detail = `${(text.length / 1024).toFixed(0)} KiB of YAML`;
  return { value, unit: 's', reached: value <= atMost, detail };
}

export const benches: readonly Bench[] = [
  {
    name: 'parse a file with 10,000 members',
    target: '<= 1 s',
    run: () => secondsToLoad(manyMembers(10_000), 1),
  },
  {
    name: 'parse a file with 1,000 sites',
    target: '<= 1 s',
    run: () => secondsToLoad(meshOfSites(1_000), 1),
  },
];
