import { expect, test } from 'vitest';
import { linked } from '../../testing.ts';
import { project } from '../project.ts';

const file = (dhcp: string) => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a:
    gateways: { ga: { endpoint: 192.0.2.1:51820, overlay: 10.0.0.1 } }
    hosts: { a-1: { segment: lab, address: [10.9.0.2, "fd09::2"], mac: "02:00:00:00:00:0a" } }
  b: { gateways: { gb: { endpoint: 192.0.2.2:51820, overlay: 10.0.0.2 } } }
segments:
  lab:
    vni: 7
    subnet: [10.9.0.0/24, "fd09::/64"]
    dns: [10.9.0.100, "fd09::100", 10.9.0.200]
    sites:
      a: { pool: [10.9.0.2-10.9.0.99, "fd09::2-fd09::99"], port: eth1, ${dhcp} }
      b: { pool: [10.9.0.130-10.9.0.199, "fd09::130-fd09::199"], port: eth1 }
`;

const spaceWith = (dhcp: string) =>
  project(linked(file(dhcp)), 'ga').namespaces['hw-net-lab'] ?? {};

test('a DHCP server gives what it has itself: one of IPv4 alone, nothing of IPv6', () => {
  const { dhcpServers, addresses, sysctls } = spaceWith('dhcp: { address: 10.9.0.100 }');
  expect(dhcpServers).toMatchObject({
    v: 1,
    items: [
      {
        pools: ['10.9.0.2-10.9.0.99/24'],
        dns: ['10.9.0.100', '10.9.0.200'],
        hosts: [{ addresses: ['10.9.0.2'] }],
      },
    ],
  });
  expect(addresses?.items).toEqual([{ device: 'bridge', address: '10.9.0.100/24' }]);
  expect(sysctls).toBeUndefined();
});

test('one of IPv6 alone takes nothing of IPv4', () => {
  const [border] = spaceWith('dhcp: { address: "fd09::100" }').nft?.items ?? [];
  expect(border?.chains.find(({ name }) => name === 'input')?.rules[0]).toMatchObject({
    match: [
      { left: 'meta pkttype', op: '==', right: 'host' },
      { left: 'meta protocol', op: '==', right: 'ip' },
    ],
    verdict: 'drop',
  });
});

test('one of IPv6 advertises from an address of the link, and believes no advertisement itself', () => {
  const space = spaceWith('dhcp: { address: [10.9.0.100, "fd09::100"] }');
  expect(space.dhcpServers).toMatchObject({
    v: 2,
    items: [
      {
        pools: ['10.9.0.2-10.9.0.99/24', 'fd09::2-fd09::99/64'],
        dns: ['10.9.0.100', '10.9.0.200', 'fd09::100'],
        hosts: [{ addresses: ['10.9.0.2', 'fd09::2'] }],
      },
    ],
  });
  expect(space.addresses?.items.map(({ address }) => address)).toEqual([
    '10.9.0.100/24',
    'fd09::100/64',
    expect.stringMatching(/^fe80::69:.*\/64$/),
  ]);
  const [border] = space.nft?.items ?? [];
  expect(border?.chains.find(({ name }) => name === 'output')?.hook).toMatchObject({
    hook: 'output',
  });
  expect(space.sysctls?.items).toEqual([
    { key: 'net.ipv6.conf.*.accept_ra', device: 'bridge', value: '0' },
  ]);
});
