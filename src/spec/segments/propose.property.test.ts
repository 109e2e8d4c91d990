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
}

const inside = (subnet: Prefix, step: number): Address => {
  const room = BigInt(subnet.high) - BigInt(subnet.low) - 1n;
  const value = BigInt(subnet.low) + 1n + ((BigInt(step) * 7919n) % room);
  return Address.of(subnet.family, subnet.family === 4 ? Number(value) : value);
};

const drawn: fc.Arbitrary<Drawn> = fc
  .record({
    v6: fc.boolean(),
    length: fc.integer({ min: 8, max: 24 }),
    steps: fc.uniqueArray(fc.nat(), { minLength: 2, maxLength: 6 }),
  })
  .map(({ v6, length, steps }) => {
    const subnet = Prefix.of(Address.parse(v6 ? 'fd12::' : '10.0.0.0'), v6 ? length + 80 : length);
    const [router = Address.parse('::'), ...dhcp] = steps.map((step) => inside(subnet, step));
    return { subnet, router, dhcp };
  })
  .filter(
    ({ router, dhcp, subnet }) =>
      new Set([router, ...dhcp].map(String)).size === dhcp.length + 1 &&
      ![router, ...dhcp].some((one) => edgesOf(subnet).some(({ address }) => address.equals(one))),
  );

function fileOf({ subnet, router, dhcp }: Drawn, pools: readonly string[]): string {
  const hosts = `, hosts: { r: { segment: m, address: "${router}", mac: "02:00:00:00:00:01" } }`;
  const overlay = subnet.family === 4 ? 'fd99::/64' : '10.0.0.0/24';
  const sites = dhcp.map(
    (_, i) =>
      `  s${i}: { gateways: { g${i}: { endpoint: 192.0.2.${i + 1}:51820 } }${i > 0 ? '' : hosts} }`,
  );
  const reached = dhcp.map(
    (address, i) =>
      `      s${i}: { pool: "${pools[i] ?? '10.0.0.1-10.0.0.1'}", port: eth1, dhcp: { by: cloud, address: "${address}" } }`,
  );
  return `version: 1
network: test
overlay: "${overlay}"
sites:
${sites.join('\n')}
segments:
  m:
    vni: 7
    subnet: "${subnet}"
    router: "${router}"
    sites:
${reached.join('\n')}
`;
}

describe('proposed pools', () => {
  test('are sound for every subnet and any number of sites, whatever pools the file had', () => {
    fc.assert(
      fc.property(drawn, (network) => {
        const { proposals } = load(fileOf(network, []));
        const pools = proposals.map(({ pools: [pool] }) => String(pool));
        expect(pools).toHaveLength(network.dhcp.length);
        const { diagnostics } = load(fileOf(network, pools));
        expect(diagnostics.map(({ code }) => code)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('are refused when they reach one address further than what is free', () => {
    const one = { subnet: Prefix.parse('10.0.0.0/16'), router: Address.parse('10.0.0.1') };
    const network = { ...one, dhcp: ['10.0.0.3', '10.0.128.0'].map(Address.parse) };
    const pools = load(fileOf(network, [])).proposals.flatMap((site) => site.pools);
    expect(pools.map(String)).toEqual(['10.0.0.4-10.0.127.255', '10.0.128.1-10.0.255.254']);
    for (const [index, pool] of pools.entries()) {
      for (const wider of [
        AddressRange.of(pool.first.previous() ?? pool.first, pool.last),
        AddressRange.of(pool.first, pool.last.next() ?? pool.last),
      ]) {
        const { diagnostics } = load(fileOf(network, pools.with(index, wider).map(String)));
        expect(diagnostics.map(({ code }) => code)).toEqual([
          expect.stringMatching(/^spec\/(pool-holds|pools-overlap)$/),
        ]);
      }
    }
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
