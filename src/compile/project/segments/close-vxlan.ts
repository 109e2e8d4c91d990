import { type Segment, tablePort, vxlanPort } from '#spec';
import type { NftChain, NftRule } from '#state';
import type { Model, Node } from '../../model.ts';
import { is } from '../words.ts';
import { endOf, familyOf, gatewaysOf, segmentsAt } from './place.ts';

/** What gateways of a segment say to each other, and how what is refused of it is counted. */
const services = [
  { toUs: is('udp dport', String(vxlanPort)), counter: 'vxlan' },
  { toUs: is('tcp dport', String(tablePort)), counter: 'tables' },
] as const;

/**
 * VXLAN, and the tables of segments, are taken from the other gateways of our segments, by the tunnels, and
 * from nobody else: the kernel's socket takes VXLAN from anywhere, and who is where in a segment no other
 * machine may say.
 * Whoever has one segment in common with us may send into all of ours; a member that is alone in one, from its own
 * MAC address only, so that it cannot speak for the machines of a site.
 */
export function closeVxlan(model: Model, node: Node, devices: readonly string[]): Closed {
  const segments = segmentsAt(model, node);
  if (segments.length === 0) return { counters: [], rules: [], chains: [] };
  const others = segments.flatMap((segment) => [...gatewaysOf(model, segment).values()]);
  const ends = [...new Set(others)]
    .filter((other) => other !== node)
    .flatMap((other) => endOf(model, other) ?? [])
    .sort((a, b) => a.compare(b));
  const left = familyOf(model) === 4 ? 'ip saddr' : 'ip6 saddr';
  const liars = segments.flatMap((segment) => liarsIn(model, node, segment, left));
  const rules = services.flatMap(({ toUs, counter }): NftRule[] => {
    const known = devices.map(
      (device): NftRule => ({
        match: [toUs, is('iifname', device), is(left, ends.map(String))],
        verdict: 'accept',
      }),
    );
    const alone = counter === 'vxlan' && liars.length > 0;
    return [
      ...(alone ? [{ match: [toUs], verdict: 'jump alone' }] : []),
      ...(ends.length > 0 ? known : []),
      { match: [toUs], counter, verdict: 'drop' },
    ];
  });
  const chains = liars.length > 0 ? [{ name: 'alone', rules: liars }] : [];
  return { counters: services.map(({ counter }) => counter), rules, chains };
}

interface Closed {
  readonly counters: readonly string[];
  readonly rules: readonly NftRule[];
  readonly chains: readonly NftChain[];
}

/** The sender's MAC address of a frame in VXLAN, behind the headers of UDP and VXLAN (8 bytes each) and the receiver's: bits. */
const innerSender = '@th,176,48';

/** Members that are alone in a segment: what comes from their end has their MAC address. */
function liarsIn(model: Model, node: Node, segment: Segment, left: string): readonly NftRule[] {
  const alone = new Set(
    segment.sites.flatMap(({ site, mode }) => (mode === 'alone' ? [site] : [])),
  );
  const gateways = gatewaysOf(model, segment);
  return segment.stations.flatMap(({ site, mac }): NftRule[] => {
    const member = alone.has(site) ? gateways.get(site) : undefined;
    const end = member && member !== node ? endOf(model, member) : undefined;
    if (!end) return [];
    const right = `0x${BigInt(`0x${mac.replaceAll(':', '')}`).toString(16)}`;
    const match = [is(left, String(end)), { left: innerSender, op: '!=', right } as const];
    return [{ match, counter: 'vxlan', verdict: 'drop' }];
  });
}
