import type { Address } from '#ip';
import type { Station as Machine, Network, Segment, SegmentSite } from '#spec';
import type { Draft } from './draft.ts';
import type { End } from './plan.ts';

const ethernetMtu = 1500;
/** Of a switch, where the gateway's port is plugged in. */
const trunk = 'trunk';

/** What a gateway's port of a segment leads to: a switch, and the segment's machines of that site on it. */
export function addSegments(draft: Draft, { segments, sites, routers }: Network): void {
  for (const segment of segments) {
    const isOurs = routers.some((router) => router.segments.includes(segment.name));
    for (const here of segment.sites) {
      const [gateway] = sites.find(({ name }) => name === here.site)?.gateways ?? [];
      if (gateway) addSwitch(draft, segment, here, gateway.name, isOurs);
    }
  }
}

/** Where a server answers, ours or the cloud's, machines ask it; elsewhere the lab gives them their addresses itself. */
export const asksForAddress = ({ dhcp }: SegmentSite): boolean =>
  dhcp.by !== 'none' && dhcp.addresses.some(({ family }) => family === 4);

/** Whether the lab has a machine that stands for the cloud's own server. */
const isClouds = (here: SegmentSite): boolean => here.dhcp.by === 'cloud' && asksForAddress(here);

/** `isOurs`: its router is one of the file, by which its machines go out. */
function addSwitch(
  draft: Draft,
  segment: Segment,
  here: SegmentSite,
  gateway: string,
  isOurs: boolean,
): void {
  const { site, vlan: tag, port } = here;
  // Segments with tags may share a port: then they share its switch.
  const name = `${tag === undefined ? segment.name : port}.${site}`;
  const ns = draft.find(name) ?? draft.namespace(name);
  const lan = `lan${tag ?? ''}`;
  const machines = segment.stations.filter((station) => station.site === site);
  const isNew = ns.bridges.length === 0;
  const ports = machines.map((_, index) => `p${tag ?? ''}-${index}`);
  const serverPort = `dhcp${tag ?? ''}`;
  const routers = isOurs ? segment.routers : [];
  const at = { name, gateway, here, routers };
  for (const machine of machines) addMachine(draft, segment, machine, at);
  if (isNew) {
    const end = { namespace: gateway, device: port };
    draft.cable({ namespace: name, device: trunk }, end, ethernetMtu);
  }
  for (const [index, machine] of machines.entries()) {
    const end = { namespace: machine.name, device: 'eth0' };
    draft.cable({ namespace: name, device: ports[index] ?? '' }, end, ethernetMtu);
  }
  if (isClouds(here)) addCloudServer(draft, segment, here, { namespace: name, device: serverPort });
  const up = tag === undefined ? trunk : `v${tag}`;
  if (tag !== undefined) ns.vlans.push({ device: up, parent: trunk, tag });
  ns.bridges.push({
    device: lan,
    ports: [up, ...ports, ...(isClouds(here) ? [serverPort] : [])],
    mtu: ethernetMtu,
  });
}

const defaultRoute = (router: Address) => ({
  prefix: router.family === 4 ? '0.0.0.0/0' : '::/0',
  via: `${router}`,
  device: 'eth0',
});

/** With the length of the segment's range. */
function onSegment({ subnets }: Segment, address: Address): string {
  const subnet = subnets.find(({ family }) => family === address.family);
  return `${address}/${subnet?.length ?? 0}`;
}

/** The cloud's own DHCP server: a machine on the port's side of the gateway, as that of Neutron is. */
function addCloudServer(
  draft: Draft,
  segment: Segment,
  { site, dhcp }: SegmentSite,
  at: End,
): void {
  const { name } = draft.namespace(`dhcp.${segment.name}.${site}`);
  draft.find(name)?.interfaces.push({
    device: 'eth0',
    addresses: dhcp.addresses.map((address) => onSegment(segment, address)),
  });
  draft.cable(at, { namespace: name, device: 'eth0' }, ethernetMtu);
  draft.stations.push({
    name,
    kind: 'dhcp',
    unit: site,
    segment: segment.name,
    device: 'eth0',
    mtu: ethernetMtu,
    addresses: dhcp.addresses,
    edge: { namespace: at.namespace, inner: dhcp.addresses, publics: [] },
  });
}

function addMachine(
  draft: Draft,
  segment: Segment,
  { name, site, addresses, mac }: Machine,
  at: {
    readonly name: string;
    readonly gateway: string;
    readonly here: SegmentSite;
    readonly routers: readonly Address[];
  },
): void {
  const asks = asksForAddress(at.here) && addresses.some(({ family }) => family === 4);
  const ns = draft.namespace(name);
  ns.interfaces.push({
    device: 'eth0',
    mac,
    addresses: addresses
      .filter(({ family }) => !(asks && family === 4))
      .map((address) => onSegment(segment, address)),
  });
  // Who asks for an address is told of its router, too.
  const routers = at.routers.filter(({ family }) => !(asks && family === 4));
  ns.routes.push(...routers.map(defaultRoute));
  draft.stations.push({
    name,
    kind: 'segment',
    unit: site,
    segment: segment.name,
    node: at.gateway,
    ...(asks && { asks }),
    device: 'eth0',
    mtu: ethernetMtu,
    addresses,
    edge: { namespace: at.name, inner: addresses, publics: [] },
  });
}
