import type { Address, Prefix } from '#ip';

export interface Edge {
  readonly address: Address;
  readonly kind: 'network' | 'broadcast' | 'anycast';
  /** What a message calls it. */
  readonly what: string;
}

/**
 * The addresses of a subnet that no machine has: the first and the last of IPv4 (RFC 1122, 3.2.1.3), the
 * first of IPv6, which is that of all its routers (RFC 4291, 2.6.1).
 */
export function edgesOf(subnet: Prefix): readonly Edge[] {
  const edge = (address: Address, kind: Edge['kind']): Edge => ({
    address,
    kind,
    what: `the ${kind} address ${address}`,
  });
  if (subnet.family === 6) return subnet.length >= 127 ? [] : [edge(subnet.first, 'anycast')];
  if (subnet.length >= 31) return [];
  return [edge(subnet.first, 'network'), edge(subnet.last, 'broadcast')];
}
