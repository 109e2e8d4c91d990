import type { Address, Prefix } from '#ip';
import type { Machine, Network } from '#spec';
import type { Draft, NsDraft } from './draft.ts';
import { endpointAddress } from './endpoints.ts';
import { internet, type Station } from './plan.ts';
import { routeOut } from './router.ts';
import { usable } from './space.ts';
import { connect } from './uplink.ts';

/** A lone machine: on the internet itself when it has an endpoint, else at home behind a NAT. */
export function addMember(draft: Draft, member: Machine, { segments }: Network): void {
  const ns = draft.namespace(member.name);
  const mtu = member.mtu ?? 1500;
  const edge = member.endpoint
    ? onInternet(draft, member, ns, mtu)
    : atHome(draft, member, ns, mtu);
  const isIn = ({ name }: { readonly name: string }): boolean => name === member.name;
  const segment = segments.find(({ stations }) => stations.some(isIn));
  draft.stations.push({
    name: member.name,
    kind: 'member',
    ...(segment && { segment: segment.name }),
    unit: member.name,
    device: 'eth0',
    mtu,
    addresses: [],
    edge,
  });
}

type Edge = Station['edge'];

function onInternet(draft: Draft, member: Machine, ns: NsDraft, mtu: number): Edge {
  const named = endpointAddress(draft, member);
  const own = draft.families.map((family) =>
    named?.family === family ? named : draft.space.publicAddress(family),
  );
  connect(draft, { unit: member.name, ns, device: 'eth0', mtu, own, routed: [] });
  ns.nft = portMapping(member);
  return { namespace: internet, inner: own, publics: own };
}

/** Where the endpoint's port is not the one WireGuard listens on, something in front translates it. */
function portMapping({ endpoint, listenPort }: Machine): string {
  if (endpoint === undefined || endpoint.port === listenPort) return '';
  return `table inet underlay {
  chain inwards {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "eth0" udp dport ${endpoint.port} redirect to :${listenPort}
  }
}
`;
}

function atHome(draft: Draft, member: Machine, ns: NsDraft, mtu: number): Edge {
  const router = draft.namespace(`router.${member.name}`, true);
  draft.cable(
    { namespace: router.name, device: 'lan' },
    { namespace: ns.name, device: 'eth0' },
    mtu,
  );
  const homes = draft.families.map((family) => draft.space.home(family));
  const places = homes.map((home) => ({ home, ...twoOf(home) }));
  router.interfaces.push({
    device: 'lan',
    addresses: places.map(({ home, gateway }) => `${gateway}/${home.length}`),
  });
  ns.interfaces.push({
    device: 'eth0',
    addresses: places.map(({ home, address }) => `${address}/${home.length}`),
  });
  for (const { home, gateway } of places) {
    const prefix = home.family === 4 ? '0.0.0.0/0' : '::/0';
    ns.routes.push({ prefix, via: `${gateway}`, device: 'eth0' });
  }
  const { name: unit, nat } = member;
  const publics = routeOut(draft, router, {
    unit,
    mtu,
    nat,
    inside: homes,
    forwards: [],
    others: [],
    floating: [],
  });
  return { namespace: router.name, inner: places.map(({ address }) => address), publics };
}

function twoOf(home: Prefix): { gateway: Address; address: Address } {
  const [gateway, address] = usable(home);
  if (!gateway || !address) throw new RangeError(`${home} has no two addresses`);
  return { gateway, address };
}
