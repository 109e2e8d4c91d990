import { shortHash } from '#base';
import { type Family, PrefixSet } from '#ip';
import type { PolicyRule } from '#spec';
import type { NftChain, NftMap, NftMatch, NftRule } from '#state';
import type { AddressClass, PolicyClasses } from '../policy/partition.ts';
import { type PortSpan, portTable } from '../policy/ports.ts';
import { is } from './words.ts';

export interface Guard {
  readonly counters: readonly string[];
  readonly maps: readonly NftMap[];
  readonly chains: readonly NftChain[];
}

/** Collects the chains and maps of one machine's policy, each once. */
class Collected implements Guard {
  readonly #counters = new Set(['deny']);
  readonly #maps = new Map<string, NftMap>();
  readonly #chains = new Map<string, NftChain>();
  readonly guarding: Guarding;
  readonly refuse: NftRule;

  constructor(guarding: Guarding) {
    this.guarding = guarding;
    this.refuse = { match: [], ...guarding.refusal };
  }

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
  /** The name of a chain, and of its maps. */
  named(name: string): string {
    return `${this.guarding.keys?.prefix ?? ''}${name}`;
  }
  key(family: Family, side: 'saddr' | 'daddr'): string {
    return (this.guarding.keys ?? ofTheFlow).address(family, side);
  }
  get port(): string {
    return (this.guarding.keys ?? ofTheFlow).port;
  }
  counter(name: string): string {
    this.#counters.add(name);
    return name;
  }
}

/** Whom a guard looks at, and what it does with what it finds. */
export interface Guarding {
  readonly receivers: PrefixSet;
  /** Those of the receivers to whom nobody may send of whom no rule speaks. */
  readonly closed: PrefixSet;
  /** Of senders, those that can come here. */
  sendersOf(addresses: PrefixSet): PrefixSet;
  readonly refusal: Pick<NftRule, 'verdict' | 'counter'>;
  readonly pass: Pick<NftRule, 'set' | 'verdict'>;
  /** Absent: the flow's, which the kernel tracks. */
  readonly keys?: GuardKeys;
}

/** By what a guard knows who sends, who receives, and on which port. */
export interface GuardKeys {
  /** Of the names of its chains, where others look by other keys. */
  readonly prefix: string;
  address(family: Family, side: 'saddr' | 'daddr'): string;
  readonly port: string;
  /** What is said before anybody is looked up. */
  readonly first: readonly NftRule[];
  /** What has no port to look at, and goes with whatever two may send each other. */
  readonly portless: readonly (readonly NftMatch[])[];
}

/** By how a flow began: answers are of the same flow. */
const ofTheFlow: Pick<GuardKeys, 'address' | 'port'> = {
  address: (family, side) => `ct original ${family === 4 ? 'ip' : 'ip6'} ${side}`,
  port: 'ct original proto-dst',
};

/** Chains and maps that look a flow up; the first chain is `guard`, which says no word of who falls out of it. */
export function guardOf(policy: PolicyClasses, guarding: Guarding): Guard {
  const out = new Collected(guarding);
  const reached: [PrefixSet, string][] = [];
  let open = PrefixSet.empty;
  for (const destination of policy.destinations) {
    const here = destination.addresses.intersect(guarding.receivers);
    if (here.isEmpty) continue;
    open = open.union(here);
    reached.push([here, `goto ${receiveChain(out, policy, destination)}`]);
  }
  const closed = guarding.closed.subtract(open);
  if (!closed.isEmpty) {
    reached.push([closed, `goto ${out.chain(out.named('refuse'), () => [out.refuse])}`]);
  }
  const guard = out.named('guard');
  out.chain(guard, () => [
    ...(guarding.keys?.first ?? [
      { match: [is('ct state', 'invalid')], counter: out.counter('invalid'), verdict: 'drop' },
      { match: [is('ct state', 'related')], ...guarding.pass },
    ]),
    ...lookups(out, guard, 'daddr', reached),
  ]);
  return out;
}

/** The chain for receivers that the same rules name. */
function receiveChain(out: Collected, policy: PolicyClasses, destination: AddressClass): string {
  const rules = destination.rules.map((index) => policy.rules[index] as PolicyRule);
  const name = out.named(`to-${shortHash(rules.map((rule) => rule.id).join(' '))}`);
  return out.chain(name, () => {
    const senders = new Set(
      destination.rules.flatMap((index) => policy.sourcesOfRule[index] ?? []),
    );
    const elements = [...senders].flatMap((source): [PrefixSet, string][] => {
      const both = rules.filter((_, i) => source.rules.includes(destination.rules[i] as number));
      const here = out.guarding.sendersOf(source.addresses);
      return here.isEmpty ? [] : [[here, `goto ${allowChain(out, both)}`]];
    });
    return [...lookups(out, name, 'saddr', elements), out.refuse];
  });
}

/** Verdict maps by address, one per family that has elements. */
function lookups(
  out: Collected,
  name: string,
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
    return [{ match: [], vmap: { left: out.key(family, side), map } }];
  });
}

/** The chain for pairs that the same rules let talk: by port, to the rule that lets it through. */
function allowChain(out: Collected, rules: readonly PolicyRule[]): string {
  const name = out.named(`allow-${shortHash(rules.map((rule) => rule.id).join(' '))}`);
  return out.chain(name, () => {
    const table = portTable(rules);
    const [first] = rules;
    const portless = first ? (out.guarding.keys?.portless ?? []) : [];
    return [
      ...portless.map((match) => pass(out, first as PolicyRule, match)),
      ...portLookup(out, name, 'tcp', table.tcp),
      ...portLookup(out, name, 'udp', table.udp),
      // nft's own names: a bare Debian has no /etc/protocols to look others up in.
      ...(table.icmp ? [pass(out, table.icmp, [is('meta l4proto', ['icmp', 'icmpv6'])])] : []),
      table.rest ? pass(out, table.rest, []) : out.refuse,
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
    const chain = out.chain(out.named(`rule-${rule.id}`), () => [pass(out, rule, [])]);
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
      vmap: { left: out.port, map },
    },
  ];
}

const pass = (out: Collected, rule: PolicyRule, match: readonly NftMatch[]): NftRule => ({
  match: [...match],
  counter: out.counter(`policy-${rule.id}`),
  ...out.guarding.pass,
});
