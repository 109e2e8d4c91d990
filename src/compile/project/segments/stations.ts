import type { Segment, Station } from '#spec';
import type { Model } from '../../model.ts';
import { deviceIn, macOf } from '../routers/place.ts';

/** All machines of a segment: those that the file names, and a router of ours. */
export const stationsOf = (model: Model, segment: Segment): readonly Station[] => [
  ...segment.stations,
  ...model.network.routers
    .filter(({ segments }) => segments.includes(segment.name))
    .map(({ name, site, fields, place }) => ({
      name,
      site,
      mac: macOf(model, name, deviceIn(segment)),
      addresses: segment.routers,
      isGiven: false,
      allow: [],
      tags: [],
      fields,
      place,
    })),
];
