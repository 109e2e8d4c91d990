import { tablePort, vxlanPort } from '#spec';
import type { NftMatch, NftRule } from '#state';
import type { Model, Node } from '../../model.ts';
import { endOf, familyOf, gatewaysOf, segmentsAt } from './place.ts';

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });

/** What gateways of a segment say to each other, and how what is refused of it is counted. */
const services = [
  { toUs: is('udp dport', String(vxlanPort)), counter: 'vxlan' },
  { toUs: is('tcp dport', String(tablePort)), counter: 'tables' },
] as const;

/**
 * VXLAN, and the tables of segments, are taken from the other gateways of our segments, by the tunnels, and
 * from nobody else: the kernel's socket takes VXLAN from anywhere, and who is where in a segment no other
 * machine may say.
 * Whoever has one segment in common with us may send into all of ours.
 */
export function closeVxlan(
  model: Model,
  node: Node,
  devices: readonly string[],
): { readonly counters: readonly string[]; readonly rules: readonly NftRule[] } {
  const segments = segmentsAt(model, node);
  if (segments.length === 0) return { counters: [], rules: [] };
  const others = segments.flatMap((segment) => [...gatewaysOf(model, segment).values()]);
  const ends = [...new Set(others)]
    .filter((other) => other !== node)
    .flatMap((other) => endOf(model, other) ?? [])
    .sort((a, b) => a.compare(b));
  const left = familyOf(model) === 4 ? 'ip saddr' : 'ip6 saddr';
  const rules = services.flatMap(({ toUs, counter }): NftRule[] => {
    const known = devices.map(
      (device): NftRule => ({
        match: [toUs, is('iifname', device), is(left, ends.map(String))],
        verdict: 'accept',
      }),
    );
    return [...(ends.length > 0 ? known : []), { match: [toUs], counter, verdict: 'drop' }];
  });
  return { counters: services.map(({ counter }) => counter), rules };
}
