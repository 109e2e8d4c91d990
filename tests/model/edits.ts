import fc from 'fast-check';
import type { Draft, MachineDraft } from './draft.ts';

/** One change somebody makes to a network; where there is nothing to change, it changes nothing. */
export interface Edit {
  readonly kind: (typeof kinds)[number];
  readonly n: number;
}

const kinds = [
  'add-member',
  'attach-member',
  'remove-member',
  'rename-member',
  'rename-and-keep',
  'toggle-managed',
  'toggle-endpoint',
  'move-endpoint',
  'change-mtu',
  'change-site-mtu',
  'change-tags',
  'change-hub',
  'add-subnet',
  'remove-site',
  'add-host',
  'remove-host',
  'add-rule',
  'remove-rule',
  'no-policy',
  'change-dns',
  'change-router',
  'change-monitors',
  'change-probe',
  'change-ports',
  'change-group',
  'change-overlay',
  'change-keepalive',
] as const;

export const edits: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(...kinds),
  n: fc.nat(30),
});

type Machines = Readonly<Record<string, MachineDraft>>;

const pick = <T>(items: readonly T[], n: number): T | undefined =>
  items[n % Math.max(items.length, 1)];
const without = <T>(record: Readonly<Record<string, T>> | undefined, name: string) =>
  Object.fromEntries(Object.entries(record ?? {}).filter(([key]) => key !== name));

const membersWith = (draft: Draft, change: (members: Machines) => Machines): Draft => ({
  ...draft,
  members: change(draft.members ?? {}),
});

/** Changes the n-th WireGuard machine of the network. */
function machineWith(draft: Draft, n: number, change: (m: MachineDraft) => MachineDraft): Draft {
  const inSites = Object.entries(draft.sites).flatMap(([site, s]) =>
    (['gateways', 'nodes'] as const).flatMap((group) =>
      Object.keys(s[group] ?? {}).map((name) => ({ site, group, name })),
    ),
  );
  const members = Object.keys(draft.members ?? {}).map((name) => ({ name }));
  const chosen = pick<{ name: string; site?: string; group?: 'gateways' | 'nodes' }>(
    [...members, ...inSites],
    n,
  );
  if (!chosen) return draft;
  const { name, site, group } = chosen;
  if (site === undefined || !group) {
    return membersWith(draft, (all) => ({ ...all, [name]: change(all[name] ?? {}) }));
  }
  const old = draft.sites[site];
  const machines = old?.[group] ?? {};
  const changed = {
    ...old,
    subnets: old?.subnets ?? [],
    [group]: { ...machines, [name]: change(machines[name] ?? {}) },
  };
  return { ...draft, sites: { ...draft.sites, [site]: changed } };
}

/** Names that other parts of the file may mention: to them the renamed or removed is unknown then. */
const mentions = (draft: Draft, name: string): boolean => {
  const { members: _, ...rest } = draft;
  return JSON.stringify(rest).includes(`"${name}"`);
};

function renameMember(draft: Draft, n: number, keep: boolean): Draft {
  const name = pick(Object.keys(draft.members ?? {}), n);
  if (name === undefined || mentions(draft, name)) return draft;
  return membersWith(draft, (all) => ({
    ...without(all, name),
    [`${name}-new`]: { ...all[name], ...(keep && { was: name }) },
  }));
}

const sitesWithMachines = (draft: Draft): string[] =>
  Object.keys(draft.sites).filter(
    (name) => draft.sites[name]?.gateways ?? draft.sites[name]?.nodes,
  );

/** A site nobody mentions. */
function removeSite(draft: Draft, n: number): Draft {
  const name = pick(Object.keys(draft.sites), n);
  if (name === undefined) return draft;
  const rest = { ...draft, sites: without(draft.sites, name) };
  const own = JSON.stringify(draft.sites[name]).match(/"[ghn]\d+-\d+"/g) ?? [];
  const words = [`"${name}"`, `"site:${name}"`, ...own];
  return words.some((word) => JSON.stringify(rest).includes(word)) ? draft : rest;
}

function siteWith(
  draft: Draft,
  n: number,
  change: (s: Draft['sites'][string], name: string) => Draft['sites'][string],
): Draft {
  const name = pick(Object.keys(draft.sites), n);
  const old = name === undefined ? undefined : draft.sites[name];
  if (name === undefined || !old) return draft;
  return { ...draft, sites: { ...draft.sites, [name]: change(old, name) } };
}

const rulesWith = (
  draft: Draft,
  change: (rules: NonNullable<Draft['policy']>) => Draft['policy'],
): Draft => {
  const policy = change(draft.policy ?? []);
  const { policy: _, ...rest } = draft;
  return policy ? { ...rest, policy } : rest;
};

const withoutField = <T extends object, K extends keyof T>(object: T, key: K): Omit<T, K> => {
  const { [key]: _, ...rest } = object;
  return rest;
};

const actions: Readonly<Record<Edit['kind'], (draft: Draft, n: number) => Draft>> = {
  'add-member': (draft) => membersWith(draft, (all) => ({ aa: {}, ...all })),
  'attach-member': (draft, n) => {
    const hub = pick(sitesWithMachines(draft), n);
    return hub === undefined ? draft : membersWith(draft, (all) => ({ ab: { hub }, ...all }));
  },
  'remove-member': (draft, n) => {
    const name = pick(Object.keys(draft.members ?? {}), n);
    if (name === undefined || mentions(draft, name)) return draft;
    return membersWith(draft, (all) => without(all, name));
  },
  'rename-member': (draft, n) => renameMember(draft, n, false),
  'rename-and-keep': (draft, n) => renameMember(draft, n, true),
  'toggle-managed': (draft, n) => {
    const name = pick(Object.keys(draft.members ?? {}), n);
    if (name === undefined) return draft;
    return membersWith(draft, (all) => ({
      ...all,
      [name]: { ...all[name], managed: !(all[name]?.managed ?? true) },
    }));
  },
  'toggle-endpoint': (draft, n) =>
    machineWith(draft, n, (m) =>
      m.endpoint === undefined
        ? { ...m, endpoint: `192.0.2.${n + 1}:51820` }
        : withoutField(m, 'endpoint'),
    ),
  'move-endpoint': (draft, n) =>
    machineWith(draft, n, (m) =>
      m.endpoint === undefined ? m : { ...m, endpoint: `192.0.2.${n + 1}:51830` },
    ),
  'change-mtu': (draft, n) => machineWith(draft, n, (m) => ({ ...m, mtu: 1390 + n })),
  'change-site-mtu': (draft, n) => siteWith(draft, n, (s) => ({ ...s, mtu: 1390 + n })),
  'change-tags': (draft, n) => machineWith(draft, n, (m) => ({ ...m, tags: ['red', `tag${n}`] })),
  'change-hub': (draft, n) => {
    const [name, hub] = [
      pick(Object.keys(draft.members ?? {}), n),
      pick(sitesWithMachines(draft), n),
    ];
    if (name === undefined || hub === undefined || mentions(draft, name)) return draft;
    return membersWith(draft, (all) => ({ ...all, [name]: { ...all[name], hub } }));
  },
  'add-subnet': (draft, n) =>
    siteWith(draft, n, (s) => ({ ...s, subnets: [...s.subnets, '10.77.0.0/24'] })),
  'remove-site': removeSite,
  'add-host': (draft, n) =>
    siteWith(draft, n, (s) => {
      const subnet = s.subnets.find((text) => text.endsWith('.0/24'));
      if (subnet === undefined) return s;
      return {
        ...s,
        hosts: { ...s.hosts, extra: { address: [subnet.replace('.0/24', '.99')], tags: ['red'] } },
      };
    }),
  'remove-host': (draft, n) =>
    siteWith(draft, n, (s) => {
      const name = Object.keys(s.hosts ?? {})[0];
      const rest = { groups: draft.groups, policy: draft.policy };
      if (name === undefined || JSON.stringify(rest).includes(`"${name}"`)) return s;
      return { ...s, hosts: without(s.hosts, name) };
    }),
  'change-probe': (draft, n) =>
    siteWith(draft, n, ({ probe, ...s }) => {
      const subnet = s.subnets.find((text) => text.endsWith('.0/24'));
      if (probe || subnet === undefined) return s;
      return { ...s, probe: [subnet.replace('.0/24', '.98')] };
    }),
  'add-rule': (draft, n) => {
    const to = pick(Object.keys(draft.sites), n);
    return rulesWith(draft, (rules) => [
      ...rules,
      { from: ['all'], to: [to === undefined ? 'all' : `site:${to}`], ports: [`tcp/${443 + n}`] },
    ]);
  },
  'remove-rule': (draft) =>
    rulesWith(draft, (rules) => (rules.length > 0 ? rules.slice(1) : undefined)),
  'change-monitors': (draft, n) => ({ ...draft, monitored: n % 2 === 0 }),
  'change-router': (draft, n) => {
    const site = pick(sitesWithMachines(draft), n);
    if (site === undefined) return draft;
    const { [`r${site}`]: known, ...others } = draft.routers ?? {};
    const inSite = Object.entries(others).filter(([, router]) => router.site !== site);
    const routers = Object.fromEntries(inSite);
    if (n % 3 === 0) return { ...draft, routers };
    const router = { site, external: true, tunnel: known?.tunnel !== true } as const;
    return { ...draft, routers: { ...routers, [`r${site}`]: router } };
  },
  'change-dns': (draft, n) => {
    const { dns: _, ...rest } = draft;
    return n % 3 === 0 ? rest : { ...rest, dns: { hosts_file: n % 3 === 1 ? 'auto' : false } };
  },
  'no-policy': (draft) => rulesWith(draft, () => undefined),
  'change-ports': (draft, n) =>
    rulesWith(
      draft,
      (rules) =>
        draft.policy &&
        rules.map((rule, i) =>
          i === n % rules.length ? { ...rule, ports: [`udp/${n + 1}`] } : rule,
        ),
    ),
  'change-group': (draft, n) => {
    const name = pick(Object.keys(draft.groups ?? {}), n);
    const member = pick(Object.keys(draft.members ?? {}), n);
    if (name === undefined || member === undefined) return draft;
    return {
      ...draft,
      groups: { ...draft.groups, [name]: [...(draft.groups?.[name] ?? []), member] },
    };
  },
  'change-overlay': (draft) => ({
    ...draft,
    overlay:
      draft.overlay.length === 1 ? [...draft.overlay, '10.98.0.0/24'] : draft.overlay.slice(1),
  }),
  'change-keepalive': (draft, n) => ({ ...draft, defaults: { keepalive: 10 + n } }),
};

export const applyEdit = (draft: Draft, { kind, n }: Edit): Draft => actions[kind](draft, n);
