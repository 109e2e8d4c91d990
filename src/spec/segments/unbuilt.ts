import type { Diagnostic, Place } from '#base';
import { errors } from '../errors.ts';
import type { Network, Router, SegmentSite } from '../network.ts';

const refuse = (place: Place, what: string, hint: string): Diagnostic =>
  errors.diagnostic('spec/not-built', { what, hint }, { place });

/** What this version reads and checks, and does not build: refused, or said, so that nobody takes it for done. */
export const unbuilt = ({ segments, routers }: Network): readonly Diagnostic[] => [
  ...segments.flatMap(({ sites }) => sites.flatMap(ofSite)),
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
