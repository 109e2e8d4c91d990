import type { Diagnostic, Place } from '#base';
import { errors } from '../errors.ts';
import type { Network, SegmentSite } from '../network.ts';

const refuse = (place: Place, what: string, hint: string): Diagnostic =>
  errors.diagnostic('spec/not-built', { what, hint }, { place });

/** What this version reads and checks, and does not build: refused, or said, so that nobody takes it for done. */
export const unbuilt = ({ segments }: Network): readonly Diagnostic[] => [
  ...segments.flatMap(({ sites }) => sites.flatMap(ofSite)),
];

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
