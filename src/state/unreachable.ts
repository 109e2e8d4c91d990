import { fnv1a } from '#base';

/**
 * Metric of a network's unreachable routes. It loses to every route that leads somewhere, and as such a
 * route has no device, it tells on a machine which network the route is of: 28 bits of the name's hash.
 */
export const unreachableMetric = (network: string): number =>
  0xf0000000 + (fnv1a(network) & 0x0fffffff);
