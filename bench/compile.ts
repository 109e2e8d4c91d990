import { affected, assumeKeys, check, emptyFacts, link, type Model, project } from '#compile';
import { loadNetwork, type Network } from '#spec';
import { type Bench, type BenchResult, medianTime, timed } from './bench.ts';
import { manyMembers, meshOfSites } from './generate.ts';

/** Parses a file held in memory; it must be without errors. */
function parse(text: string): Network {
  const { network, diagnostics } = loadNetwork('hawser.yaml', {
    read: () => text,
    glob: () => [],
  });
  if (!network || diagnostics.length > 0) throw new Error(diagnostics[0]?.message);
  return network;
}

function model(network: Network): Model {
  const facts = assumeKeys(network, emptyFacts);
  return link({ ...facts, network, epoch: 'bench', rev: 1 });
}

const milliseconds = (value: number, limit: number, detail?: string): BenchResult => ({
  value,
  unit: 'ms',
  reached: value <= limit,
  ...(detail !== undefined && { detail }),
});

/** Checks and links; a network with errors would measure something else. */
function checkAndLink(network: Network): void {
  const { diagnostics } = check(model(network));
  if (diagnostics.length > 0) throw new Error(diagnostics[0]?.message);
}

async function wholeMesh(): Promise<BenchResult> {
  const text = meshOfSites(1_000);
  const value = await timed(() => checkAndLink(parse(text)));
  const peak = process.resourceUsage().maxRSS / 1024 / 1024;
  return {
    ...milliseconds(value, 4_000, `peak memory of the process ${peak.toFixed(2)} GB (limit 1.5)`),
    reached: value <= 4_000 && peak <= 1.5,
  };
}

async function projection(linked: Model, machine: string, limit: number): Promise<BenchResult> {
  const peers = Object.keys(project(linked, machine).tunnels.main?.peers ?? {}).length;
  const value = await medianTime(() => project(linked, machine), { rounds: 51, warmUp: 20 });
  return milliseconds(value, limit, `${peers} peers`);
}

async function oneMemberChanged(): Promise<BenchResult> {
  const text = manyMembers(10_000);
  const before = model(parse(text));
  const after = model(parse(text.replace('  m77: {', '  m77: { keepalive: 20,')));
  const fresh = (): Model => ({ ...before });
  const found = affected(before, after);
  const value = await medianTime(() => affected(fresh(), after), { rounds: 21 });
  return milliseconds(value, 20, `${found.length} machines affected`);
}

export const benches: readonly Bench[] = [
  {
    name: 'check and link a file with 10,000 members',
    target: '<= 1000 ms',
    run: async () => {
      const network = parse(manyMembers(10_000));
      return milliseconds(await medianTime(() => checkAndLink(network), { rounds: 5 }), 1_000);
    },
  },
  {
    name: 'full mesh of 1,000 sites: parse, check with proof, link',
    target: '<= 4000 ms, <= 1.5 GB',
    run: wholeMesh,
  },
  {
    name: 'project a spoke among 10,000',
    target: '<= 1 ms',
    run: () => projection(model(parse(manyMembers(10_000))), 'm77', 1),
  },
  {
    name: 'project a gateway with 1,000 peers',
    target: '<= 20 ms',
    run: () => projection(model(parse(meshOfSites(1_001))), 'g5', 20),
  },
  {
    name: 'affected for one changed member among 10,000',
    target: '<= 20 ms',
    run: oneMemberChanged,
  },
];
