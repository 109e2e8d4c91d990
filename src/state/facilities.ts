import { Namespace } from './schema.ts';

/** Those of which there is more than the first version. */
const newer = { dhcpServers: 2, tables: 2, veths: 2 } satisfies {
  readonly [F in keyof Namespace]?: number;
};

/** The facilities of a namespace this code knows, with the newest version of each it reads. */
export const facilityVersions: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.keys(Namespace.properties).map((name) => [name, 1])),
  ...newer,
};
