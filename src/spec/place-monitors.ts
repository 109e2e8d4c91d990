import { didYouMean } from '#base';
import type { Draft } from './draft.ts';
import { errors } from './errors.ts';
import type { Machine, Monitor, Site, Topology } from './network.ts';
import type { Text } from './origin.ts';
import type { WrittenMonitor } from './sections/monitors.ts';

interface Surroundings {
  readonly topology: Topology;
  readonly sites: readonly Site[];
  readonly members: readonly Machine[];
}

/** Who looks at each service; whoever cannot is reported. */
export const placeMonitors = (
  written: readonly WrittenMonitor[],
  around: Surroundings,
  draft: Draft,
): readonly Monitor[] =>
  written.map(({ from, ...monitor }) => ({
    ...monitor,
    from: placeOne({ from, monitor }, around, draft)?.name ?? '',
  }));

const machinesOf = ({ gateways, nodes }: Site): readonly Machine[] => [...gateways, ...nodes];

function placeOne(
  { from, monitor }: { from: Text | undefined; monitor: Omit<WrittenMonitor, 'from'> },
  around: Surroundings,
  draft: Draft,
): Machine | undefined {
  const place = from?.place ?? monitor.place;
  const found = from ? named(from, around, draft) : usual(around);
  if (found === 'reported') return undefined;
  const machine = found?.managed ? found : undefined;
  if (!machine) {
    const who = found ? `\`${found.name}\` has no agent` : 'there is no machine that could';
    draft.report(errors.diagnostic('spec/nobody-looks', { name: monitor.name, who }, { place }));
  }
  return machine;
}

const hubOf = ({ topology, sites }: Surroundings): Machine | undefined => {
  const [hub] = topology.kind === 'hub' ? topology.hubs : [];
  const site = sites.find(({ name }) => name === hub);
  return site && machinesOf(site)[0];
};

const usual = (around: Surroundings): Machine | undefined =>
  hubOf(around) ?? around.sites.flatMap(machinesOf)[0];

function named(from: Text, around: Surroundings, draft: Draft): Machine | 'reported' | undefined {
  const { text, place } = from;
  const { sites, members } = around;
  if (text === 'hub') return hubOf(around);
  if (text.startsWith('site:')) {
    const at = { text: text.slice('site:'.length), place };
    if (!draft.names.expect(at, 'site', ['site'])) return 'reported';
    const site = sites.find(({ name }) => name === at.text);
    return site && machinesOf(site)[0];
  }
  const all = [...sites.flatMap(machinesOf), ...members];
  const machine = all.find(({ name }) => name === text);
  if (machine) return machine;
  const hint = didYouMean(
    text,
    all.map(({ name }) => name),
    'machine',
  );
  const args = { kind: 'machine', name: text, hint };
  draft.report(errors.diagnostic('spec/unknown-name', args, { place, text }));
  return 'reported';
}
