import { type Bench, type BenchResult, interleaved } from './bench.ts';
import { file, TwoSites } from './two-sites.ts';

const oneRule = 'policy: [{ from: [a], to: [b] }]\n';

/** A thousand rules, each for other addresses and ports; the last is the one that lets the flow pass. */
const thousandRules = (): string => {
  const rules = Array.from({ length: 999 }, (_, i) => {
    const from = `10.1.0.${128 + (i % 100)}/32`;
    const to = `10.2.0.${128 + (i % 90)}/32`;
    return `  - { from: [${from}], to: [${to}, b], ports: [tcp/${10_000 + i}] }\n`;
  });
  return `policy:\n${rules.join('')}  - { from: [a], to: [b] }\n`;
};

async function compare(
  one: (sites: TwoSites) => Promise<void>,
  other: (sites: TwoSites) => Promise<void>,
  least: number,
): Promise<BenchResult> {
  await using first = await TwoSites.open();
  await using second = await TwoSites.open();
  await one(first);
  await other(second);
  await first.ready();
  await second.ready();
  const { value, baseline, ratio } = await interleaved(
    9,
    () => Promise.resolve(first.measure()),
    () => Promise.resolve(second.measure()),
  );
  return { value, baseline, ratio, unit: 'Mb/s', reached: ratio >= least };
}

export const benches: readonly Bench[] = [
  {
    name: 'throughput site to site, a policy on, against WireGuard by hand with one conntrack rule',
    target: '>= 0.95',
    run: () =>
      compare(
        (sites) => sites.hawser(file(oneRule)),
        (sites) => Promise.resolve(sites.byHand()),
        0.95,
      ),
  },
  {
    name: 'throughput over plain veth of a policy of 1,000 rules against 1',
    target: '>= 0.9',
    run: () =>
      compare(
        (sites) => sites.filteredVeth(thousandRules()),
        (sites) => sites.filteredVeth(oneRule),
        0.9,
      ),
  },
  {
    name: 'throughput through a segment against VXLAN over WireGuard by hand',
    target: '>= 0.95',
    run: () =>
      compare(
        (sites) => sites.segment(2),
        (sites) => Promise.resolve(sites.segmentByHand()),
        0.95,
      ),
  },
  {
    name: 'throughput through a segment, anti-spoofing and policy for 1,000 machines against for 2',
    target: '>= 0.95',
    run: () =>
      compare(
        (sites) => sites.segment(1000, { policed: true }),
        (sites) => sites.segment(2, { policed: true }),
        0.95,
      ),
  },
];
