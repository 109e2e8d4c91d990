import { vxlanPort } from '#spec';
import type { NftMatch, NftRule } from '#state';
import type { Model, Node } from '../../model.ts';
import { endOf, familyOf, gatewaysOf, segmentsAt } from './place.ts';

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });

/**
 * VXLAN is taken from the other gateways of our segments, by the tunnels, and from nobody else: the
 * kernel's socket takes it from anywhere.
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
  const toUs = is('udp dport', String(vxlanPort));
  const left = familyOf(model) === 4 ? 'ip saddr' : 'ip6 saddr';
  const known = devices.map(
    (device): NftRule => ({
      match: [toUs, is('iifname', device), is(left, ends.map(String))],
      verdict: 'accept',
    }),
  );
  return {
    counters: ['vxlan'],
    rules: [
      ...(ends.length > 0 ? known : []),
      { match: [toUs], counter: 'vxlan', verdict: 'drop' },
    ],
  };
}
