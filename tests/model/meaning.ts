import type { Draft, HostDraft, MachineDraft, RouterDraft, RuleDraft, SiteDraft } from './draft.ts';
import type {
  Families,
  MemberSeed,
  NetworkSeed,
  RuleSeed,
  SelectorKind,
  SelectorSeed,
  SiteSeed,
  TopologySeed,
} from './seeds.ts';

const at = <T>(items: readonly T[], n: number): T | undefined =>
  items[n % Math.max(items.length, 1)];

const has = (some: Families, family: 'v4' | 'v6') => some === 'dual' || some === family;

/** Second subnets are the first one's other half, so that the two can be joined into one prefix. */
const subnet4 = (site: number, n: number) => `10.${site + 1}.${n}.0/24`;
const subnet6 = (site: number, n: number) => `fd00:${site + 1}:0:${n}::/64`;

function subnetsOf(seed: SiteSeed, site: number): string[] {
  const numbers = Array.from({ length: seed.subnets }, (_, n) => n);
  return [
    ...(has(seed.families, 'v4') ? numbers.map((n) => subnet4(site, n)) : []),
    ...(has(seed.families, 'v6') ? numbers.map((n) => subnet6(site, n)) : []),
  ];
}

const addressOf = (seed: SiteSeed, site: number, subnet: number, n: number): string[] => [
  ...(has(seed.families, 'v4') ? [`10.${site + 1}.${subnet}.${n}`] : []),
  ...(has(seed.families, 'v6') ? [`fd00:${site + 1}:0:${subnet}::${n.toString(16)}`] : []),
];

function endpointOf(seed: SiteSeed, site: number, n: number): string {
  if (seed.endpointInside) {
    const inside = addressOf(seed, site, 0, 4 + n)[0] as string;
    return inside.includes(':') ? `[${inside}]:${seed.port}` : `${inside}:${seed.port}`;
  }
  const number = site * 10 + n + 1;
  const host = seed.endpointFamily === 4 ? `203.0.113.${number}` : `[2001:db8::${number}]`;
  return `${host}:${seed.port}`;
}

/** High ones: those that are given out count from below. */
const fixedOverlay = (overlay: Families, site: number): string[] => [
  ...(has(overlay, 'v4') ? [`10.99.0.${200 + site}`] : []),
  ...(has(overlay, 'v6') ? [`fd99::${200 + site}`] : []),
];

const machineOf = (seed: SiteSeed, site: number, n: number, overlay: Families): MachineDraft => ({
  address: addressOf(seed, site, 0, 4 + n),
  ...(seed.fixed && n === 0 && { overlay: fixedOverlay(overlay, site) }),
  ...(seed.open[n] === true && { endpoint: endpointOf(seed, site, n) }),
});

const podsOf = (seed: SiteSeed, site: number, n: number): string[] => [
  ...(has(seed.families, 'v4') ? [`10.128.${site * 8 + n * 2}.0/23`] : []),
  ...(has(seed.families, 'v6') ? [`fd80:${site + 1}:${n}::/64`] : []),
];

function siteOf(seed: SiteSeed, site: number, overlay: Families): SiteDraft {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
  const gateways = { gateway: 1, gateways: 2, cluster: 0, bare: 0 }[seed.style];
  const hosts = seed.hosts.map(({ place, routes }, n): [string, HostDraft] => [
    `h${site}-${n}`,
    { address: addressOf(seed, site, place % seed.subnets, 20 + n), routes },
  ]);
  return {
    subnets: subnetsOf(seed, site),
    ...(seed.mtu !== undefined && { mtu: seed.mtu }),
    ...(seed.tags.length > 0 && { tags: seed.tags }),
    ...(gateways > 0 && {
      gateways: Object.fromEntries(
        numbers(gateways).map((n) => [`g${site}-${n}`, machineOf(seed, site, n, overlay)]),
      ),
    }),
    ...(seed.style === 'cluster' && {
      nodes: Object.fromEntries(
        numbers(2 + (seed.hosts.length % 2)).map((n) => [
          `n${site}-${n}`,
          { ...machineOf(seed, site, n, overlay), pods: podsOf(seed, site, n) },
        ]),
      ),
    }),
    ...(hosts.length > 0 && { hosts: Object.fromEntries(hosts) }),
  };
}

const routersOf = (seeds: readonly SiteSeed[]): Readonly<Record<string, RouterDraft>> =>
  Object.fromEntries(
    seeds.flatMap(({ style, router }, n): [string, RouterDraft][] =>
      style === 'gateway' && router !== undefined
        ? [[`r${n}`, { site: `s${n}`, external: true, tunnel: router === 'tunnel' }]]
        : [],
    ),
  );

const memberOf = (
  seed: MemberSeed,
  n: number,
  hubs: readonly string[],
  some: readonly string[],
): MachineDraft => {
  const hub = seed.hub === undefined ? undefined : at(hubs, seed.hub);
  return {
    ...(hub !== undefined && { hub }),
    ...(seed.open && { endpoint: `198.51.100.${n + 1}:51820` }),
    ...(!seed.managed && { managed: false, ...(seed.narrow && { allowed_ips: some }) }),
    ...(seed.mtu !== undefined && { mtu: seed.mtu }),
    ...(seed.tags.length > 0 && { tags: seed.tags }),
  };
};

function topologyOf(
  seed: TopologySeed,
  sites: readonly string[],
  units: readonly string[],
): Draft['topology'] {
  if (seed.kind === 'hub' && sites.length > 0) {
    return { hub: [...new Set(seed.hubs.map((n) => at(sites, n) as string))] };
  }
  if (seed.kind !== 'links' || units.length < 2) return 'mesh';
  const tree = units.slice(1).map((unit, i): [string, string] => {
    return [units[(seed.parents[i] ?? 0) % (i + 1)] as string, unit];
  });
  const extra = seed.extra.map(([a, b]): [string, string] => [
    at(units, a) as string,
    at(units, b) as string,
  ]);
  const known = new Set<string>();
  const links = [...tree, ...extra].filter(([a, b]) => {
    const id = [a, b].sort().join(' ');
    const fresh = a !== b && !known.has(id);
    known.add(id);
    return fresh;
  });
  return { links };
}

/** Turns a seed into the network it means. */
export function draftOf(seed: NetworkSeed): Draft {
  const sites = Object.fromEntries(
    seed.sites.map((site, n) => [`s${n}`, siteOf(site, n, seed.overlay)]),
  );
  const joined = Object.keys(sites).filter((name) => sites[name]?.gateways ?? sites[name]?.nodes);
  const overlay = [
    ...(has(seed.overlay, 'v4') ? ['10.99.0.0/24'] : []),
    ...(has(seed.overlay, 'v6') ? ['fd99::/64'] : []),
  ];
  const some = [...overlay, ...(sites['s0']?.subnets.slice(0, 1) ?? [])];
  const members = Object.fromEntries(
    seed.members.map((m, n) => [`m${n}`, memberOf(m, n, joined, some)]),
  );
  const units = [...joined, ...Object.keys(members).filter((m) => members[m]?.hub === undefined)];
  const base: Draft = {
    version: 1,
    network: 'random',
    overlay,
    topology: topologyOf(seed.topology, joined, units),
    sites,
    members,
    routers: routersOf(seed.sites),
    ...(seed.dns !== undefined && { dns: { hosts_file: seed.dns } }),
  };
  const names = groupNames(seed);
  const groups = Object.fromEntries(
    seed.groups.map((selectors, n) => [
      `group${n}`,
      selectors.map((s) => selectorOf(s, base, names.slice(0, n))),
    ]),
  );
  return {
    ...base,
    groups,
    ...(seed.policy && { policy: distinct(seed.policy.map((rule) => ruleOf(rule, base, names))) }),
  };
}

const groupNames = (seed: NetworkSeed): string[] => seed.groups.map((_, n) => `group${n}`);

const distinct = (rules: readonly RuleDraft[]): RuleDraft[] => [
  ...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values(),
];

const ruleOf = (seed: RuleSeed, draft: Draft, groups: readonly string[]): RuleDraft => ({
  from: seed.from.map((s) => selectorOf(s, draft, groups)),
  to: seed.to.map((s) => selectorOf(s, draft, groups)),
  ...(seed.ports && { ports: seed.ports }),
});

const prefixHalf = (subnet: string): string =>
  subnet.replace(/\.0\/24$/, '.0/28').replace(/::\/64$/, '::/125');

/** A selector that means something in this network; `all` where its kind has nobody. */
function selectorOf({ kind, n }: SelectorSeed, draft: Draft, groups: readonly string[]): string {
  const sites = Object.entries(draft.sites);
  const machines = [
    ...sites.flatMap(([, s]) => [...Object.keys(s.gateways ?? {}), ...Object.keys(s.nodes ?? {})]),
    ...Object.keys(draft.members ?? {}),
  ];
  const hosts = sites.flatMap(([, s]) => Object.keys(s.hosts ?? {}));
  const subnets = sites.flatMap(([, s]) => s.subnets);
  const choices: Record<SelectorKind, readonly string[]> = {
    all: ['all'],
    site: sites.map(([name]) => `site:${name}`),
    tag: tagsIn(draft),
    group: groups,
    machine: machines,
    host: hosts,
    subnet: subnets,
    half: subnets.map(prefixHalf),
    overlay: draft.overlay,
  };
  return at(choices[kind], n) ?? 'all';
}

const tagsIn = (draft: Draft): string[] =>
  [...Object.values(draft.sites), ...Object.values(draft.members ?? {})]
    .flatMap((one) => one.tags ?? [])
    .map((tag) => `tag:${tag}`);
