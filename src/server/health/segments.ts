import type { SegmentStatus } from '#api';
import type { Hub } from '../hub/hub.ts';
import type { Snapshot } from '../network/snapshot.ts';

/** How the segments of a network are at each of their sites, by what agents there tell. */
export const segmentStatuses = (
  { segments, machines }: Snapshot,
  hub: Hub,
): readonly SegmentStatus[] =>
  segments.map(({ segment, site, gateway, space }) => ({
    ...{ segment, site, gateway },
    ...hub.heardFrom(machines.get(gateway)?.identity)?.segments.get(space),
  }));
