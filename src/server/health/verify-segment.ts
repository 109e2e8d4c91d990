import type { Verified } from '#api';
import type { AskedForOptions, Leaving, OnPort, SegmentPart } from '#compile';
import { formatPort } from '#spec';
import { type Ask, arrived, how, ofFlows, ofName, reach, type Trial, tryAll } from './verify.ts';

/** What the agent of one machine tries of a segment. @throws as `ask` */
export const verifySegment = (part: SegmentPart, ask: Ask): Promise<Verified[]> =>
  tryAll(trialsIn(part), ask);

function trialsIn(part: SegmentPart): readonly Trial[] {
  const { space, flows, names, stations, leaving, dhcp, isLookedAt } = part;
  const where = space === undefined ? {} : { space };
  return [
    ...ofFlows(flows, where),
    ...names.map(({ server, ...name }) => ofName(name, { server, ...where })),
    ...(space === undefined
      ? []
      : [
          ...stations.map((station) => trialOfStation(station, space)),
          ...dhcp.map((one) => ofDhcp(one, space)),
          ...leaving.map((one) => ofLeaving(one, space)),
          ...(isLookedAt ? [ofSpace(space)] : []),
        ]),
  ];
}

/** Whom the file has on the port of a site answers its gateway. */
export const trialOfStation = ({ to, mac, address }: OnPort, space: string): Trial => ({
  question: { id: 0, kind: 'station', space, mac, address },
  about: { to, target: address, what: address.includes(':') ? 'nd' : 'arp' },
  wrongOf: ({ outcome, error }) =>
    outcome === 'answered'
      ? undefined
      : `it does not answer at its site as ${mac}${error === undefined ? '' : ` (${error})`}`,
});

/** A server of ours tells who has an address already all but that. */
const ofDhcp = ({ to, server, address, mac }: AskedForOptions, space: string): Trial => ({
  question: { id: 0, kind: 'dhcp', space, server, address, mac },
  about: { to, target: server, what: 'dhcp' },
  wrongOf: (answer) =>
    answer.outcome === 'answered' ? undefined : `it gives no addresses: it was ${how(answer)}`,
});

/** Who answers no echo may have his reasons; who is on the list with a port should answer there. */
function ofLeaving(leaving: Leaving, space: string): Trial {
  const { to, port, isAny } = leaving;
  const at = { space, ...(port?.protocol === 'tcp' && { port: port.first }) };
  const isNamed = 'host' in leaving;
  return {
    question: isNamed
      ? { id: 0, kind: 'outside', host: leaving.host, ...at }
      : reach({ address: leaving.address, ...at }),
    about: {
      ...{ to, target: isNamed ? leaving.host : leaving.address },
      what: `egress ${port ? formatPort(port) : 'icmp'}`,
    },
    wrongOf: (answer) =>
      arrived(answer) || (isAny && answer.outcome === 'silent')
        ? undefined
        : `it is on the list, but was ${how(answer)}`,
  };
}

/** Nothing is sent to whom the list does not name: that nothing would pass is what the filters say, if they are as they should be. */
const ofSpace = (space: string): Trial => ({
  question: { id: 0, kind: 'holds', space },
  about: { to: space, target: space, what: 'filters' },
  wrongOf: ({ differs, error }) => {
    if (!differs) return `could not be looked at: ${error ?? 'nothing was said'}`;
    return differs.length === 0 ? undefined : `is not as the file says: ${differs.join('; ')}`;
  },
});
