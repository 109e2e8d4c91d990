import type { Network, Port } from '#spec';
import { dnsPorts, gatewayPorts } from './names/let-in.ts';

const lastPort = 65_535;

/**
 * ICMP, and all TCP and UDP ports in as few spans as no rule of these networks can tell apart: what
 * holds for the first port of a span holds for all of it.
 */
export function portAtoms(networks: readonly Network[]): readonly Port[] {
  const named = networks.flatMap(({ policy, dns, segments }) => [
    ...(policy ?? []).flatMap((rule) => rule.ports ?? []),
    ...(policy && (dns || segments.length > 0) ? dnsPorts : []),
    ...(policy && segments.length > 0 ? gatewayPorts : []),
  ]);
  return [{ protocol: 'icmp' }, ...spansOf(named, 'tcp'), ...spansOf(named, 'udp')];
}

function spansOf(named: readonly Port[], protocol: 'tcp' | 'udp'): readonly Port[] {
  const starts = new Set([1]);
  for (const port of named) {
    if (port.protocol !== protocol) continue;
    starts.add(port.first);
    if (port.last < lastPort) starts.add(port.last + 1);
  }
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((first, i) => ({ protocol, first, last: (sorted[i + 1] ?? lastPort + 1) - 1 }));
}

/** Neighbouring spans as one. The list is in the order of `portAtoms`. */
export function joinPorts(ports: readonly Port[]): readonly Port[] {
  const joined: Port[] = [];
  for (const port of ports) {
    const before = joined.at(-1);
    const touches =
      before !== undefined &&
      before.protocol !== 'icmp' &&
      port.protocol === before.protocol &&
      before.last + 1 === port.first;
    if (touches) joined[joined.length - 1] = { ...before, last: port.last };
    else joined.push(port);
  }
  return joined;
}
