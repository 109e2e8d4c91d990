import { type Machine, type Port, type Segment, type Station, vxlanPort } from '#spec';
import type { Namespace } from '#state';
import type { Hop, Trace, Verdict } from '../api.ts';
import type { Model, Node } from '../model.ts';
import { tableFor } from '../policy/asked.ts';
import { ruleForPort } from '../policy/ports.ts';
import { pairsAt, type Side } from '../project/segments/known.ts';
import { gatewaysOf, vxlan } from '../project/segments/place.ts';
import { asSeen } from '../project/segments/proxied.ts';
import { segmentSpaces, spaceName } from '../project/segments/space.ts';
import { askPolicy, type Flow } from './policed.ts';
import { routerIn } from './router.ts';
import type { Stationed } from './segment.ts';

/** How a flow fares between the gateways of a segment. */
export type Carry = (from: Node, to: Node, port: Port) => Trace;

export interface Ends {
  readonly from: string;
  readonly to: string;
  readonly port: Port;
  readonly source: string;
  readonly destination: string;
}

export const conclude = (
  ends: Ends,
  verdict: Verdict,
  reason: string,
  more: Partial<Trace> = {},
): Trace => ({ ...ends, verdict, hops: [], back: [], ...more, reason });

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

export const guardsAt = (model: Model, site: string): readonly Machine[] =>
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
