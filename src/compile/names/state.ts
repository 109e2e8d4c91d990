import type { Namespace } from '#state';
import { laneOf } from '../lanes.ts';
import type { Model, Node } from '../model.ts';
import { resolversOf, serversFor } from './resolvers.ts';
import { reverseDomains } from './reverse.ts';
import { nameTable } from './table.ts';

type Resolution = Pick<Namespace, 'names' | 'resolvers' | 'splitDns'>;

/** What a machine answers to others and asks itself; nothing without `dns`. */
export function resolutionOf(model: Model, node: Node): Resolution {
  const { dns } = model.network;
  if (!dns) return {};
  const servers = serversFor(model, node).map(String);
  const domains = [dns.zone, ...reverseDomains(model).map((domain) => `~${domain}`)];
  const { interface: device } = laneOf(model, node, node.home);
  const forwards = dns.forward.length > 0 && { forwards: true };
  const asks = servers.length > 0 && {
    splitDns: { v: 1 as const, items: [{ device, servers, domains, ...forwards }] },
  };
  if (!node.machine.managed) return { ...asks };
  const answers = resolversOf(model).includes(node);
  const hostsFile = dns.hostsFile === 'auto' && servers.length === 0 ? 'always' : dns.hostsFile;
  return {
    ...asks,
    ...(answers && { resolvers: { v: 1, items: [resolverAt(model, node)] } }),
    ...((answers || hostsFile !== 'never') && {
      names: { v: 1, hostsFile, items: nameTable(model) },
    }),
  };
}

/** What a plain host with an agent has: it has no device of ours to ask by. */
export function hostResolution(model: Model): Resolution {
  const { dns } = model.network;
  if (!dns || dns.hostsFile === 'never') return {};
  return { names: { v: 1, hostsFile: 'always', items: nameTable(model) } };
}

const resolverAt = (model: Model, { overlay }: Node) => ({
  name: 'resolver',
  listen: overlay.map(String),
  zones: [model.network.dns?.zone ?? '', ...reverseDomains(model)],
  forward: (model.network.dns?.forward ?? []).map(String),
});
