export { Address } from './address.ts';
export { type Endpoint, formatEndpoint, isHostName, parseEndpoint } from './endpoint.ts';
export { ipErrors } from './errors.ts';
export type { Family } from './family.ts';
export { Pool } from './pool.ts';
export { Prefix } from './prefix.ts';
export { AddressRange } from './range.ts';
export { PrefixSet } from './set.ts';
