import { Address, type Family } from '#ip';
import type { Port } from '#spec';
import type { Decision, Hop, Trace, Verdict } from '../api.ts';
import type { Model, Node } from '../model.ts';
import { tunnelSpace } from '../project/routers/place.ts';
import { familyOf } from '../project/segments/place.ts';
import type { Packet } from './filter.ts';
import { routerWith, traceInward } from './forward.ts';
import { keptByMachine, meaningOnLink } from './on-link.ts';
import { addressesOf, addressIn, type Places, placesOf, type Station } from './places.ts';
import { decisionBy } from './rules.ts';
import { asksRouter, stationOf, traceSegment } from './segment.ts';
import { type Walk, walk } from './walk.ts';

/**
 * What happens to a flow between two machines, there and back, by the compiled states. `to` is a
 * machine or an address. The family is the one given, else the first that both have (IPv4 first).
 * Throws `compile/unknown-machine`.
 */
export function trace(model: Model, from: string, to: string, port: Port, family?: Family): Trace {
  // By the overlay, as the gateways do: their own networks may reach each other, too.
  const carry = (a: Node, b: Node, by: Port): Trace =>
    trace(model, a.name, b.name, by, familyOf(model));
  const router = stationOf(model, from) ? undefined : routerWith(model, to);
  if (router) {
    const sender = placesOf(model).station(from).name;
    return traceInward(model, sender, router, to, port, carry);
  }
  if (meetInSegment(model, from, to) || asksRouter(model, from, to)) {
    return traceSegment(model, from, to, port, carry, family);
  }
  const places = placesOf(model);
  const sender = places.station(from);
  const target = Address.tryParse(to);
  const receiver = target ? places.owner(target) : places.station(to);
  const onLink = target && meaningOnLink(target, stationOf(model, from)?.segment);
  if (onLink) return keptByMachine(sender.name, target, port, onLink);
  const families: readonly Family[] = family ? [family] : target ? [target.family] : [4, 6];
  const shared = families.find(
    (f) => addressIn(sender, f) && (target ?? (receiver && addressIn(receiver, f))),
  );
  const destination = target ?? (receiver && shared && addressIn(receiver, shared));
  if (!shared || !destination) return noFamily(from, to, port, families);
  if (receiver?.name === from) return self(from, destination, port);
  return flow(places, sender, receiver, destination, port, to);
}

/** Members have two places: what they and the machines of their segment say to each other goes by that. */
export function meetInSegment(model: Model, from: string, to: string): boolean {
  const [a, b] = [stationOf(model, from), stationOf(model, to)];
  const isMember = (name: string): boolean => model.nodesByName.has(name);
  if (a && b) return !(isMember(from) && isMember(to));
  return (a !== undefined && !isMember(from)) || (b !== undefined && !isMember(to));
}

/** The families in which two stations can talk to each other. */
export const familiesOf = (a: Station, b: Station): readonly Family[] =>
  ([4, 6] as const).filter((family) => addressIn(a, family) && addressIn(b, family));

function flow(
  places: Places,
  sender: Station,
  receiver: Station | undefined,
  destination: Address,
  port: Port,
  to: string,
): Trace {
  const source = sourceAddress(places, sender, destination) ?? destination;
  const first: Packet = {
    original: { source, destination },
    source,
    destination,
    protocol: port.protocol,
    port: port.protocol === 'icmp' ? 0 : port.first,
    state: 'new',
  };
  const there = walk(places, sender, first);
  const answer: Packet = {
    ...first,
    source: destination,
    destination: source,
    state: 'established',
  };
  const back =
    there.arrived && receiver ? walk(places, receiver, answer, there.tracked) : undefined;
  const found = conclude(there, back);
  const decision = decisionOf(places.model, there, back);
  const mtu = smallest([...there.hops, ...(back?.hops ?? [])]);
  return {
    from: sender.name,
    to: receiver?.name ?? to,
    source: source.toString(),
    destination: destination.toString(),
    port,
    verdict: found.verdict,
    hops: there.hops,
    back: back?.hops ?? [],
    ...(decision && { decision }),
    ...(mtu !== undefined && { mtu }),
    reason: `${explain(found, decision)}${elsewhere(places.model, [...there.hops, ...(back?.hops ?? [])])}`,
  };
}

/** Machines of the way whose own namespaces have no part in it. */
function elsewhere(model: Model, hops: readonly Hop[]): string {
  const names = [...new Set(hops.map(({ machine }) => machine))];
  return names
    .flatMap((name) => {
      const node = model.nodesByName.get(name);
      const space = node && tunnelSpace(model, node);
      return space === undefined ? [] : `; on ${name} all of it is in namespace ${space}`;
    })
    .join('');
}

interface Conclusion {
  readonly verdict: Verdict;
  readonly why: string;
}

function conclude(there: Walk, back: Walk | undefined): Conclusion {
  const denied = [...there.decisions, ...(back?.decisions ?? [])].some((seen) => !seen.accepted);
  if (denied) return { verdict: 'deny', why: there.arrived ? (back?.reason ?? '') : there.reason };
  if (!there.arrived) return { verdict: 'unreachable', why: there.reason };
  if (!back?.arrived) return { verdict: 'unreachable', why: `the answer is lost: ${back?.reason}` };
  return there.enforced || back.enforced
    ? { verdict: 'allow', why: 'it arrives, and the answer returns' }
    : {
        verdict: 'outside',
        why: 'it passes no tunnel of ours, so nothing of ours decides about it',
      };
}

function decisionOf(model: Model, there: Walk, back: Walk | undefined): Decision | undefined {
  const all = [...there.decisions, ...(back?.decisions ?? [])];
  const seen = all.find((one) => !one.accepted) ?? there.decisions.at(-1);
  return seen && decisionBy(model, seen);
}

function explain(found: Conclusion, decision: Decision | undefined): string {
  if (found.verdict === 'deny' && decision?.counter === 'deny') {
    return `no rule of the policy lets it through; ${decision.machine} refuses it`;
  }
  if (found.verdict === 'allow' && decision?.rule) {
    return `rule ${decision.rule} lets it in at ${decision.machine}, and the answer returns`;
  }
  return found.why;
}

const smallest = (hops: readonly Hop[]): number | undefined => {
  const known = hops.flatMap((hop) => hop.mtu ?? []);
  return known.length > 0 ? Math.min(...known) : undefined;
};

/** The address a machine sends from: that of the device its route leaves by. */
function sourceAddress(places: Places, sender: Station, destination: Address): Address | undefined {
  const { family } = destination;
  if (sender.kind === 'host') return addressIn(sender, family);
  const { node } = sender;
  const site = node.unit.site;
  const own = node.machine.addresses.find((a) => a.local.family === family)?.local;
  const onLink = site?.subnets.some(
    ({ local }) => own && local.contains(own) && local.contains(destination),
  );
  const stack = places.stack(node);
  const route = stack.route(destination);
  const tunnel = route && stack.tunnelOn(route.device) !== undefined && !onLink;
  const overlay = node.overlay.find((address) => address.family === family);
  return tunnel ? (overlay ?? own) : (own ?? overlay);
}

const noFamily = (from: string, to: string, port: Port, families: readonly Family[]): Trace => ({
  from,
  to,
  source: '',
  destination: '',
  port,
  verdict: 'unreachable',
  hops: [],
  back: [],
  reason: `${from} and ${to} share no address family (${families.map((f) => `IPv${f}`).join(', ')})`,
});

const self = (name: string, address: Address, port: Port): Trace => ({
  from: name,
  to: name,
  source: address.toString(),
  destination: address.toString(),
  port,
  verdict: 'outside',
  hops: [],
  back: [],
  reason: 'it never leaves the machine',
});

/** Families in which two machines can talk. Throws `compile/unknown-machine`. */
export function sharedFamilies(model: Model, from: string, to: string): readonly Family[] {
  const places = placesOf(model);
  const meet = meetInSegment(model, from, to);
  const familiesFor = (name: string): readonly Family[] => {
    const own = meet ? stationOf(model, name)?.station.addresses : undefined;
    return (own ?? addressesOf(places.station(name))).map((address) => address.family);
  };
  const [mine, theirs] = [familiesFor(from), familiesFor(to)];
  return ([4, 6] as const).filter((family) => mine.includes(family) && theirs.includes(family));
}
