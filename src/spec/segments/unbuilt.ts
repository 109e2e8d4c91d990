import type { Diagnostic, Place } from '#base';
import { errors } from '../errors.ts';
import type { Network, Router, SegmentSite } from '../network.ts';

const refuse = (place: Place, what: string, hint: string): Diagnostic =>
  errors.diagnostic('spec/not-built', { what, hint }, { place });

/** What this version reads and checks, and does not build: refused, or said, so that nobody takes it for done. */
export const unbuilt = ({ segments, routers, policy }: Network): readonly Diagnostic[] => [
  ...segments.flatMap((segment) => [
    ...(policy ? [uncontrolled(segment.name, segment.place)] : []),
    ...segment.sites.flatMap(ofSite),
  ]),
  ...routers.flatMap((router) =>
    segments
      .filter(({ name }) => router.segments.includes(name))
      .filter(({ sites }) =>
        sites.some(({ site, mode }) => site === router.site && mode === 'proxy'),
      )
      .map(({ name }) => unproxied(router, name)),
  ),
];

/** The others of its site would look for it on the port. */
const unproxied = ({ name, site, fields, place }: Router, segment: string): Diagnostic =>
  refuse(
    fields['site'] ?? place,
    `router \`${name}\` at a site where segment \`${segment}\` has \`mode: proxy\``,
    `Let it stand at another site of the segment, or say \`mode: bridge\` at \`${site}\`.`,
  );

/** Default deny would be a promise that segments break. */
const uncontrolled = (name: string, place: Place): Diagnostic =>
  refuse(
    place,
    `a policy that holds inside segment \`${name}\``,
    'Remove `policy`, or keep segments in a network of their own: inside them everybody may talk.',
  );

const ofSite = ({ site, mode, dhcp, fields, place }: SegmentSite): readonly Diagnostic[] => [
  ...(dhcp.by === 'hawser' && mode === 'proxy'
    ? [
        refuse(
          fields['dhcp'] ?? place,
          `a DHCP server of ours at site \`${site}\`, whose port is on no bridge (\`mode: proxy\`)`,
          'Say `by: cloud`: a cloud that drops foreign MAC addresses drops the answers of others’ DHCP servers, too.',
        ),
      ]
    : []),
];
