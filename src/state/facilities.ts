import { Namespace } from './schema.ts';

/** The facilities of a namespace this code knows, with the newest version of each it reads. */
export const facilityVersions: Readonly<Record<string, number>> = Object.fromEntries(
  Object.keys(Namespace.properties).map((name) => [name, 1]),
);
