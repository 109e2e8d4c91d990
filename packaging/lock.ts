import lock from '../package-lock.json' with { type: 'json' };

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** What package-lock.json says of each package, by its path. */
export const lockEntries: Readonly<Record<string, Entry>> = lock.packages;
