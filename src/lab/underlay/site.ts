import type { Address, Family, Prefix } from '#ip';
import type { Host, Machine, Router, Site } from '#spec';
import type { Draft, NsDraft } from './draft.ts';
import { endpointAddress } from './endpoints.ts';
import { type Holding, holdingAt, plugIn } from './holding.ts';
import { type Lan, lansOf } from './lan.ts';
import type { Forward } from './nat.ts';
import type { Station } from './plan.ts';
import { addPods } from './pods.ts';
import { differing, routeOut } from './router.ts';
import { firstFree } from './space.ts';

const ethernetMtu = 1500;

/** A machine on a LAN, with the addresses it has there. */
export interface Placed {
  readonly machine: Machine | Host;
  readonly addresses: readonly { readonly address: Address; readonly subnet: Prefix }[];
  readonly ns: NsDraft;
}

/** A site: its router, its networks, and a namespace for each gateway, node and host on them. */
export function addSite(draft: Draft, site: Site, routers: readonly Router[]): void {
  const router = draft.namespace(`router.${site.name}`, true);
  const mtu = site.mtu ?? ethernetMtu;
  const holding = holdingAt(draft, site, routers);
  const lans = holding?.lans ?? lansOf(site);
  const placed = lans.flatMap((lan, index) =>
    addLan(draft, router, { lan, device: `lan${index}`, mtu, holding }),
  );
  const forwards = placed.flatMap((p) => forwardOf(draft, p));
  const own = routeOut(draft, router, {
    unit: site.name,
    mtu,
    inside: [...new Set(placed.flatMap((p) => p.addresses.map(({ subnet }) => subnet)))],
    forwards,
    nat: site.nat,
    others: differing(
      placed.flatMap(({ machine, addresses }) =>
        'nat' in machine ? addresses.map(({ address }) => ({ address, nat: machine.nat })) : [],
      ),
      site.nat,
    ),
    floating: forwards.map((forward) => forward.publicAddress),
  });
  answerAt(router, forwards);
  draft.stations.push(...placed.map((p) => stationOf(draft, site, p, own, holding)));
  addPods(draft, site, router, placed);
}

interface LanOptions {
  readonly lan: Lan;
  readonly device: string;
  readonly mtu: number;
  readonly holding: Holding | undefined;
}

function addLan(draft: Draft, router: NsDraft, options: LanOptions): readonly Placed[] {
  const { lan, device, mtu, holding } = options;
  const members = [...lan.machines, ...lan.hosts];
  const held = holding?.lan === lan ? holding : undefined;
  const taken = [...members, ...(held ? [held.gateway] : [])].flatMap((m) =>
    m.addresses.map(({ local }) => local),
  );
  const extra = missingFamilies(draft, lan).map((family) => draft.space.home(family));
  const networks = [...lan.subnets, ...extra].map((subnet) => gatewayOf(draft, subnet, taken));
  taken.push(...networks.map(({ gateway }) => gateway));
  const ports = members.map((_, index) => `${device}p${index}`);
  const heldPort = `${device}h`;
  router.bridges.push({ device, ports: [...ports, ...(held ? [heldPort] : [])], mtu });
  router.interfaces.push({
    device,
    addresses: networks.map(({ subnet, gateway }) => addressOn(subnet, gateway)),
  });
  for (const { subnet, gateway } of networks) {
    if (!subnet.contains(gateway)) router.routes.push({ prefix: `${subnet}`, device });
  }
  if (held) plugIn(draft, held, { router, port: heldPort, networks, mtu });
  return members.map((machine, index) => {
    const port = `${device}p${index}`;
    return plug(draft, { router, port, machine, networks, extra, taken, mtu });
  });
}

/** The router's address: the first free one, or one from outside where a subnet has none to spare. */
const gatewayOf = (draft: Draft, subnet: Prefix, taken: readonly Address[]) => ({
  subnet,
  gateway: firstFree(subnet, taken) ?? draft.space.publicAddress(subnet.family),
});

const addressOn = (subnet: Prefix, address: Address): string =>
  `${address}/${subnet.contains(address) ? subnet.length : address.family === 4 ? 32 : 128}`;

/** Families a machine with WireGuard needs towards the internet but has no address of its own in. */
const missingFamilies = (draft: Draft, { machines }: Lan): readonly Family[] =>
  draft.families.filter((family) =>
    machines.some((m) => !m.addresses.some(({ local }) => local.family === family)),
  );

interface Plug {
  readonly router: NsDraft;
  readonly port: string;
  readonly machine: Machine | Host;
  readonly networks: readonly { readonly subnet: Prefix; readonly gateway: Address }[];
  /** Networks in which machines with WireGuard get an address the file does not give. */
  readonly extra: readonly Prefix[];
  readonly taken: Address[];
  readonly mtu: number;
}

function plug(draft: Draft, { router, port, machine, networks, extra, taken, mtu }: Plug): Placed {
  const ns = draft.namespace(machine.name);
  const isMachine = 'listenPort' in machine;
  draft.cable(
    { namespace: router.name, device: port },
    { namespace: ns.name, device: 'eth0' },
    (isMachine ? machine.mtu : undefined) ?? mtu,
  );
  const addresses: { address: Address; subnet: Prefix }[] = [];
  for (const { subnet, gateway } of networks) {
    const given = machine.addresses.find(({ local }) => subnet.contains(local))?.local;
    const address =
      given ?? (isMachine && extra.includes(subnet) ? take(subnet, taken) : undefined);
    const double = addresses.some((other) => other.address.family === subnet.family);
    if (address === undefined || double) continue;
    addresses.push({ address, subnet });
    const prefix = subnet.family === 4 ? '0.0.0.0/0' : '::/0';
    ns.routes.push({ prefix, via: `${gateway}`, device: 'eth0' });
  }
  ns.interfaces.push({
    device: 'eth0',
    addresses: addresses.map(({ address, subnet }) => `${address}/${subnet.length}`),
  });
  return { machine, addresses, ns };
}

function take(subnet: Prefix, taken: Address[]): Address | undefined {
  const address = firstFree(subnet, taken);
  if (address) taken.push(address);
  return address;
}

function forwardOf(draft: Draft, { machine, addresses }: Placed): readonly Forward[] {
  if (!('listenPort' in machine) || !machine.endpoint) return [];
  const publicAddress = endpointAddress(draft, machine);
  const local = addresses.find(({ address }) => address.family === publicAddress?.family)?.address;
  if (publicAddress === undefined || local === undefined) return [];
  const { port: publicPort } = machine.endpoint;
  return [{ publicAddress, publicPort, local, localPort: machine.listenPort }];
}

/** The router itself answers a ping to a floating address. */
function answerAt(router: NsDraft, forwards: readonly Forward[]): void {
  const floating = forwards.filter((f) => !f.publicAddress.equals(f.local));
  const addresses = floating.map(({ publicAddress: a }) => `${a}/${a.family === 4 ? 32 : 128}`);
  router.interfaces.push({ device: 'lo', addresses: [...new Set(addresses)] });
}

function stationOf(
  draft: Draft,
  site: Site,
  placed: Placed,
  own: readonly Address[],
  holding: Holding | undefined,
): Station {
  const { machine, addresses } = placed;
  const { addresses: answering } =
    machine.name === holding?.gateway.name ? holding.gateway : machine;
  const floating = forwardOf(draft, placed).map((forward) => forward.publicAddress);
  const others = own.filter((a) => !floating.some((f) => f.family === a.family));
  return {
    name: machine.name,
    kind: 'kind' in machine ? machine.kind : 'host',
    unit: site.name,
    device: 'eth0',
    mtu: ('listenPort' in machine ? machine.mtu : undefined) ?? site.mtu ?? ethernetMtu,
    addresses: answering.map(({ local }) => local),
    edge: {
      namespace: `router.${site.name}`,
      inner: addresses.map(({ address }) => address),
      publics: [...floating, ...others],
    },
  };
}
