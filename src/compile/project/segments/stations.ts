import type { Segment, Station } from '#spec';
import type { Model } from '../../model.ts';
import { deviceIn, macOf } from '../routers/place.ts';

/** Whether it is a router of ours: it is on the bridge of its segment, whatever its site does with the port. */
export const isOurRouter = ({ network }: Model, { name }: { readonly name?: string }): boolean =>
  network.routers.some((router) => router.name === name);

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
