import type { Segment } from '#spec';
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
    ...ports.flatMap(({ site }) => untriedDhcp(segment, site)),
    ...manyAt(segment, from),
    ...routers.flatMap(untriedOf),
  ];
}

function untriedDhcp(segment: Segment, site: string): readonly Untried[] {
  const { dhcp } = segment.sites.find((one) => one.site === site) ?? {};
  const why = {
    hawser: 'who asks for an address takes one of the pool',
    cloud: 'its server is the cloud’s',
  };
  return !dhcp || dhcp.by === 'none' ? [] : [{ what: `DHCP at ${site}`, why: why[dhcp.by] }];
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
