import type { Node } from './model.ts';

/** Outer headers of WireGuard's data packets: IP, UDP 8, message 32 (wireguard.com/protocol). */
const overheadV4 = 60;
const overheadV6 = 80;

/** Least MTU of a link that carries IPv6 (RFC 8200, 5). */
export const ipv6MinimumMtu = 1280;

/** A machine is called over IPv6 when its endpoint says so; a DNS name may turn out to be either. */
const isCalledOverV6 = ({ machine: { endpoint } }: Node): boolean =>
  endpoint !== undefined && endpoint.address?.family !== 4;

const overhead = (a: Node, b: Node): number =>
  isCalledOverV6(a) || isCalledOverV6(b) ? overheadV6 : overheadV4;

/** Tunnels between machines of one class are all of one size. */
export const sizeClass = (node: Node): string => `${node.underlayMtu} ${isCalledOverV6(node)}`;

/** Largest inner packet, in bytes, that fits between two machines that link. */
export const tunnelMtu = (a: Node, b: Node): number =>
  Math.min(a.underlayMtu, b.underlayMtu) - overhead(a, b);
