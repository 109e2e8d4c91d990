import { by, byText, shortHash } from '#base';
import { PrefixSet } from '#ip';
import type { PolicyRule } from '#spec';
import type { NftChain, NftMap, NftMatch, NftRule, NftSet, NftTable } from '#state';
import type { Model, Node } from '../model.ts';
import type { AddressClass, PolicyClasses } from '../policy/partition.ts';
import { type PortSpan, portTable } from '../policy/ports.ts';
import { guardedBy } from './guard.ts';
import { probesIn, probesOut } from './probes.ts';
import { closeVxlan } from './segments/close-vxlan.ts';

/**
 * The filter of one machine, in a table of its own.
 *
 * Every packet that passes a tunnel is looked up by the addresses of its flow (`ct original`), in both
 * directions and for as long as the flow lives: so replies need no rule of their own, and narrowing a
 * policy ends flows that it no longer allows. Lookups go through verdict maps: by destination to a
 * chain `to-...`, there by source to a chain `allow-...`, there by port to the chain of the rule.
 */
export function filterOf(model: Model, node: Node, devices: readonly string[]): NftTable {
  const guard = model.policy && guardOf(model, model.policy, guardedBy(model, node));
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
        ...arriving,
        ...(guard ? leaving : []),
      ]),
      hook('input', [...vxlan.rules, ...probesIn(node, devices), ...arriving]),
      { name: 'arrive', rules: arrive(inside, guard ? 'goto guard' : 'return') },
      ...(guard ? [hook('output', [...probesOut(devices), ...leaving]), ...guard.chains] : []),
    ].sort(by((chain) => chain.name)),
  };
}

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });

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

interface Guard {
  readonly counters: readonly string[];
  readonly maps: readonly NftMap[];
  readonly chains: readonly NftChain[];
}

const refuse: NftRule = {
  match: [],
  counter: 'deny',
  verdict: 'reject with icmpx admin-prohibited',
};

/** Collects the chains and maps of one machine's policy, each once. */
class Collected implements Guard {
  readonly #counters = new Set(['deny', 'invalid']);
  readonly #maps = new Map<string, NftMap>();
  readonly #chains = new Map<string, NftChain>();

  get counters(): readonly string[] {
    return [...this.#counters];
  }
  get maps(): readonly NftMap[] {
    return [...this.#maps.values()];
  }
  get chains(): readonly NftChain[] {
    return [...this.#chains.values()];
  }
  chain(name: string, rules: () => readonly NftRule[]): string {
    if (!this.#chains.has(name)) this.#chains.set(name, { name, rules: [...rules()] });
    return name;
  }
  map(map: NftMap): string {
    this.#maps.set(map.name, map);
    return map.name;
  }
  counter(name: string): string {
    this.#counters.add(name);
    return name;
  }
}

function guardOf(model: Model, policy: PolicyClasses, guarded: PrefixSet): Guard {
  const out = new Collected();
  const reached: [PrefixSet, string][] = [];
  let open = PrefixSet.empty;
  for (const destination of policy.destinations) {
    const here = destination.addresses.intersect(guarded);
    if (here.isEmpty) continue;
    open = open.union(here);
    reached.push([here, `goto ${receiveChain(out, policy, destination)}`]);
  }
  const closed = guarded.intersect(model.inside).subtract(open);
  if (!closed.isEmpty) reached.push([closed, `goto ${out.chain('refuse', () => [refuse])}`]);
  out.chain('guard', () => [
    { match: [is('ct state', 'invalid')], counter: 'invalid', verdict: 'drop' },
    { match: [is('ct state', 'related')], verdict: 'accept' },
    ...lookups(out, 'guard', 'ct original ip', 'daddr', reached),
  ]);
  return out;
}

/** The chain for receivers that the same rules name. */
function receiveChain(out: Collected, policy: PolicyClasses, destination: AddressClass): string {
  const rules = destination.rules.map((index) => policy.rules[index] as PolicyRule);
  const name = `to-${shortHash(rules.map((rule) => rule.id).join(' '))}`;
  return out.chain(name, () => {
    const senders = new Set(
      destination.rules.flatMap((index) => policy.sourcesOfRule[index] ?? []),
    );
    const elements = [...senders].map((source): [PrefixSet, string] => {
      const both = rules.filter((_, i) => source.rules.includes(destination.rules[i] as number));
      return [source.addresses, `goto ${allowChain(out, both)}`];
    });
    return [...lookups(out, name, 'ct original ip', 'saddr', elements), refuse];
  });
}

/** Verdict maps by address, one per family that has elements. */
function lookups(
  out: Collected,
  name: string,
  left: 'ct original ip',
  side: 'saddr' | 'daddr',
  elements: readonly (readonly [PrefixSet, string])[],
): readonly NftRule[] {
  return ([4, 6] as const).flatMap((family): NftRule[] => {
    const pairs = elements
      .flatMap(([set, verdict]) => set.prefixes().map((prefix) => ({ prefix, verdict })))
      .filter(({ prefix }) => prefix.family === family)
      .sort((a, b) => a.prefix.compare(b.prefix))
      .map(({ prefix, verdict }): [string, string] => [prefix.toString(), verdict]);
    if (pairs.length === 0) return [];
    const type = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
    const map = out.map({ name: `${name}-${family}`, type, interval: true, elements: pairs });
    const key = family === 4 ? `${left} ${side}` : `${left}6 ${side}`;
    return [{ match: [], vmap: { left: key, map } }];
  });
}

/** The chain for pairs that the same rules let talk: by port, to the rule that lets it through. */
function allowChain(out: Collected, rules: readonly PolicyRule[]): string {
  const name = `allow-${shortHash(rules.map((rule) => rule.id).join(' '))}`;
  return out.chain(name, () => {
    const table = portTable(rules);
    return [
      ...portLookup(out, name, 'tcp', table.tcp),
      ...portLookup(out, name, 'udp', table.udp),
      // nft's own names: a bare Debian has no /etc/protocols to look others up in.
      ...(table.icmp ? [pass(out, table.icmp, [is('meta l4proto', ['icmp', 'icmpv6'])])] : []),
      table.rest ? pass(out, table.rest, []) : refuse,
    ];
  });
}

function portLookup(
  out: Collected,
  name: string,
  protocol: 'tcp' | 'udp',
  spans: readonly PortSpan[],
): readonly NftRule[] {
  if (spans.length === 0) return [];
  const elements = spans.map(({ first, last, rule }): [string, string] => {
    const chain = out.chain(`rule-${rule.id}`, () => [pass(out, rule, [])]);
    return [first === last ? `${first}` : `${first}-${last}`, `goto ${chain}`];
  });
  const map = out.map({
    name: `${name}-${protocol}`,
    type: 'inet_service',
    interval: true,
    elements,
  });
  return [
    {
      match: [is('meta l4proto', protocol)],
      vmap: { left: 'ct original proto-dst', map },
    },
  ];
}

const pass = (out: Collected, rule: PolicyRule, match: readonly NftMatch[]): NftRule => ({
  match: [...match],
  counter: out.counter(`policy-${rule.id}`),
  verdict: 'accept',
});
