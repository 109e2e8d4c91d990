import type { Segment, Station } from '#spec';
import type { Hop, Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { serversOf } from '../project/segments/dhcp.ts';
import { gatewaysOf } from '../project/segments/place.ts';

/** The DHCP servers of ours in a segment, as machines of it. */
export const serversIn = (model: Model, segment: Segment): readonly Station[] =>
  serversOf(model, segment).map(({ site, mac, addresses }) => ({
    name: nameOf(site),
    ...{ site, mac, addresses, isGiven: false, allow: [], tags: [] },
    fields: segment.fields,
    place: segment.sites.find((here) => here.site === site)?.place ?? segment.place,
  }));

/** No name in a file has a space. */
const nameOf = (site: string): string => `DHCP server of ${site}`;

export const isServer = ({ name, site }: Station): boolean => name === nameOf(site);

/** What such a server makes of a flow that reaches it: pings, DHCP of its own site, and names where it is asked for them. */
export function atServer(model: Model, segment: Segment, server: Station, way: Trace): Trace {
  const { site, addresses, name } = server;
  const machine = gatewaysOf(model, segment).get(site)?.name ?? site;
  const { port, source, destination } = way;
  const answers = segment.dns.some((one) => addresses.some((own) => own.equals(one)));
  const asked =
    port.protocol === 'icmp' ||
    (answers && port.first === 53) ||
    (port.protocol === 'udp' && [67, 547].includes(port.first));
  const header = { source, destination };
  const taken = `takes DHCP of its own site, ${answers ? 'names ' : ''}and pings`;
  const reason = `the ${name}, on ${machine}, ${taken}`;
  if (asked) {
    const near: readonly Hop[] = [{ machine: way.from, interface: 'lan', ...header }];
    const hops = [...(way.hops.length > 0 ? way.hops.slice(0, -2) : near), { machine, ...header }];
    return { ...way, verdict: 'allow', hops, back: way.back.slice(1), reason };
  }
  const decision = { machine, counter: 'server' };
  return { ...way, verdict: 'deny', reason: `${reason}, and nothing else`, decision };
}
