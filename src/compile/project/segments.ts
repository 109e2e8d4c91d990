import { by } from '#base';
import type { Address, Family } from '#ip';
import { type Segment, vxlanPort } from '#spec';
import type { FdbEntry, Namespace, Neighbour, NftMatch, NftRule, NftTable } from '#state';
import { carrierOf, type Model, type Node } from '../model.ts';

/** Names of devices, each alone of its kind in the namespace of its segment. */
const bridge = 'bridge';
const vxlan = 'vxlan';

/** The segments that a machine carries to its site. */
function segmentsAt({ network }: Model, { isCarrier, unit, machine }: Node): readonly Segment[] {
  if (!isCarrier || !unit.site || !machine.managed) return [];
  return network.segments.filter(({ sites }) => sites.some(({ site }) => site === unit.name));
}

/** The gateways of a segment, by site. */
function gatewaysOf(model: Model, { sites }: Segment): ReadonlyMap<string, Node> {
  return new Map(
    sites.flatMap(({ site }) => {
      const unit = model.unitsByName.get(site);
      return unit ? [[site, carrierOf(unit)] as const] : [];
    }),
  );
}

/** The family of the overlay in which all gateways find each other. */
const familyOf = ({ network }: Model): Family =>
  network.overlay.some(({ family }) => family === 4) ? 4 : 6;

/** From where, and to where, a gateway sends VXLAN; absent where it has no overlay address yet. */
const endOf = (model: Model, { overlay }: Node): Address | undefined =>
  overlay.find(({ family }) => family === familyOf(model));

/** The namespaces of the segments that a machine carries. */
export function segmentSpaces(model: Model, node: Node): Readonly<Record<string, Namespace>> {
  return Object.fromEntries(
    segmentsAt(model, node).map((segment) => [
      `hw-${model.network.name}-${segment.name}`,
      spaceOf(model, node, segment),
    ]),
  );
}

function spaceOf(model: Model, node: Node, segment: Segment): Namespace {
  const local = endOf(model, node);
  const here = segment.sites.find(({ site }) => site === node.unit.name);
  const { fdb, neighbours } = farStations(model, node, segment);
  return {
    bridges: { v: 1, items: [{ name: bridge }] },
    vxlans: {
      v: 1,
      items: local
        ? [{ name: vxlan, bridge, vni: segment.vni, port: vxlanPort, local: String(local) }]
        : [],
    },
    fdb: { v: 1, items: local ? [...fdb] : [] },
    neighbours: { v: 1, items: [...neighbours] },
    ports: { v: 1, items: here ? [{ device: here.port, bridge }] : [] },
    nft: { v: 1, items: [borderOf(model)] },
  };
}

interface Far {
  readonly fdb: readonly FdbEntry[];
  readonly neighbours: readonly Neighbour[];
}

/** The machines at the other sites of a segment, and behind whom they are. */
function farStations(model: Model, node: Node, segment: Segment): Far {
  const gateways = gatewaysOf(model, segment);
  const far = segment.stations.filter(({ site }) => site !== node.unit.name);
  const fdb = far.flatMap(({ site, mac }) => {
    const gateway = gateways.get(site);
    const to = gateway && endOf(model, gateway);
    return to ? [{ device: vxlan, mac, to: String(to) }] : [];
  });
  const neighbours = far.flatMap(({ addresses, mac }) =>
    addresses.map((address) => ({ device: bridge, address: String(address), mac })),
  );
  return {
    fdb: fdb.sort(by(({ mac }) => mac)),
    neighbours: neighbours.sort(by(({ address }) => address)),
  };
}

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });

/**
 * Before the hook of `br_netfilter`, at 0: that takes IP out of the bridge's chain, and puts it back behind
 * all that have its priority (br_nf_hook_thresh). It is that of iptables' own bridge filter, too.
 */
const borderPriority = -200;

/** What is for all stays in its site, and so does DHCP, whoever it is for. */
function borderOf({ network }: Model): NftTable {
  const group = is('meta pkttype', ['broadcast', 'multicast']);
  const dhcp = [is('udp dport', ['67', '68', '546', '547'])];
  const stay = (match: NftMatch[]): NftRule[] =>
    ['iifname', 'oifname'].map((side) => ({
      match: [is(side, vxlan), ...match],
      counter: 'border',
      verdict: 'drop',
    }));
  const hook = { type: 'filter', hook: 'forward', priority: borderPriority, policy: 'accept' };
  return {
    family: 'bridge',
    name: `hawser-${network.name}`,
    counters: ['border'],
    sets: [],
    maps: [],
    chains: [{ name: 'forward', hook, rules: [...stay([group]), ...stay(dhcp)] }],
  };
}

/**
 * VXLAN is taken from the other gateways of our segments, by the tunnels, and from nobody else: the
 * kernel's socket takes it from anywhere.
 * Whoever has one segment in common with us may send into all of ours.
 */
export function closeVxlan(
  model: Model,
  node: Node,
  devices: readonly string[],
): { readonly counters: readonly string[]; readonly rules: readonly NftRule[] } {
  const segments = segmentsAt(model, node);
  if (segments.length === 0) return { counters: [], rules: [] };
  const others = segments.flatMap((segment) => [...gatewaysOf(model, segment).values()]);
  const ends = [...new Set(others)]
    .filter((other) => other !== node)
    .flatMap((other) => endOf(model, other) ?? [])
    .sort((a, b) => a.compare(b));
  const toUs = is('udp dport', String(vxlanPort));
  const left = familyOf(model) === 4 ? 'ip saddr' : 'ip6 saddr';
  const known = devices.map(
    (device): NftRule => ({
      match: [toUs, is('iifname', device), is(left, ends.map(String))],
      verdict: 'accept',
    }),
  );
  return {
    counters: ['vxlan'],
    rules: [
      ...(ends.length > 0 ? known : []),
      { match: [toUs], counter: 'vxlan', verdict: 'drop' },
    ],
  };
}

/** All of a network's segments that shapes states, for comparing. */
export const segmentsText = (model: Model): unknown =>
  model.network.segments.map((segment) => [
    segment.name,
    segment.vni,
    segment.sites.map(({ site, port }) => [site, port]),
    segment.stations.map(({ site, mac, addresses }) => [site, mac, addresses.map(String)]),
    [...gatewaysOf(model, segment).values()].map((gateway) => [
      gateway.name,
      String(endOf(model, gateway) ?? ''),
    ]),
  ]);
