import type { Node } from './model.ts';

/** Outer headers of WireGuard's data packets: IP, UDP 8, message 32 (wireguard.com/protocol). */
const overheadV4 = 60;
const overheadV6 = 80;

/** Least MTU of a link that carries IPv6 (RFC 8200, 5). */
export const ipv6MinimumMtu = 1280;

/** A tunnel runs over IPv6 when an endpoint says so; a DNS name may turn out to be either. */
const overhead = (a: Node, b: Node): number =>
  [a, b].some(({ machine: { endpoint } }) => endpoint && endpoint.address?.family !== 4)
    ? overheadV6
    : overheadV4;

/** Largest inner packet, in bytes, that fits between two machines that link. */
export const tunnelMtu = (a: Node, b: Node): number =>
  Math.min(a.underlayMtu, b.underlayMtu) - overhead(a, b);
