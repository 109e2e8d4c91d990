import { Address, type Family } from '#ip';
import type { Port, Router, Segment, Station } from '#spec';
import type { Trace } from '../api.ts';
import { type Model, unknownMachine } from '../model.ts';
import { deviceIn } from '../project/routers/place.ts';
import { stationsOf } from '../project/segments/stations.ts';
import { knowsRouter } from '../project/segments/strays.ts';
import { meaningOnLink, traceOnLink } from './on-link.ts';
import { somebodyOutside } from './outsiders.ts';
import { placesOf } from './places.ts';
import { hostOf, isListed, routerIn, throughRouter } from './router.ts';
import { atServer, isServer, serversIn } from './server.ts';
import { type Carry, conclude, type Ends, guardsAt, within } from './within.ts';

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
    if (!isOurs || !passes(found)) return found;
    const { segment } = sender;
    return throughRouter(model, router, { segment, target: destination, way: found });
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
  const last = address ?? somebodyOutside(model, router, own.family);
  const flow = { ...leg, destination: String(last) };
  const way = within(model, [sender, ours], leg, flow, carry);
  return throughRouter(model, router, { segment: sender.segment, target: beyond, way });
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
