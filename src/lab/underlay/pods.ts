import type { Address, Prefix } from '#ip';
import type { Machine, Site } from '#spec';
import type { Draft, NsDraft } from './draft.ts';
import type { Placed } from './site.ts';
import { firstFree, lastUsable } from './space.ts';

/**
 * The part of a cluster's own network: one pod per node and range, the node forwarding for it, and
 * the way between the pods of one cluster over its LAN.
 */
export function addPods(
  draft: Draft,
  site: Site,
  router: NsDraft,
  placed: readonly Placed[],
): void {
  for (const here of placed) {
    const { machine, ns } = here;
    if (!('pods' in machine) || machine.pods.length === 0) continue;
    ns.forwards = true;
    addPod(draft, site, ns, machine);
    for (const pods of machine.pods) {
      const via = placed.flatMap((other) =>
        other === here ? [] : neighbourRoute(other, here, pods),
      );
      for (const { from, route } of via) from.routes.push(route);
      const address = addressIn(here, pods);
      const device = router.interfaces.find((i) => i.device.startsWith('lan'))?.device;
      if (address && device) router.routes.push({ prefix: `${pods}`, via: `${address}`, device });
    }
  }
}

const addressIn = (placed: Placed, pods: Prefix): Address | undefined =>
  placed.addresses.find(({ address }) => address.family === pods.family)?.address;

function neighbourRoute(from: Placed, to: Placed, pods: Prefix) {
  const isNode = 'pods' in from.machine && from.machine.pods.length > 0;
  const address = addressIn(to, pods);
  const onLink = address && from.addresses.some(({ subnet }) => subnet.contains(address));
  if (!isNode || !onLink) return [];
  return [{ from: from.ns, route: { prefix: `${pods}`, via: `${address}`, device: 'eth0' } }];
}

/** The namespace of a node's pod; `name` as a person types it in `lab exec`. */
export const podName = (node: string): string => `pod.${node}`;

function addPod(draft: Draft, site: Site, node: NsDraft, machine: Machine): void {
  const pod = draft.namespace(podName(machine.name));
  const mtu = site.mtu ?? 1500;
  draft.cable(
    { namespace: node.name, device: 'pods' },
    { namespace: pod.name, device: 'eth0' },
    mtu,
  );
  const own = machine.pods.map((range) => firstFree(range, []) ?? range.first);
  node.interfaces.push({
    device: 'pods',
    addresses: machine.pods.map((range) => `${lastUsable(range)}/${range.length}`),
  });
  pod.interfaces.push({
    device: 'eth0',
    addresses: machine.pods.map((range, index) => `${own[index]}/${range.length}`),
  });
  const defaults = machine.pods.filter(
    (range, index, all) => all.findIndex((other) => other.family === range.family) === index,
  );
  for (const range of defaults) {
    const prefix = range.family === 4 ? '0.0.0.0/0' : '::/0';
    pod.routes.push({ prefix, via: `${lastUsable(range)}`, device: 'eth0' });
  }
  draft.stations.push({
    name: pod.name,
    kind: 'pod',
    unit: site.name,
    node: machine.name,
    device: 'eth0',
    mtu,
    addresses: own,
    edge: { namespace: machine.name, inner: own, publics: [] },
  });
}
