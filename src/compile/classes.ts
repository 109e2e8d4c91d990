import { formatPort, type Network, type Port } from '#spec';
import { unnamedPort } from './policy/asked.ts';

/**
 * The classes of flows that a policy can tell apart: ICMP, the first port of each span it names, and
 * one TCP and one UDP port that it does not name.
 */
export function flowClasses(network: Network): readonly Port[] {
  const named = (network.policy ?? [])
    .flatMap((rule) => rule.ports ?? [])
    .map((port): Port => (port.protocol === 'icmp' ? port : { ...port, last: port.first }));
  const free = (protocol: 'tcp' | 'udp'): Port => {
    let first: number = unnamedPort[protocol];
    const spans = (network.policy ?? []).flatMap((rule) => rule.ports ?? []);
    const taken = (n: number): boolean =>
      spans.some((s) => s.protocol === protocol && s.first <= n && n <= s.last);
    while (taken(first) && first < 65_535) first++;
    return { protocol, first, last: first };
  };
  const all: Port[] = [{ protocol: 'icmp' }, ...named, free('tcp'), free('udp')];
  return [...new Map(all.map((port) => [formatPort(port), port])).values()];
}
