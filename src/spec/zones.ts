/** Domains that mean something of their own, wherever one is. */
const special: Readonly<Record<string, string>> = {
  local: 'names under `local` are asked for by multicast on the LAN (RFC 6762)',
  localhost: 'names under `localhost` are every machine itself (RFC 6761)',
  invalid: 'names under `invalid` exist nowhere (RFC 6761)',
  onion: 'names under `onion` belong to Tor (RFC 7686)',
  alt: 'names under `alt` are not for DNS (RFC 9476)',
  arpa: '`arpa` belongs to the internet’s own infrastructure; of it, `home.arpa` alone is free (RFC 8375)',
};

const topOf = (zone: string): string => zone.slice(zone.lastIndexOf('.') + 1);

const isUnder = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

/** Why a domain cannot be a zone of ours; undefined if it can. */
export const unusable = (zone: string): string | undefined =>
  isUnder(zone, 'home.arpa') ? undefined : special[topOf(zone)];

/** Nobody's in public: ICANN's `internal` (resolution 2024.07.29.06), RFC 6761, RFC 8375, RFC 6762 appendix G. */
const privateTops = new Set(['internal', 'test', 'example', 'arpa']);
const customary = new Set(['intranet', 'private', 'corp', 'home', 'lan']);

/** A whole domain of somebody's in public, such as `example.org`: it has a web site, perhaps, and mail. */
export const isOwnDomain = (zone: string): boolean =>
  zone.split('.').length === 2 && !privateTops.has(topOf(zone)) && !customary.has(topOf(zone));
