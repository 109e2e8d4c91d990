import { Address, type Family } from '#ip';
import { type Machine, type Port, type Router, type Segment, type Station, vxlanPort } from '#spec';
import type { Namespace } from '#state';
import type { Hop, Trace, Verdict } from '../api.ts';
import { type Model, type Node, unknownMachine } from '../model.ts';
import { tableFor } from '../policy/asked.ts';
import { ruleForPort } from '../policy/ports.ts';
import { deviceIn } from '../project/routers/place.ts';
import { pairsAt, type Side } from '../project/segments/known.ts';
import { gatewaysOf, vxlan } from '../project/segments/place.ts';
import { asSeen } from '../project/segments/proxied.ts';
import { segmentSpaces, spaceName } from '../project/segments/space.ts';
import { stationsOf } from '../project/segments/stations.ts';
import { knowsRouter } from '../project/segments/strays.ts';
import { meaningOnLink, traceOnLink } from './on-link.ts';
import { placesOf } from './places.ts';
import { askPolicy, type Flow } from './policed.ts';
import { atRouter, hostOf, isListed, routerIn, throughRouter } from './router.ts';
import { atServer, isServer, serversIn } from './server.ts';

/** A machine of a segment, with its segment. */
export interface Stationed {
  readonly station: Station;
  readonly segment: Segment;
}

const remembered = new WeakMap<Model, ReadonlyMap<string, Stationed>>();

/** The machines of all segments by their names and their addresses. */
function stationed(model: Model): ReadonlyMap<string, Stationed> {
  const known = remembered.get(model);
  if (known) return known;
  const all = new Map(
    model.network.segments.flatMap((segment) =>
      [...stationsOf(model, segment), ...serversIn(model, segment)].flatMap((station) =>
        [station.name, ...station.addresses.map(String)].map((key): [string, Stationed] => [
          key,
          { station, segment },
        ]),
      ),
    ),
  );
  remembered.set(model, all);
  return all;
}

/** The machine of a segment that has this name or this address. */
export const stationOf = (model: Model, name: string): Stationed | undefined =>
  stationed(model).get(name);

/** How a flow fares between the gateways of a segment. */
export type Carry = (from: Node, to: Node, port: Port) => Trace;

interface Ends {
  readonly from: string;
  readonly to: string;
  readonly port: Port;
  readonly source: string;
  readonly destination: string;
}

const conclude = (
  ends: Ends,
  verdict: Verdict,
  reason: string,
  more: Partial<Trace> = {},
): Trace => ({ ...ends, verdict, hops: [], back: [], ...more, reason });

/**
 * What happens to a flow from or to a machine of a segment. Within a site it passes the site's own switch;
 * to another, the borders of both gateways and the tunnel between them. Nothing leads out but a router of ours, and
 * nothing in.
 */
export function traceSegment(
  model: Model,
  from: string,
  to: string,
  port: Port,
  carry: Carry,
  family?: Family,
): Trace {
  const sender = senderOf(model, from, to);
  const target = Address.tryParse(to);
  const router = sender && routerIn(model, sender.segment.name);
  const host = hostOf(router, to);
  for (const name of host ? [from] : [from, to]) checkName(model, name);
  // A router of several segments is a machine of each.
  const ours = router && routerOf(model, sender, router);
  const receiver = to === router?.name ? ours : stationOf(model, to);
  if (sender && target && meaningOnLink(target, sender.segment)) {
    return traceOnLink(model, sender, target, port);
  }
  const [source, destination] = pairOf(sender, receiver, family ?? target?.family);
  const ends: Ends = {
    from: sender?.station.name ?? from,
    to: receiver?.station.name ?? to,
    port,
    source: String(source ?? ''),
    destination: String(destination ?? target ?? ''),
  };
  if (sender && receiver?.segment === sender.segment) {
    if (!source || !destination) {
      return conclude(ends, 'unreachable', `${from} and ${to} share no address family`);
    }
    const isOurs = router && receiver.station.name === router.name && sender !== receiver;
    const found = within(model, [sender, receiver], ends, ends, carry);
    if (isServer(receiver.station) && sender.station !== receiver.station && passes(found)) {
      return atServer(model, sender.segment, receiver.station, found);
    }
    return isOurs && passes(found) ? atRouter(model, router, found) : found;
  }
  const address = target ?? receiver?.station.addresses[0];
  const beyond = host ?? address;
  if (!sender || !ours || !router || !beyond || (address && isOf(sender, address))) {
    return conclude(ends, 'unreachable', apart(model, sender, receiver, to));
  }
  const [own, next] = pairOf(sender, ours, address?.family ?? family);
  if (!own || !next) {
    const by = address ? ` by IPv${address.family}` : '';
    return conclude(ends, 'unreachable', `${from} has no way to its router${by}`);
  }
  if (isAlone(model, sender) && !leavesBySegment(model, sender, beyond)) {
    const reason = `${ends.from} has no route to ${to} by router ${router.name}: a member has those to ranges of its list alone, and goes to all else by its own way`;
    return conclude(ends, 'unreachable', reason);
  }
  const leg = { ...ends, source: String(own), destination: String(next) };
  // What a name stands for is outside, whatever that is.
  const outside = own.family === 4 ? '0.0.0.0' : '::';
  const flow = { ...leg, destination: String(address ?? outside) };
  return throughRouter(model, router, beyond, within(model, [sender, ours], leg, flow, carry));
}

/** A router of several segments sends from that in which the other end is. */
function senderOf(model: Model, from: string, to: string): Stationed | undefined {
  const [sender, receiver] = [stationOf(model, from), stationOf(model, to)];
  const router = sender && routerIn(model, sender.segment.name);
  if (!receiver || !router || router.name !== sender.station.name) return sender;
  return router === routerIn(model, receiver.segment.name)
    ? routerOf(model, receiver, router)
    : sender;
}

const isAlone = ({ nodesByName }: Model, { station }: Stationed): boolean =>
  nodesByName.has(station.name);

/** Whether what a member sends to somebody goes into its segment: its routes say so, and know no names. */
function leavesBySegment(
  model: Model,
  { station, segment }: Stationed,
  target: Address | { readonly host: string },
): boolean {
  const node = model.nodesByName.get(station.name);
  if (!node || 'host' in target) return false;
  return placesOf(model).stack(node).route(target)?.device === deviceIn(segment);
}

/** Whether the way to somebody outside is to be looked for at the router of a member's segment. */
export function asksRouter(model: Model, from: string, to: string): boolean {
  const sender = stationOf(model, from);
  if (!sender || !isAlone(model, sender)) return false;
  const router = routerIn(model, sender.segment.name);
  const target = Address.tryParse(to) ?? hostOf(router, to);
  if (!router || !target) return false;
  return isListed(model, router, target) || leavesBySegment(model, sender, target);
}

const passes = ({ verdict }: Trace): boolean => verdict === 'allow' || verdict === 'outside';

const isOf = ({ segment }: Stationed, address: Address): boolean =>
  segment.subnets.some((subnet) => subnet.contains(address));

/** The router of a machine's segment, as a machine of it. */
export function routerOf(
  model: Model,
  { segment }: Stationed,
  { name }: Router,
): Stationed | undefined {
  const station = stationsOf(model, segment).find((one) => one.name === name);
  return station && { station, segment };
}

/** Between two machines of one segment. `flow`: what they send each other, which may be for whom a router leads to. */
export function within(
  model: Model,
  pair: readonly [Stationed, Stationed],
  ends: Ends,
  flow: Flow,
  carry: Carry,
): Trace {
  const [sender, receiver] = pair;
  if (sender.station.name === receiver.station.name) {
    return conclude(ends, 'outside', 'it never leaves the machine');
  }
  if (sender.station.site === receiver.station.site) {
    const gateway = bridgeBetween(model, pair);
    return gateway
      ? overBridge(model, gateway, sender.segment, ends, flow)
      : conclude(ends, 'outside', beside(model, sender.station.site, flow));
  }
  return across(model, pair, ends, flow, carry);
}

/** The gateway on whose bridge two machines of one site meet: that of a router of ours, if one of them is it. */
function bridgeBetween(model: Model, [a, b]: readonly [Stationed, Stationed]): Node | undefined {
  const router = routerIn(model, a.segment.name)?.name;
  const isOurs = [a, b].some(({ station }) => station.name === router);
  return isOurs ? gatewaysOf(model, a.segment).get(a.station.site) : undefined;
}

/** Between a router of ours and a machine of its site. */
function overBridge(
  model: Model,
  node: Node,
  segment: Segment,
  { port, ...ends }: Ends,
  flow: Flow,
): Trace {
  const refused = refusedBy(model, [node], segment, flow);
  if (refused) return conclude({ ...ends, port }, 'deny', refused.reason, refused);
  const decision = askPolicy(model, node.name, spaceOf(model, node, segment), flow)?.decision;
  const by = decision?.rule === undefined ? '' : `; rule ${decision.rule} lets it pass`;
  const reason = `they meet on the bridge of ${node.name}${decision ? by : '; there is no policy'}`;
  const { from, to, source, destination } = ends;
  const way = (names: readonly string[], header: Pick<Hop, 'source' | 'destination'>) =>
    names.map((machine, i) => ({ machine, ...(i < 2 && { interface: 'lan' }), ...header }));
  return conclude({ ...ends, port }, 'allow', reason, {
    ...(decision && { decision }),
    hops: way([from, node.name, to], { source, destination }),
    back: way([to, node.name, from], { source: destination, destination: source }),
  });
}

/** The first of these gateways at which the policy refuses a flow. */
function refusedBy(model: Model, gateways: readonly Node[], segment: Segment, flow: Flow) {
  for (const node of gateways) {
    const found = askPolicy(model, node.name, spaceOf(model, node, segment), flow);
    if (!found || found.accepted) continue;
    const reason = `no rule of the policy lets it through; ${node.name} drops it at the border of the segment`;
    return { decision: found.decision, reason };
  }
  return undefined;
}

/** Why a flow passes the borders, and by which rule. */
function passedBy(model: Model, [near, far]: readonly [Node, Node], segment: Segment, flow: Flow) {
  const known = `${near.name} and ${far.name} know both at their borders by MAC address and address`;
  const decision = askPolicy(model, far.name, spaceOf(model, far, segment), flow)?.decision;
  if (!decision) return { reason: `${known}; there is no policy` };
  const by = decision.rule === undefined ? '' : `; rule ${decision.rule} lets it pass at both`;
  return { reason: `${known}${by}`, decision };
}

function checkName(model: Model, name: string): void {
  if (Address.tryParse(name) || stationOf(model, name)) return;
  if (model.nodesByName.has(name) || model.hostsByName.has(name)) return;
  throw unknownMachine(model, name);
}

/** Addresses of one family, the first that both have. */
function pairOf(
  sender: Stationed | undefined,
  receiver: Stationed | undefined,
  wanted: Family | undefined,
): readonly (Address | undefined)[] {
  const of = (end: Stationed | undefined, family: Family): Address | undefined =>
    end?.station.addresses.find((address) => address.family === family);
  const families = wanted ? [wanted] : ([4, 6] as const);
  const shared = families.find((family) => of(sender, family) && of(receiver, family));
  return shared ? [of(sender, shared), of(receiver, shared)] : [];
}

/** What is said of two machines of one site. */
function beside(model: Model, site: string, flow: Flow): string {
  const guards = guardsAt(model, site);
  if (guards.length === 0) {
    const what = model.policy
      ? 'nothing of ours is between them, so no policy is asked'
      : 'nothing of ours is between them';
    return `not enforced: both are on the switch of ${site}, and ${what}`;
  }
  const names = guards.map(({ name }) => name).join(', ');
  const what = `not enforced: both are on the switch of ${site}; where ${names} has their ports, neither speaks for another`;
  const table = tableFor(model, flow);
  if (!table) return what;
  const rule = ruleForPort(table, flow.port);
  return rule
    ? `${what}, and rule ${rule.id} lets it pass`
    : `${what}, and what no rule of the policy lets through is dropped, as this is`;
}

/** Why a flow finds no way: its ends are not of one segment. */
function apart(
  model: Model,
  from: Stationed | undefined,
  to: Stationed | undefined,
  name: string,
): string {
  if (from && to) return `nothing leads from segment ${from.segment.name} to ${to.segment.name}`;
  if (!from) return `nothing leads from outside into segment ${to?.segment.name}`;
  const { segment, station } = from;
  const target = Address.tryParse(name);
  if (!target || !segment.subnets.some((subnet) => subnet.contains(target))) {
    const what = `${name} is not in segment ${segment.name}: how it goes on from its router stands in no file`;
    return `${what}${unknownWay(model, from, target)}`;
  }
  const here = segment.sites.find(({ site }) => site === station.site);
  const home = segment.sites.find(({ dhcp }) => dhcp.addresses.some((own) => own.equals(target)));
  if (home) {
    const what = `${name} is the DHCP server of the cloud at ${home.site}`;
    return home === here
      ? `${what}: nothing of ours is between them, and whether it answers is for the cloud to say`
      : `${what}, and nothing for it crosses the border`;
  }
  return here?.pools.some((pool) => pool.contains(target))
    ? `${name} is no machine of the file; one that is at ${station.site} would be reached, not enforced`
    : `${name} is no machine of the file, and nothing for it crosses the border`;
}

/** What guarded ports cannot know of who leads out. */
function unknownWay(
  model: Model,
  { station: { site }, segment }: Stationed,
  target: Address | undefined,
): string {
  const [guard] = guardsAt(model, site);
  const families = target ? [target.family] : ([4, 6] as const);
  if (!guard || families.every((family) => knowsRouter(model, segment, site, family))) return '';
  return `, nor by which MAC address it is found at ${site}; where ${guard.name} has the port, no other machine of the file leads there, and of all others that is not enforced`;
}

const guardsAt = (model: Model, site: string): readonly Machine[] =>
  model.sitesByName.get(site)?.gateways.filter(({ taps }) => taps.length > 0) ?? [];

const dhcpPorts = [67, 68, 546, 547];

/** What stays in its site whoever it is for. */
export const isDhcp = (port: Port): boolean =>
  port.protocol === 'udp' && dhcpPorts.includes(port.first);

function across(
  model: Model,
  [{ station: sender, segment }, { station: receiver }]: readonly [Stationed, Stationed],
  ends: Ends,
  flow: Flow,
  carry: Carry,
): Trace {
  const gateways = gatewaysOf(model, segment);
  const [near, far] = [gateways.get(sender.site), gateways.get(receiver.site)];
  if (!near || !far) return conclude(ends, 'unreachable', 'a site of the segment has no gateway');
  const { port, source, destination } = ends;
  if (isDhcp(port)) {
    const decision = { machine: near.name, counter: 'border' };
    const reason = `DHCP stays in its site; the border at ${near.name} drops it`;
    return conclude(ends, 'deny', reason, { decision });
  }
  const pair = (station: Station, address: string): string => `${station.mac} . ${address}`;
  const seen = asSeen(model, segment);
  const crossings = [
    { node: near, side: 'near', is: pair(sender, source) },
    { node: far, side: 'far', is: pair(seen(sender), source) },
    { node: far, side: 'near', is: pair(receiver, destination) },
    { node: near, side: 'far', is: pair(seen(receiver), destination) },
  ] as const;
  const stranger = crossings.find(
    ({ node, side, is }) => !admits(spaceOf(model, node, segment), side, is),
  );
  if (stranger) {
    const decision = { machine: stranger.node.name, counter: 'spoofed' };
    const reason = `the border at ${stranger.node.name} does not know ${stranger.is}`;
    return conclude(ends, 'deny', reason, { decision });
  }
  const refused = refusedBy(model, [near, far], segment, flow);
  if (refused) return conclude(ends, 'deny', refused.reason, refused);
  const legs = [carry(near, far, vxlanBetween), carry(far, near, vxlanBetween)];
  const lost = legs.find(({ verdict }) => verdict !== 'allow');
  if (lost) {
    const reason = `the tunnel from ${lost.from} to ${lost.to} does not carry it: ${lost.reason}`;
    return conclude(ends, lost.verdict === 'deny' ? 'deny' : 'unreachable', reason, {
      ...(lost.decision && { decision: lost.decision }),
    });
  }
  const passed = passedBy(model, [near, far], segment, flow);
  return conclude(ends, 'allow', passed.reason, {
    ...passed,
    hops: hopsOf(ends, sender, near, far, receiver),
    back: hopsOf(
      { ...ends, source: destination, destination: source },
      receiver,
      far,
      near,
      sender,
    ),
  });
}

const vxlanBetween: Port = { protocol: 'udp', first: vxlanPort, last: vxlanPort };

function hopsOf(
  { source, destination }: Pick<Ends, 'source' | 'destination'>,
  from: Station,
  near: Node,
  far: Node,
  to: Station,
): readonly Hop[] {
  const header = { source, destination };
  const isAlone = ({ name }: Station, gateway: Node): boolean => name === gateway.name;
  return [
    ...(isAlone(from, near) ? [] : [{ machine: from.name, interface: 'lan', ...header }]),
    { machine: near.name, interface: vxlan, peer: far.name, ...header },
    ...(isAlone(to, far) ? [] : [{ machine: far.name, interface: 'lan', ...header }]),
    { machine: to.name, ...header },
  ];
}

const spaces = new WeakMap<Node, Readonly<Record<string, Namespace>>>();

/** What a gateway is told of a segment; a node is of one model alone. */
function spaceOf(model: Model, node: Node, segment: Segment): Namespace | undefined {
  const known = spaces.get(node) ?? segmentSpaces(model, node);
  spaces.set(node, known);
  return known[spaceName(model, segment)];
}

const admitted = new WeakMap<readonly string[], ReadonlySet<string>>();

function admits(space: Namespace | undefined, side: Side, pair: string): boolean {
  const names = [pairsAt(side, 4), pairsAt(side, 6)];
  return (space?.nft?.items ?? [])
    .flatMap(({ sets }) => sets)
    .filter(({ name }) => names.includes(name))
    .some(({ elements }) => {
      const known = admitted.get(elements) ?? new Set(elements);
      admitted.set(elements, known);
      return known.has(pair);
    });
}
