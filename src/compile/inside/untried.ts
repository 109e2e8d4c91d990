import type { Family } from '#ip';
import type { Router, Segment } from '#spec';
import type { Model, Node } from '../model.ts';
import { untriedOf } from './leaving.ts';
import { portsOf, routersOf, voicesIn } from './voices.ts';

/** So many machines of each site are tried. */
export const mostAtSite = 50;

/** What is not tried, and why. */
export interface Untried {
  readonly what: string;
  readonly why: string;
}

/** What nobody of ours can try, by name. `from`: only what that machine would have. */
export function untriedIn(
  model: Model,
  segment: Segment,
  from: string | undefined,
): readonly Untried[] {
  const isAsked = (node: Node): boolean => from === undefined || node.name === from;
  const voices = voicesIn(model, segment);
  const ports = portsOf(model, segment).filter(({ node }) => isAsked(node));
  const routers = routersOf(model, segment).filter(({ site, segments: [first] }) =>
    ports.some((one) => one.site === site && first === segment.name),
  );
  return [
    {
      what: 'what its machines say to each other',
      why: 'they run nothing of ours, and nobody else may speak for them',
    },
    {
      what: 'what goes by UDP, but for names and DHCP',
      why: 'who has a service there would take what is sent for his',
    },
    ...ports.flatMap(({ site, node }) =>
      voices.some((voice) => voice.site === site)
        ? []
        : [
            {
              what: `from ${site} to the other sites`,
              why: `${node.name} has no address of the segment, and speaks for nobody`,
            },
          ],
    ),
    ...ports.flatMap(({ site }) => untriedDhcp(segment, site, routersOf(model, segment))),
    ...manyAt(segment, from),
    ...routers.flatMap(untriedOf),
  ];
}

/** Of a server of ours the router beside it asks what it tells by IPv4. */
function untriedDhcp(
  { sites }: Segment,
  site: string,
  routers: readonly Router[],
): readonly Untried[] {
  const { dhcp } = sites.find((one) => one.site === site) ?? {};
  if (!dhcp || dhcp.by === 'none') return [];
  const dhcpAt = (family: string, why: string) => [{ what: `DHCP${family} at ${site}`, why }];
  if (dhcp.by === 'cloud') return dhcpAt('', 'its server is the cloud’s');
  const why = 'who asks for an address takes one of the pool';
  const isAsked = routers.some((one) => one.site === site && one.external === undefined);
  const has = (family: Family): boolean => dhcp.addresses.some((own) => own.family === family);
  if (!isAsked)
    return dhcpAt(
      '',
      `${why}, and no router of ours is beside it, which could ask for all but that`,
    );
  return has(6) ? dhcpAt(' by IPv6', why) : [];
}

const manyAt = ({ stations }: Segment, from: string | undefined): readonly Untried[] =>
  from !== undefined
    ? []
    : [...Map.groupBy(stations, ({ site }) => site)].flatMap(([site, all]) =>
        all.length <= mostAtSite
          ? []
          : [
              {
                what: `${all.length - mostAtSite} more machines at ${site}`,
                why: `of each site ${mostAtSite} are tried`,
              },
            ],
      );
