/**
 * One thing that a gateway says of its own port: a MAC address is there (`of` is that address), or an IP
 * address is that of a machine there (`of` is it).
 */
export interface Element {
  readonly of: string;
  readonly mac: string;
  /** Who says it with a higher one saw it later: each place that takes it over adds one. */
  readonly version: number;
}

const macText = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** Of one machine: no group address, nor the one that means nobody. */
export const isMac = (text: unknown): text is string =>
  typeof text === 'string' &&
  macText.test(text) &&
  (Number.parseInt(text.slice(0, 2), 16) & 1) === 0 &&
  text !== '00:00:00:00:00:00';

/** Versions are small: nobody moves that often, and one that is forged must leave room above it. */
export const highestVersion = 1_000_000_000;
