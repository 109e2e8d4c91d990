import {
  allocate,
  assumeKeys,
  emptyFacts,
  type Facts,
  hostRoutes,
  link,
  type Model,
  machinesOf,
  project,
  siteRouterRoutes,
} from '#compile';
import { type Loaded, loadNetwork, type Network } from '#spec';
import type { Draft } from './draft.ts';
import { yamlOf } from './networks.ts';
import type { World } from './world.ts';

/** Reads a file's text by `#spec`. */
export const loadText = (text: string): Loaded =>
  loadNetwork('random.yaml', {
    read: (path) => (path === 'random.yaml' ? text : undefined),
    glob: () => [],
  });

/** A draft, read by `#spec` as a person's file would be; throws what is wrong with it. */
export function networkFrom(draft: Draft): Network {
  const loaded = loadText(yamlOf(draft));
  if (!loaded.network) throw new Error(loaded.diagnostics.map((d) => d.message).join('\n'));
  return loaded.network;
}

/** The network, compiled; the keys of those called `pending` are not known yet. */
export const modelOf = (
  network: Network,
  facts: Facts = emptyFacts,
  pending: readonly string[] = [],
): Model => {
  const { ledger } = allocate(network, facts.ledger, 1);
  const assumed = assumeKeys(network, { ...facts, ledger });
  const known = Object.entries(assumed.keys).filter(([name]) => !pending.includes(name));
  return link({ ...assumed, keys: Object.fromEntries(known), network, epoch: 'e', rev: 1 });
};

/** What the compiler puts out for everybody, and nothing else of what it knows. */
export function worldFrom(model: Model): World {
  const { network } = model;
  const names = machinesOf(model);
  const hosts = network.sites.flatMap((site) => site.hosts).map((host) => host.name);
  const plain = hosts.filter((host) => !names.includes(host));
  return {
    network,
    states: new Map(names.map((name) => [name, project(model, name)])),
    hostRoutes: new Map(plain.map((host) => [host, hostRoutes(model, host)])),
    routerRoutes: new Map(network.sites.map(({ name }) => [name, siteRouterRoutes(model, name)])),
  };
}
