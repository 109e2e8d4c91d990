import type { Network } from '#spec';
import type { Draft } from './draft.ts';
import { machinesIn } from './endpoints.ts';
import { internet } from './plan.ts';
import { connect } from './uplink.ts';

const mtu = 1500;

/** What a lab calls the machine of its server: `server`, where the file calls nothing else so. */
export function serverName({ sites, ...network }: Network): string {
  const taken = new Set([
    ...sites.flatMap((site) => [site.name, ...site.hosts.map(({ name }) => name)]),
    ...machinesIn({ ...network, sites }).map(({ name }) => name),
  ]);
  let name = 'server';
  while (taken.has(name)) name = `hawser-${name}`;
  return name;
}

/** A machine on the internet itself, which agents reach from behind whatever NAT they have. */
export function addServer(draft: Draft, name: string): void {
  const ns = draft.namespace(name);
  const own = draft.families.map((family) => draft.space.publicAddress(family));
  connect(draft, { unit: name, ns, device: 'eth0', mtu, own, routed: [] });
  draft.stations.push({
    name,
    kind: 'server',
    unit: name,
    device: 'eth0',
    mtu,
    addresses: own,
    edge: { namespace: internet, inner: own, publics: own },
  });
}
