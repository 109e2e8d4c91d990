import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Address, AddressRange, Prefix } from '#ip';
import { memoryReader } from '../fixtures/memory.ts';
import { loadNetwork } from '../load.ts';
import { edgesOf } from './edges.ts';

const load = (text: string) => loadNetwork('hawser.yaml', memoryReader({ 'hawser.yaml': text }));

interface Drawn {
  readonly subnet: Prefix;
  readonly router: Address;
  /** For each site, its DHCP server. */
  readonly dhcp: readonly Address[];
  /** For each site, its machines; their addresses lie among nobody else's. */
  readonly machines: readonly (readonly Address[])[];
}

const inside = (subnet: Prefix, step: number): Address => {
  const room = BigInt(subnet.high) - BigInt(subnet.low) - 1n;
  const value = BigInt(subnet.low) + 1n + ((BigInt(step) * 7919n) % room);
  return Address.of(subnet.family, subnet.family === 4 ? Number(value) : value);
};

/** Addresses of a subnet, in order: a router's, and for each site a DHCP server's and its machines'. */
const drawn = (family: 4 | 6, counts: readonly number[]): fc.Arbitrary<Drawn> =>
  fc
    .record({
      length: fc.integer({ min: 8, max: 24 }),
      steps: fc.uniqueArray(fc.nat(), { minLength: 32, maxLength: 32 }),
      turn: fc.nat(),
    })
    .map(({ length, steps, turn }) => {
      const v6 = family === 6;
      const subnet = Prefix.of(
        Address.parse(v6 ? 'fd12::' : '10.0.0.0'),
        v6 ? length + 80 : length,
      );
      const found = steps.map((step) => inside(subnet, step)).sort((a, b) => a.compare(b));
      const free = found.filter(
        (one, i) =>
          !found[i - 1]?.equals(one) && !edgesOf(subnet).some(({ address }) => address.equals(one)),
      );
      const [router = subnet.first] = free.splice(turn % free.length, 1);
      const isRouted = (own: readonly Address[]): boolean =>
        own.every((one) => one.compare(router) > 0) || own.every((one) => one.compare(router) < 0);
      const sites = counts.map((count) => {
        const [dhcp = subnet.first, ...machines] = free.splice(0, 1 + count);
        return { dhcp, machines: isRouted(machines) ? machines : machines.slice(0, 1) };
      });
      // As no order of sites is that of their addresses.
      const turned = sites.map((_, i) => sites[(i + turn) % sites.length] ?? sites[0]);
      return {
        subnet,
        router,
        dhcp: turned.flatMap((site) => site?.dhcp ?? []),
        machines: turned.flatMap((site) => (site ? [site.machines] : [])),
      };
    });

/** For each of up to five sites, how many machines it has. */
const counts = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 });

const networks = counts.chain((of) =>
  fc
    .constantFrom<readonly (4 | 6)[]>([4], [6], [4, 6])
    .chain((families) => fc.tuple(...families.map((family) => drawn(family, of)))),
);

const list = (all: readonly unknown[]): string => `[${all.map((one) => `"${one}"`).join(', ')}]`;

/** `pools`: for each site. */
function fileOf(
  families: readonly Drawn[],
  pools: readonly (readonly unknown[])[],
  alone = '10.0.0.1-10.0.0.1',
): string {
  let mac = 1;
  const host = (name: string, addresses: readonly Address[]): string =>
    `${name}: { segment: m, address: ${list(addresses)}, mac: "02:00:00:00:00:${(++mac).toString(16).padStart(2, '0')}" }`;
  const routers = families.map(({ router }) => router);
  const count = families[0]?.dhcp.length ?? 0;
  const sites = Array.from({ length: count }, (_, i) => {
    const machines = families.flatMap(({ machines: all }) => all[i] ?? []);
    const hosts = machines.map((address, n) => host(`h${i}-${n}`, [address]));
    if (i === 0) hosts.push(host('r', routers));
    return `  s${i}: { gateways: { g${i}: { endpoint: 192.0.2.${i + 1}:51820 } }, hosts: { ${hosts.join(', ')} } }`;
  });
  const reached = Array.from({ length: count }, (_, i) => {
    const dhcp = families.flatMap(({ dhcp: all }) => all[i] ?? []);
    return `      s${i}: { pool: ${list(pools[i] ?? ['10.0.0.1-10.0.0.1'])}, port: eth1, dhcp: { by: cloud, address: ${list(dhcp)} } }`;
  });
  return `version: 1
network: test
overlay: "192.168.99.0/24"
sites:
${sites.join('\n')}
members: { alone: { hub: s0, segment: m } }
segments:
  m:
    vni: 7
    subnet: ${list(families.map(({ subnet }) => subnet))}
    router: ${list(routers)}
    pool: ${alone}
    sites:
${reached.join('\n')}
`;
}

describe('proposed pools', () => {
  test('are sound for every subnet and any sites with their machines, whatever pools the file had', () => {
    fc.assert(
      fc.property(networks, (families) => {
        const { proposals } = load(fileOf(families, []));
        const [alone, sites] = [
          proposals.filter(({ site }) => site === undefined),
          proposals.filter(({ site }) => site !== undefined),
        ];
        for (const { pools } of proposals) expect(pools).toHaveLength(families.length);
        const text = fileOf(
          families,
          sites.map(({ pools }) => pools),
          list(alone.flatMap(({ pools }) => pools)),
        );
        expect(load(text).diagnostics).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('are refused when they reach one address further than what is free', () => {
    const subnet = Prefix.parse('10.0.0.0/16');
    const dhcp = ['10.0.0.3', '10.0.128.0'].map(Address.parse);
    const network = [{ subnet, router: Address.parse('10.0.0.1'), dhcp, machines: [] }];
    const alone = '10.0.0.2-10.0.0.2';
    const pools = ['10.0.0.4-10.0.127.255', '10.0.128.1-10.0.255.254'].map(AddressRange.parse);
    expect(
      load(
        fileOf(
          network,
          pools.map((pool) => [pool]),
          alone,
        ),
      ).diagnostics,
    ).toEqual([]);
    for (const [index, pool] of pools.entries()) {
      for (const wider of [
        AddressRange.of(pool.first.previous() ?? pool.first, pool.last),
        AddressRange.of(pool.first, pool.last.next() ?? pool.last),
      ]) {
        const wrong = pools.with(index, wider).map((one) => [one]);
        const { diagnostics } = load(fileOf(network, wrong, alone));
        expect(diagnostics.map(({ code }) => code)).toEqual([
          expect.stringMatching(/^spec\/(pool-holds|pools-overlap)$/),
        ]);
      }
    }
  });

  const twoSites = (a: string, b: string): string => `version: 1
network: test
overlay: 10.0.0.0/24
sites:
  a: { gateways: { ga: { endpoint: "192.0.2.1:51820" } }, hosts: { "a[1-2]": { segment: m, address: [${a}], mac: "02:00:00:00:00:[11-12]" } } }
  b: { gateways: { gb: { endpoint: "192.0.2.2:51820" } }, hosts: { "b[1-2]": { segment: m, address: [${b}], mac: "02:00:00:00:00:[21-22]" } } }
segments:
  m:
    vni: 7
    subnet: 10.9.0.0/16
    dns: [10.9.128.0]
    sites: { a: { port: e, dhcp: { address: 10.9.128.0 } }, b: { port: e } }
`;
  const shown = (text: string): readonly string[] =>
    load(text).proposals.map(({ site, pools, scattered = [] }) =>
      [site, ...pools, ...scattered.map((all) => `not ${all}`)].join(' '),
    );

  test('are halves where those hold the machines, with the address that ends in 128.0 left out', () => {
    expect(shown(twoSites('"10.9.200.[1-2]"', '"10.9.0.[1-2]"'))).toEqual([
      'a 10.9.128.1-10.9.255.254',
      'b 10.9.0.1-10.9.127.255',
    ]);
  });

  test('go around the machines where halves would leave some out', () => {
    expect(shown(twoSites('"10.9.3.[1-2]"', '"10.9.60.[1-2]"'))).toEqual([
      'a 10.9.0.1-10.9.31.255',
      'b 10.9.32.0-10.9.127.255',
    ]);
  });

  test('are none for sites whose machines have their addresses among each other', () => {
    expect(shown(twoSites('"10.9.[2-3].1"', '"10.9.[2-3].2"'))).toEqual([
      'a not 10.9.2.1-10.9.3.1',
      'b not 10.9.2.2-10.9.3.2',
    ]);
  });

  test('have other parts where one of equal parts would hold reserved addresses alone', () => {
    const text = `version: 1
network: test
overlay: 10.0.0.0/24
sites: { a: { gateways: { ga: {} } }, b: { gateways: { gb: {} } }, c: { gateways: { gc: {} } } }
segments: { m: { vni: 7, subnet: 10.9.0.0/29, router: 10.9.0.1, sites: { a: { port: e }, b: { port: e }, c: { port: e } } } }
`;
    expect(shown(text)).toEqual([
      'a 10.9.0.2-10.9.0.2',
      'b 10.9.0.3-10.9.0.4',
      'c 10.9.0.5-10.9.0.6',
    ]);
  });

  test('leave a site out where the subnet has no room for it', () => {
    const text = `version: 1
network: test
overlay: 10.0.0.0/24
sites: { a: { gateways: { ga: {} } }, b: { gateways: { gb: {} } }, c: { gateways: { gc: {} } } }
segments: { m: { vni: 7, subnet: 10.9.0.0/30, sites: { a: { port: e }, b: { port: e }, c: { port: e } } } }
`;
    expect(load(text).proposals.map(({ site, pools }) => `${site} ${pools.join()}`)).toEqual([
      'a ',
      'b 10.9.0.1-10.9.0.1',
      'c 10.9.0.2-10.9.0.2',
    ]);
  });
});
