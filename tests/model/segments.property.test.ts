import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { canonicalJson } from '#base';
import { check, emptyFacts, machinesOf, project, trace } from '#compile';
import type { Network, Port } from '#spec';
import { bytesOf, missed } from './bytes.ts';
import { loadText, modelOf } from './compiled.ts';
import type { Draft, MachineDraft } from './draft.ts';
import { applyEdit, edits } from './edits.ts';
import { runs } from './effort.ts';
import { brokenIn } from './invariants.ts';
import { drafts } from './networks.ts';
import { at, type RouterSeed, routerSeed, routersOf } from './segment-routers.ts';
import { shuffled } from './shuffle.ts';

/** A machine of a segment: where, and what it is to be called by. */
interface HostSeed {
  readonly site: number;
  readonly tagged: boolean;
  readonly behind: boolean;
  readonly dual: boolean;
}

interface SegmentSeed {
  readonly families: readonly (4 | 6)[];
  readonly flood: boolean;
  readonly hosts: readonly HostSeed[];
  /** By site: in proxy mode, with a tag, with a DHCP server of ours. */
  readonly proxied: readonly boolean[];
  readonly tagged: readonly boolean[];
  readonly served: readonly boolean[];
}

interface RuleSeed {
  readonly from: number;
  readonly to: number;
  readonly ports: readonly string[] | undefined;
}

interface Seed {
  readonly segments: readonly SegmentSeed[];
  readonly router: RouterSeed | undefined;
  readonly taps: boolean;
  /** A member is alone in the first segment. */
  readonly joined: boolean;
  readonly rules: readonly RuleSeed[] | undefined;
  /** The file names so much more or less than it could. */
  readonly shift: number;
}

const flags = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
const number = fc.nat(7);

const segmentSeed: fc.Arbitrary<SegmentSeed> = fc.record({
  families: fc.constantFrom<readonly (4 | 6)[]>([4], [4], [4, 6], [4, 6], [6]),
  flood: fc.nat(4).map((n) => n === 4),
  hosts: fc.array(
    fc.record({ site: number, tagged: fc.boolean(), behind: fc.boolean(), dual: fc.boolean() }),
    { minLength: 1, maxLength: 4 },
  ),
  proxied: flags,
  tagged: flags,
  served: flags,
});

const portTexts = ['icmp', 'tcp/22', 'udp/53', 'tcp/8000-8100'];

const seeds: fc.Arbitrary<Seed> = fc.record({
  segments: fc.array(segmentSeed, { minLength: 1, maxLength: 2 }),
  router: fc.option(routerSeed, { nil: undefined }),
  taps: fc.boolean(),
  joined: fc.boolean(),
  rules: fc.option(
    fc.array(
      fc.record({
        from: number,
        to: number,
        ports: fc.option(fc.subarray(portTexts, { minLength: 1 }), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
    { nil: undefined },
  ),
  shift: fc.nat(3),
});

/** What a rule may speak of. */
const selectorsOf = (sites: readonly string[], { segments }: Seed): readonly string[] => [
  ...segments.flatMap(({ hosts }, s) => hosts.map((_, h) => `s${s}-${h}`)),
  ...segments.map((_, s) => `segment:seg${s}`),
  ...sites.map((site) => `site:${site}`),
  'tag:green',
  'all',
];

/** The sites that can have a part of a segment. */
const sitesOf = (draft: Draft): readonly string[] =>
  Object.keys(draft.sites)
    .filter((name) => Object.keys(draft.sites[name]?.gateways ?? {}).length > 0)
    .slice(0, 4);

/** What a segment has of each of its families, IPv4 first. */
const ofFamilies = ({ families }: SegmentSeed, of4: string, of6: string): string[] =>
  families.map((family) => (family === 4 ? of4 : of6));

const poolAt = (seed: SegmentSeed, s: number, i: number): readonly string[] =>
  ofFamilies(
    seed,
    `172.20.${s}.${i * 50 + 10}-172.20.${s}.${i * 50 + 49}`,
    `fd20:${s}::${i + 1}:10-fd20:${s}::${i + 1}:49`,
  );

function segmentOf(seed: SegmentSeed, s: number, sites: readonly string[], shift: number) {
  const places = sites.map((site, i) => {
    const served = seed.served[i] === true && seed.proxied[i] !== true;
    const [address] = ofFamilies(seed, `172.20.${s}.${i * 50 + 8}`, `fd20:${s}::${i + 1}:8`);
    const own = {
      pool: poolAt(seed, s, i),
      port: `eth${s + 1}`,
      ...(seed.proxied[i] && { mode: 'proxy' }),
      ...(seed.tagged[i] && { vlan: 7 + s }),
      ...(served && { dhcp: { address } }),
    };
    return [site, own] as const;
  });
  return {
    vni: 70 + s + shift,
    subnet: ofFamilies(seed, `172.20.${s}.0/24`, `fd20:${s}::/64`),
    router: ofFamilies(seed, `172.20.${s}.1`, `fd20:${s}::1`)[0],
    ...(seed.flood && { flood: true }),
    pool: ofFamilies(seed, `172.20.${s}.2-172.20.${s}.5`, `fd20:${s}::2-fd20:${s}::5`),
    sites: Object.fromEntries(places),
  };
}

function hostsAt(seed: Seed, site: number, sites: readonly string[]) {
  return Object.fromEntries(
    seed.segments.flatMap((one, s) =>
      one.hosts.flatMap((host, h) => {
        if (host.site % sites.length !== site) return [];
        const last = site * 50 + 20 + h;
        const all = ofFamilies(one, `172.20.${s}.${last}`, `fd20:${s}::${site + 1}:${20 + h}`);
        const own = {
          segment: `seg${s}`,
          address: host.dual ? all : all.slice(0, 1),
          mac: `02:00:00:0${s}:0${site}:0${h}`,
          ...(host.tagged && { tags: ['green'] }),
          ...(host.behind && { allow: [`172.21.${s * 16 + h}.0/24`] }),
        };
        return [[`s${s}-${h}`, own] as const];
      }),
    ),
  );
}

/** The last gateway or node of a site with a segment has ports of its machines. */
function withTaps(site: Draft['sites'][string], taps: boolean): Draft['sites'][string] {
  const gateways = Object.entries(site.gateways ?? {});
  const [name, last] = gateways.at(-1) ?? [];
  if (!taps || gateways.length < 2 || name === undefined || !last) return site;
  return {
    ...site,
    gateways: { ...site.gateways, [name]: { ...last, taps: 'tap*' } as MachineDraft },
  };
}

/** The last of them is in the first segment. */
function withJoined({ members = {} }: Draft, { joined }: Seed): Pick<Draft, 'members'> {
  const [name, last] = Object.entries(members).at(-1) ?? [];
  if (!joined || name === undefined || !last || last.managed === false) return { members };
  return { members: { ...members, [name]: { ...last, segment: 'seg0' } as MachineDraft } };
}

/** A network of the model, with segments laid over its sites. */
function withSegments(draft: Draft, seed: Seed): Draft {
  const sites = sitesOf(draft);
  if (sites.length === 0) return draft;
  const placed = Object.entries(draft.sites).map(([name, site]) => {
    const index = sites.indexOf(name);
    if (index < 0) return [name, site] as const;
    const hosts = { ...site.hosts, ...hostsAt(seed, index, sites) };
    return [name, { ...withTaps(site, seed.taps), hosts }] as const;
  });
  const selectors = selectorsOf(sites, seed);
  const rules = seed.rules?.map(({ from, to, ports }) => ({
    from: [at(selectors, from)],
    to: [at(selectors, to)],
    ...(ports && { ports }),
  }));
  const { policy, routers: _, ...rest } = draft;
  const all = rules || policy ? { policy: [...(policy ?? []), ...(rules ?? [])] } : {};
  const segments = Object.fromEntries(
    seed.segments.map((one, s) => [`seg${s}`, segmentOf(one, s, sites, seed.shift)] as const),
  );
  const more = { segments, ...routersOf(seed, sites), ...withJoined(draft, seed) };
  return { ...rest, ...all, ...more, sites: Object.fromEntries(placed) } as Draft;
}

const yaml = (draft: Draft): string => stringify(draft);

/** The network, where the file is one that is taken. */
const read = (draft: Draft): Network | undefined => loadText(yaml(draft)).network;

function nothingWrong(wrong: readonly string[], draft: Draft): void {
  if (wrong.length === 0) return;
  throw new Error([...wrong.slice(0, 5), 'in this network:', yaml(draft)].join('\n'));
}

const stretched = fc
  .tuple(drafts({ sites: 3, members: 2 }), seeds)
  .map(([draft, seed]) => ({ draft, seed, file: withSegments(draft, seed) }));

test('nearly all such files are taken', () => {
  const refused = fc.sample(stretched, { numRuns: 60, seed: 2026 }).flatMap(({ file }) => {
    const { diagnostics } = loadText(yaml(file));
    return diagnostics.filter(({ severity }) => severity === 'error');
  });
  // Where a site's network is too narrow for IPv6 in a segment.
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['spec/segment-mtu']));
  expect(refused.length).toBeLessThan(20);
});

test('states of machines with segments keep the invariants, and are the same from a shuffled file', () => {
  const states = fc.property(stretched, fc.integer(), ({ file }, seed) => {
    const network = read(file);
    fc.pre(network !== undefined);
    const model = modelOf(network);
    const all = machinesOf(model).map((name) => project(model, name));
    nothingWrong(all.flatMap(brokenIn), file);
    const other = read(shuffled(file, seed));
    expect(other && bytesOf(modelOf(other))).toEqual(bytesOf(model));
  });
  fc.assert(states, runs(20));
});

/** One thing of a seed is that of another. */
const mixed = (a: Seed, b: Seed, n: number): Seed => {
  const keys = Object.keys(a) as (keyof Seed)[];
  const key = at(keys, n);
  if (key !== 'segments') return { ...a, [key]: b[key] };
  const [first, ...rest] = a.segments;
  const [other] = b.segments;
  if (!first || !other) return a;
  const inner = at(Object.keys(first) as (keyof SegmentSeed)[], n + b.shift);
  return { ...a, segments: [{ ...first, [inner]: other[inner] }, ...rest] };
};

test('whoever gets other bytes by an edit of segments, routers, ports or of the rest is among the affected', () => {
  const changes = fc.property(stretched, seeds, edits, fc.nat(9), (one, other, edit, n) => {
    const { draft, seed, file } = one;
    const later =
      n < 6
        ? withSegments(draft, mixed(seed, other, n))
        : withSegments(applyEdit(draft, edit), seed);
    const [before, after] = [read(file), read(later)];
    fc.pre(before !== undefined && after !== undefined);
    const a = modelOf(before);
    const b = modelOf(after, { ...emptyFacts, ledger: a.inputs.ledger });
    nothingWrong(
      missed(a, b).map((what) => `${what} of ${n < 6 ? `part ${n}` : `${edit.kind} ${edit.n}`}`),
      file,
    );
  });
  fc.assert(changes, runs(50));
});

type Ends = Network['segments'][number]['stations'][number];

/** By the words of the file, whatever is compiled: whether a rule speaks of this machine. */
function speaksOf(
  network: Network,
  selector: NonNullable<Network['policy']>[number]['from'][number],
  segment: string,
  { name, site, tags, addresses }: Ends,
  family: 4 | 6,
): boolean {
  switch (selector.kind) {
    case 'all':
      return true;
    case 'machine':
      return selector.name === name;
    case 'segment':
      return selector.name === segment;
    case 'site':
      return selector.name === site;
    case 'tag':
      return (
        tags.includes(selector.name) ||
        network.sites.some((one) => one.name === site && one.tags.includes(selector.name))
      );
    case 'prefix':
      return addresses.some((own) => own.family === family && selector.prefix.contains(own));
    case 'group':
      return network.groups
        .filter((group) => group.name === selector.name)
        .some((group) =>
          group.selectors.some((inner) =>
            speaksOf(network, inner, segment, { name, site, tags, addresses } as Ends, family),
          ),
        );
  }
}

const meant = (
  network: Network,
  segment: string,
  from: Ends,
  to: Ends,
  port: Port,
  family: 4 | 6,
) =>
  !network.policy ||
  network.policy.some(
    (rule) =>
      rule.from.some((one) => speaksOf(network, one, segment, from, family)) &&
      rule.to.some((one) => speaksOf(network, one, segment, to, family)) &&
      (!rule.ports ||
        rule.ports.some((own) =>
          own.protocol === 'icmp' || port.protocol === 'icmp'
            ? own.protocol === port.protocol
            : own.protocol === port.protocol && own.first <= port.first && port.first <= own.last,
        )),
  );

const asked: readonly Port[] = [
  { protocol: 'icmp' },
  { protocol: 'tcp', first: 22, last: 22 },
  { protocol: 'tcp', first: 8050, last: 8050 },
  { protocol: 'udp', first: 9, last: 9 },
];

test('between sites passes what the words of the policy say, of all machines; and the proof finds nothing else', () => {
  const flows = fc.property(stretched, ({ file }) => {
    const network = read(file);
    fc.pre(network?.topology.kind === 'mesh');
    const model = modelOf(network);
    const wrong = network.segments.flatMap(({ name: segment, stations }) =>
      stations.flatMap((from) =>
        stations
          .filter((to) => to.site !== from.site)
          .flatMap((to) =>
            ([4, 6] as const)
              .filter((family) =>
                [from, to].every(({ addresses }) => addresses.some((one) => one.family === family)),
              )
              .flatMap((family) =>
                asked.flatMap((port) => {
                  const { verdict, reason } = trace(model, from.name, to.name, port, family);
                  if (verdict === 'unreachable') return [];
                  const wanted = meant(network, segment, from, to, port, family) ? 'allow' : 'deny';
                  const what = `${from.name} -> ${to.name} ${canonicalJson(port)} IPv${family}`;
                  return verdict === wanted
                    ? []
                    : [`${what}: ${verdict}, not ${wanted}: ${reason}`];
                }),
              ),
          ),
      ),
    );
    const inside = check(model).diagnostics.filter(({ message }) => /^s\d-\d cannot/.test(message));
    nothingWrong([...wrong, ...inside.map(({ message }) => message)], file);
  });
  fc.assert(flows, runs(25));
});
