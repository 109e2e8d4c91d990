import { Address, Prefix } from '#ip';
import type {
  Dns,
  Endpoint,
  Group,
  Host,
  Machine,
  Nat,
  Network,
  PolicyRule,
  Port,
  Presented,
  Router,
  Selector,
  Site,
  Topology,
} from '#spec';
import { isAddress, splitEndpoint } from './address.ts';

/** The file as a plain object: what the arbitraries make, and what YAML text is written from. */
export interface Draft {
  readonly version: 1;
  readonly network: string;
  readonly overlay: readonly string[];
  readonly topology: 'mesh' | { hub: readonly string[] } | { links: readonly [string, string][] };
  readonly defaults?: { readonly keepalive?: number; readonly interface?: string };
  readonly sites: Readonly<Record<string, SiteDraft>>;
  readonly members?: Readonly<Record<string, MachineDraft>>;
  readonly routers?: Readonly<Record<string, RouterDraft>>;
  readonly dns?: { readonly hosts_file: 'auto' | boolean };
  readonly monitored?: boolean;
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly policy?: readonly RuleDraft[];
}

export interface SiteDraft {
  readonly subnets: readonly string[];
  readonly mtu?: number;
  readonly nat?: Nat;
  readonly tags?: readonly string[];
  readonly gateways?: Readonly<Record<string, MachineDraft>>;
  readonly nodes?: Readonly<Record<string, MachineDraft>>;
  readonly hosts?: Readonly<Record<string, HostDraft>>;
  /** Addresses that no host has. */
  readonly probe?: readonly string[];
}

export interface MachineDraft {
  readonly endpoint?: string;
  readonly address?: readonly string[];
  readonly overlay?: readonly string[];
  readonly pods?: readonly string[];
  readonly hub?: string;
  readonly was?: string;
  readonly managed?: boolean;
  readonly allowed_ips?: readonly string[];
  readonly mtu?: number;
  readonly nat?: Nat;
  readonly tags?: readonly string[];
}

export interface HostDraft {
  readonly address: readonly string[];
  readonly routes?: Host['routes'];
  readonly tags?: readonly string[];
}

/** Of others: its namespace has its name. */
export interface RouterDraft {
  readonly site: string;
  readonly external: true;
  readonly tunnel: boolean;
}

export interface RuleDraft {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly ports?: readonly string[];
}

const located = { place: { file: 'draft', line: 1, column: 1 }, fields: {} };

const sorted = <T>(record: Readonly<Record<string, T>> | undefined): [string, T][] =>
  Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

const plain = <T>(value: T): Presented<T> => ({ local: value, presented: value });

const endpointOf = (text: string): Endpoint => {
  const { host, port } = splitEndpoint(text);
  if (!isAddress(host)) return { host, port };
  const address = Address.parse(host);
  return { host: address.toString(), port, address };
};

/** The frozen network a draft means, without the help of `#spec`'s reader. */
export function networkOf(draft: Draft): Network {
  const groups = sorted(draft.groups).map(
    ([name, selectors]): Group => ({
      ...located,
      name,
      selectors: selectors.map((text) => selectorOf(text, draft)),
    }),
  );
  return {
    ...located,
    version: 1,
    name: draft.network,
    overlay: draft.overlay.map((p) => Prefix.parse(p)),
    topology: topologyOf(draft.topology),
    sites: sorted(draft.sites).map(([name, site]) => siteOf(name, site, draft)),
    members: sorted(draft.members).map(([name, m]) => machineOf(name, m, 'member', draft)),
    segments: [],
    routers: sorted(draft.routers).map(([name, router]) => routerOf(name, router)),
    groups,
    ...(draft.dns && { dns: dnsOf(draft) }),
    ...(draft.policy && { policy: draft.policy.map((rule, i) => ruleOf(rule, i, draft)) }),
    tests: [],
    monitors: monitorsOf(draft),
    approvals: 1,
  };
}

/** The first machine of the first site looks at the last one of the network. */
function monitorsOf({ monitored, sites, members = {} }: Draft): Network['monitors'] {
  const [first] = Object.values(sites).flatMap((site) => [
    ...Object.keys(site.gateways ?? {}),
    ...Object.keys(site.nodes ?? {}),
  ]);
  const last = Object.keys(members).at(-1) ?? first;
  if (monitored !== true || first === undefined || last === undefined) return [];
  const target = { type: 'tcp', host: last, port: 22 } as const;
  return [{ ...located, name: 'last', ...target, from: first, every: 10, timeout: 5 }];
}

const routerOf = (name: string, { site, tunnel }: RouterDraft): Router => ({
  ...located,
  ...{ name, site, tunnel, external: name },
  ...{ segments: [], uplink: [], families: [], egress: [], snat: false, forwards: [] },
});

const topologyOf = (topology: Draft['topology']): Topology => {
  if (topology === 'mesh') return { kind: 'mesh' };
  if ('hub' in topology) return { kind: 'hub', hubs: topology.hub };
  const links = topology.links.map((ends) => ({ ends, place: located.place }));
  return { kind: 'links', links };
};

const siteOf = (name: string, site: SiteDraft, draft: Draft): Site => ({
  ...located,
  name,
  subnets: site.subnets.map((p) => plain(Prefix.parse(p))),
  nat: site.nat ?? 'port-preserving',
  gateways: machines(site.gateways, 'gateway', draft, name),
  nodes: machines(site.nodes, 'node', draft, name),
  hosts: sorted(site.hosts).map(([host, h]) => ({
    ...located,
    name: host,
    site: name,
    addresses: h.address.map((a) => plain(Address.parse(a))),
    routes: h.routes ?? 'manual',
    tags: [...(h.tags ?? [])].sort(),
    ssh: {},
  })),
  probe: (site.probe ?? []).map((name) => ({
    ...{ place: located.place, name, address: plain(Address.parse(name)) },
  })),
  tags: [...(site.tags ?? [])].sort(),
  ...(site.mtu !== undefined && { mtu: site.mtu }),
});

/** In the order of the file. */
const machines = (
  record: Readonly<Record<string, MachineDraft>> | undefined,
  kind: Machine['kind'],
  draft: Draft,
  site: string,
): Machine[] =>
  Object.entries(record ?? {}).map(([name, m]) => machineOf(name, m, kind, draft, site));

const machineOf = (
  name: string,
  m: MachineDraft,
  kind: Machine['kind'],
  draft: Draft,
  site?: string,
): Machine => ({
  ...located,
  name,
  kind,
  listenPort: 51820,
  interface: draft.defaults?.interface ?? `hw-${draft.network}`,
  keepalive: m.endpoint ? 0 : (draft.defaults?.keepalive ?? 25),
  addresses: (m.address ?? []).map((a) => plain(Address.parse(a))),
  overlay: (m.overlay ?? []).map((a) => Address.parse(a)),
  taps: [],
  pods: (m.pods ?? []).map((p) => Prefix.parse(p)),
  managed: m.managed ?? true,
  ...(m.allowed_ips && {
    allowedIps: m.allowed_ips.map((p) => Prefix.parse(p)).sort((a, b) => a.compare(b)),
  }),
  tags: [...(m.tags ?? [])].sort(),
  nat: m.nat ?? 'port-preserving',
  ssh: {},
  ...(site !== undefined && { site }),
  ...(m.hub !== undefined && { hub: m.hub }),
  ...(m.was !== undefined && { was: m.was }),
  ...(m.endpoint !== undefined && { endpoint: endpointOf(m.endpoint) }),
  ...(m.mtu !== undefined && { mtu: m.mtu }),
});

const dnsOf = (draft: Draft): Dns => ({
  ...located,
  zone: `${draft.network}.internal`,
  hostsFile: draft.dns?.hosts_file === false ? 'never' : 'auto',
  forward: [],
  records: [],
});

const ruleOf = (rule: RuleDraft, index: number, draft: Draft): PolicyRule => ({
  ...located,
  id: `rule-${index}`,
  from: rule.from.map((text) => selectorOf(text, draft)),
  to: rule.to.map((text) => selectorOf(text, draft)),
  ...(rule.ports && { ports: rule.ports.map(portOf) }),
});

function selectorOf(text: string, draft: Draft): Selector {
  const [, kind, rest] = /^(tag|site):(.*)$/.exec(text) ?? [];
  if (kind === 'tag' || kind === 'site') return { kind, name: rest as string };
  if (text === 'all') return { kind: 'all' };
  if (isAddress(text.split('/')[0] as string))
    return { kind: 'prefix', prefix: Prefix.parse(text) };
  return { kind: draft.groups && text in draft.groups ? 'group' : 'machine', name: text };
}

/** `icmp`, `tcp/22` or `udp/5000-5010`. */
export function portOf(text: string): Port {
  const [, protocol, first, last] = /^(tcp|udp)\/(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') return { protocol: 'icmp' };
  return { protocol, first: Number(first), last: Number(last ?? first) };
}
