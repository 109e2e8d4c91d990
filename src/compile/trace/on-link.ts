import { Address, Prefix } from '#ip';
import type { Port, Segment, SegmentSite } from '#spec';
import type { Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { gatewaysOf } from '../project/segments/place.ts';
import { knowsRouter, routersFoundAt } from '../project/segments/strays.ts';
import type { Stationed } from './segment.ts';
import { atServer, serversIn } from './server.ts';
import { guardsAt } from './within.ts';

/** Addresses that mean something on one link alone (RFC 919, RFC 1112, RFC 3927, RFC 4291). */
const onLink = [
  ['255.255.255.255/32', 'for all on the link'],
  ['224.0.0.0/4', 'a multicast address'],
  ['169.254.0.0/16', 'an address of the link'],
  ['ff00::/8', 'a multicast address'],
  ['fe80::/10', 'an address of the link'],
].map(([text = '', meaning = '']) => ({ prefix: Prefix.parse(text), meaning }));

const isGroup = (meaning: string): boolean => meaning !== 'an address of the link';

/** What an address is that no router leads to, and no tunnel; in a segment its subnets have one, too. */
export function meaningOnLink(address: Address, segment?: Segment): string | undefined {
  const isBroadcast = segment?.subnets.some(
    (subnet) => subnet.family === 4 && subnet.length < 31 && subnet.last.equals(address),
  );
  if (isBroadcast) return `the broadcast address of segment ${segment?.name}`;
  return onLink.find(({ prefix }) => prefix.contains(address))?.meaning;
}

/** What goes no further than a link of a machine of ours, which hands it to no tunnel. */
export const keptByMachine = (from: string, address: Address, port: Port, what: string): Trace => ({
  ...{ from, to: String(address), source: '', destination: String(address), port },
  ...{ verdict: 'unreachable', hops: [], back: [] },
  reason: `${address} is ${what}: it goes no further than a link of ${from}, and no tunnel carries it`,
});

/** What a machine of a segment sends to its link: it stays on the switch of its site, but where the segment floods. */
export function traceOnLink(model: Model, end: Stationed, address: Address, port: Port): Trace {
  const { station, segment } = end;
  const { site } = station;
  const what = meaningOnLink(address, segment) ?? '';
  const source = station.addresses.find(({ family }) => family === address.family);
  const found = {
    ...{ from: station.name, to: String(address), port, hops: [], back: [] },
    ...{ source: String(source ?? ''), destination: String(address) },
  };
  const here = segment.sites.find((one) => one.site === site);
  const gateway = gatewaysOf(model, segment).get(site)?.name ?? site;
  if (isGroup(what) && asksForAddress(port)) {
    return atDhcp(model, segment, here, { ...found, verdict: 'outside', reason: '' });
  }
  const hears = isGroup(what)
    ? 'who is there hears it'
    : `who has it there is reached${butNotBy(model, end, address)}; a router of ours refuses it`;
  const floods = segment.flood && here?.mode === 'bridge' && isGroup(what);
  const reason = floods
    ? `${address} is ${what}: the segment floods, so the sites in bridge mode hear it`
    : `not enforced: ${address} is ${what}, and stays on the switch of ${site}, where ${hears}; the border at ${gateway} drops it`;
  return { ...found, verdict: floods ? 'allow' : 'outside', reason };
}

/** What the guards of machines' ports leave of that: they look up who has an address, and for one of the link cannot. */
function butNotBy(model: Model, { station }: Stationed, { family }: Address): string {
  const names = guardsAt(model, station.site).map(({ name }) => name);
  if (names.length === 0) return '';
  const ports = `ports that ${names.join(', ')} has`;
  const segments = model.network.segments.filter(({ sites }) =>
    sites.some(({ site }) => site === station.site),
  );
  if (family === 6) {
    const routers = routersFoundAt(model, segments, station.site);
    if (!model.policy || routers.includes(station.mac)) return '';
    const most = routers.length > 0 ? ' but what a router of the segment sends or hears' : '';
    return `, but not by the ${ports}: as there is a policy, nothing${most} passes them by such an address`;
  }
  return segments.every((one) => knowsRouter(model, one, station.site, family))
    ? `, but not by the ${ports}: no such address passes them`
    : `, but no machine of the file by the ${ports}`;
}

const asksForAddress = (port: Port): boolean =>
  port.protocol === 'udp' && [67, 547].includes(port.first);

/** Who answers a machine that asks all of its site for an address. */
function atDhcp(
  model: Model,
  segment: Segment,
  here: SegmentSite | undefined,
  found: Trace,
): Trace {
  const stays = 'DHCP stays in its site';
  const family = Address.parse(found.destination).family;
  const [dhcp, site] = [here?.dhcp, here?.site ?? ''];
  const own = dhcp?.addresses.filter((address) => address.family === family) ?? [];
  const server = serversIn(model, segment).find((one) => one.site === site);
  if (server && own.length > 0) {
    const way = atServer(model, segment, server, found);
    return { ...way, reason: `${stays}: ${way.reason}` };
  }
  const isCloud = dhcp?.by === 'cloud' && (own.length > 0 || dhcp.addresses.length === 0);
  const where = own.length > 0 ? `, at ${own.join(', ')},` : '';
  const who = isCloud
    ? `the cloud of ${site} answers there${where} as it sees fit`
    : `by the file nobody answers at ${site} for IPv${family}`;
  return { ...found, reason: `not enforced: ${stays}, and ${who}` };
}
