import fc from 'fast-check';

export interface RouterSeed {
  readonly site: number;
  readonly both: boolean;
  readonly snat: boolean;
  readonly egress: readonly string[];
  readonly forwards: boolean;
  readonly external: boolean;
}

export const routerSeed: fc.Arbitrary<RouterSeed> = fc.record({
  site: fc.nat(7),
  both: fc.boolean(),
  snat: fc.boolean(),
  egress: fc.subarray(['198.51.100.0/24', '198.51.100.7/32', '192.0.2.0/25']),
  forwards: fc.boolean(),
  external: fc.boolean(),
});

export const at = <T>(items: readonly T[], n: number): T => items[n % items.length] as T;

/** What a router has to know of a segment. */
interface Reached {
  readonly families: readonly (4 | 6)[];
  readonly hosts: readonly { readonly site: number }[];
}

/** Where a tunnel lives in a router there is no segment. */
export function routersOf(
  {
    router,
    segments,
  }: { readonly router: RouterSeed | undefined; readonly segments: readonly Reached[] },
  sites: readonly string[],
) {
  if (!router) return {};
  const [first] = segments;
  const target = first?.families.includes(4) ? first.hosts[0] : undefined;
  const to = target && `172.20.0.${(target.site % sites.length) * 50 + 20}`;
  const reached = router.both ? segments : segments.slice(0, 1);
  // One of others leads out by the families that it is found by.
  const isExternal = router.external && reached.some(({ families }) => families.includes(4));
  const own = {
    site: at(sites, router.site),
    segments: router.both ? segments.map((_, s) => `seg${s}`) : ['seg0'],
    ...(isExternal
      ? { external: true, namespace: 'qrouter-1' }
      : { uplink: { address: '172.22.0.2/24', via: '172.22.0.1' } }),
    egress: router.egress.length > 0 ? router.egress : ['198.51.100.9/32'],
    snat: router.snat,
    ...(router.forwards &&
      !isExternal &&
      to && { forwards: [{ port: 'tcp/2222', to, target: 22 }] }),
  };
  return { routers: { way: own } };
}
