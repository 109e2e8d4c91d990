import { by, byText } from '#base';
import type { PrefixSet } from '#ip';
import type { NftChain, NftRule, NftSet, NftTable } from '#state';
import type { Model, Node } from '../model.ts';
import { segmentSpace } from '../policy/spaces.ts';
import { guardedBy } from './guard.ts';
import { hostRules } from './hosts-behind.ts';
import { type Guarding, guardOf } from './policy-guard.ts';
import { probesIn, probesOut } from './probes.ts';

import { closeVxlan } from './segments/close-vxlan.ts';
import { is } from './words.ts';

interface Around {
  readonly peers: readonly Node[];
  readonly devices: readonly string[];
}

/**
 * The filter of one machine, in a table of its own.
 *
 * Every packet that passes a tunnel is looked up by the addresses of its flow (`ct original`), in both
 * directions and for as long as the flow lives: so replies need no rule of their own, and narrowing a
 * policy ends flows that it no longer allows. Lookups go through verdict maps: by destination to a
 * chain `to-...`, there by source to a chain `allow-...`, there by port to the chain of the rule.
 */
export function filterOf(model: Model, node: Node, around: Around): NftTable {
  const { devices } = around;
  const guard = model.policy && guardOf(model.policy, guardingOf(model, node));
  const hosts = guard && hostRules(model, node, around);
  const inside = insideSets(model.inside);
  const arriving = devices.map(
    (device): NftRule => ({ match: [is('iifname', device)], verdict: 'jump arrive' }),
  );
  const leaving = devices.map(
    (device): NftRule => ({ match: [is('oifname', device)], verdict: 'jump guard' }),
  );
  const vxlan = closeVxlan(model, node, devices);
  return {
    family: 'inet',
    name: `hawser-${model.network.name}`,
    counters: ['outside', ...vxlan.counters, ...(guard?.counters ?? [])].sort(byText),
    sets: inside,
    maps: [...(guard?.maps ?? [])].sort(by((map) => map.name)),
    chains: [
      hook('forward', [
        ...devices.map((device) => clampMss('iifname', device)),
        ...devices.map((device) => clampMss('oifname', device)),
        ...(hosts?.forward ?? []),
        ...arriving,
        ...(guard ? leaving : []),
      ]),
      hook('input', [
        ...vxlan.rules,
        ...probesIn(node, devices),
        ...(hosts?.input ?? []),
        ...arriving,
      ]),
      ...vxlan.chains,
      { name: 'arrive', rules: arrive(inside, guard ? 'goto guard' : 'return') },
      ...(guard
        ? [
            hook('output', [...probesOut(devices), ...(hosts?.output ?? []), ...leaving]),
            ...guard.chains,
          ]
        : []),
    ].sort(by((chain) => chain.name)),
  };
}

/** What goes into segments and between them does not pass here. */
function guardingOf(model: Model, node: Node): Guarding {
  const receivers = guardedBy(model, node);
  const { segments } = model.network;
  const elsewhere = segmentSpace(model, segments);
  return {
    receivers,
    closed: receivers.intersect(model.inside),
    sendersOf: (addresses) => (elsewhere.isEmpty ? addresses : addresses.subtract(elsewhere)),
    refusal: { counter: 'deny', verdict: 'reject with icmpx admin-prohibited' },
    pass: { verdict: 'accept' },
  };
}

const hook = (name: 'input' | 'forward' | 'output', rules: readonly NftRule[]): NftChain => ({
  name,
  hook: { type: 'filter', hook: name, priority: 0, policy: 'accept' },
  rules: [...rules],
});

/** TCP learns the tunnel's MTU from the handshake, also where ICMP is lost (RFC 4459, 3.2). */
const clampMss = (side: 'iifname' | 'oifname', device: string): NftRule => ({
  match: [is(side, device), is('tcp flags & (syn | rst)', 'syn')],
  set: 'tcp option maxseg size set rt mtu',
});

function insideSets(inside: PrefixSet): NftSet[] {
  return ([4, 6] as const).flatMap((family) => {
    const elements = inside.prefixes().filter((prefix) => prefix.family === family);
    if (elements.length === 0) return [];
    const type = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
    return [{ name: `inside${family}`, type, interval: true, elements: elements.map(String) }];
  });
}

/**
 * A peer may reach the network's addresses through this machine, and nothing else. What may pass is
 * matched first: it is nearly all.
 */
const arrive = (inside: readonly NftSet[], verdict: string): NftRule[] => [
  ...inside.map(({ name, type }): NftRule => {
    const left = type === 'ipv4_addr' ? 'ip daddr' : 'ip6 daddr';
    return { match: [is(left, `@${name}`)], verdict };
  }),
  { match: [], counter: 'outside', verdict: 'drop' },
];
