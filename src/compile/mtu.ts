import { lanFamily, type Node } from './model.ts';

/** Outer headers of WireGuard's data packets: IP, UDP 8, message 32 (wireguard.com/protocol). */
const overheadV4 = 60;
const overheadV6 = 80;

/** Least MTU of a link that carries IPv6 (RFC 8200, 5). */
export const ipv6MinimumMtu = 1280;

/** A machine is called over IPv6 when its endpoint says so; a DNS name may turn out to be either. */
const isCalledOverV6 = ({ machine: { endpoint } }: Node): boolean =>
  endpoint !== undefined && endpoint.address?.family !== 4;

function overhead(a: Node, b: Node): number {
  const near = lanFamily(a, b);
  if (near) return near === 4 ? overheadV4 : overheadV6;
  return isCalledOverV6(a) || isCalledOverV6(b) ? overheadV6 : overheadV4;
}

/** Tunnels between machines of one class are all of one size. */
export function sizeClass(node: Node): string {
  const linksWithSiblings = node.unit.nodes.length > 1 && !node.onWholeLan;
  return `${node.underlayMtu} ${isCalledOverV6(node)} ${linksWithSiblings}`;
}

/** Largest inner packet, in bytes, that fits between two machines that link. */
export const tunnelMtu = (a: Node, b: Node): number =>
  Math.min(a.underlayMtu, b.underlayMtu) - overhead(a, b);

/**
 * What surely fits where a route takes less than the interface: WireGuard pads packets to a multiple
 * of 16 bytes, as far as the interface's MTU allows (whitepaper, 5.4.6).
 */
export const paddedMtu = (mtu: number): number => mtu - (mtu % 16);
