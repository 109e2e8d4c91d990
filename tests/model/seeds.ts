import fc from 'fast-check';
import type { Host } from '#spec';

/**
 * Random networks as drafts. Everything refers to everything else by number, taken modulo what is
 * there, so that a network shrinks by losing sites and members and still means something.
 */

export type Families = 'v4' | 'v6' | 'dual';
const families = (): fc.Arbitrary<Families> => fc.constantFrom('dual', 'v4', 'v6');

export interface SiteSeed {
  readonly style: 'gateway' | 'gateways' | 'cluster' | 'bare';
  readonly open: readonly boolean[];
  readonly endpointFamily: 4 | 6;
  readonly endpointInside: boolean;
  readonly families: Families;
  readonly subnets: number;
  readonly hosts: readonly { readonly place: number; readonly routes: Host['routes'] }[];
  /** Public UDP port, which need not be the one it listens on. */
  readonly port: number;
  /** The file gives the first machine its overlay address. */
  readonly fixed: boolean;
  readonly mtu: number | undefined;
  readonly tags: readonly string[];
  /** What is there with one gateway: a router of others, with the tunnel in it or nothing. */
  readonly router: 'tunnel' | 'empty' | undefined;
}

export interface MemberSeed {
  readonly hub: number | undefined;
  readonly open: boolean;
  readonly managed: boolean;
  /** If unmanaged, only the overlay and one subnet go into its tunnel. */
  readonly narrow: boolean;
  readonly mtu: number | undefined;
  readonly tags: readonly string[];
}

export interface TopologySeed {
  readonly kind: 'mesh' | 'hub' | 'links';
  readonly hubs: readonly number[];
  /** Unit i + 1 hangs on one of those before it; then more links. */
  readonly parents: readonly number[];
  readonly extra: readonly (readonly [number, number])[];
}

export interface RuleSeed {
  readonly from: readonly SelectorSeed[];
  readonly to: readonly SelectorSeed[];
  readonly ports: readonly string[] | undefined;
}

export type SelectorKind =
  | 'all'
  | 'site'
  | 'tag'
  | 'group'
  | 'machine'
  | 'host'
  | 'subnet'
  | 'half'
  | 'overlay';
export interface SelectorSeed {
  readonly kind: SelectorKind;
  readonly n: number;
}

export interface NetworkSeed {
  readonly sites: readonly SiteSeed[];
  readonly members: readonly MemberSeed[];
  readonly topology: TopologySeed;
  readonly overlay: Families;
  readonly groups: readonly (readonly SelectorSeed[])[];
  readonly policy: readonly RuleSeed[] | undefined;
  readonly dns: 'auto' | false | undefined;
}

const index = fc.nat(11);
const few = <T>(item: fc.Arbitrary<T>, maxLength: number, minLength = 0) =>
  fc.array(item, { minLength, maxLength });
const rarely = <T>(usual: T, rare: T) => fc.nat(7).map((n) => (n === 7 ? rare : usual));
const tags = fc.subarray(['red', 'blue'], { minLength: 0 });
const mtu = fc.option(fc.constantFrom(1500, 1450, 1400), { nil: undefined, freq: 2 });
const mostly = fc.nat(3).map((n) => n < 3);

const siteSeed: fc.Arbitrary<SiteSeed> = fc.record({
  style: fc.constantFrom('gateway', 'gateway', 'gateways', 'cluster', 'bare'),
  open: few(mostly, 3, 3),
  endpointFamily: rarely<4 | 6>(4, 6),
  endpointInside: rarely(false, true),
  families: families(),
  subnets: fc.constantFrom(1, 1, 2),
  hosts: few(
    fc.record({
      place: index,
      routes: fc.constantFrom<Host['routes'][]>('manual', 'agent', 'cloud'),
    }),
    2,
  ),
  port: rarely(51820, 5555),
  fixed: rarely(false, true),
  mtu,
  tags,
  router: fc.constantFrom<SiteSeed['router'][]>(undefined, undefined, 'empty', 'tunnel'),
});

const memberSeed: fc.Arbitrary<MemberSeed> = fc.record({
  hub: fc.option(index, { nil: undefined }),
  open: fc.nat(3).map((n) => n === 3),
  managed: fc.boolean(),
  narrow: rarely(false, true),
  mtu,
  tags,
});

const topologySeed: fc.Arbitrary<TopologySeed> = fc.record({
  kind: fc.constantFrom('mesh', 'hub', 'links'),
  hubs: few(index, 2, 1),
  parents: few(index, 9, 9),
  extra: few(fc.tuple(index, index), 2),
});

const selectorSeed: fc.Arbitrary<SelectorSeed> = fc.record({
  kind: fc.constantFrom<SelectorKind[]>(
    'all',
    'site',
    'tag',
    'group',
    'machine',
    'host',
    'subnet',
    'half',
    'overlay',
  ),
  n: index,
});

const portTexts = ['icmp', 'tcp/22', 'udp/53', 'tcp/8000-8100', 'tcp/20-30'];
const ruleSeed: fc.Arbitrary<RuleSeed> = fc.record({
  from: few(selectorSeed, 2, 1),
  to: few(selectorSeed, 2, 1),
  ports: fc.option(fc.subarray(portTexts, { minLength: 1 }), { nil: undefined, freq: 2 }),
});

export interface Size {
  readonly sites?: number;
  readonly members?: number;
}

export const networkSeed = ({ sites = 4, members = 3 }: Size = {}): fc.Arbitrary<NetworkSeed> =>
  fc.record({
    sites: few(siteSeed, sites, 1),
    members: few(memberSeed, members),
    topology: topologySeed,
    overlay: families(),
    groups: few(few(selectorSeed, 2, 1), 2),
    policy: fc.option(few(ruleSeed, 4), { nil: undefined, freq: 4 }),
    dns: fc.constantFrom<NetworkSeed['dns'][]>('auto', false, undefined),
  });
