import { expect, test } from 'vitest';
import { dhcpArgv, dhcpItemOf, knownIn, knownText } from './dhcp-argv.ts';

const places = { tables: '/run/t', pid: '/run/p', known: '/run/k', leases: '/var/l' };

const plain = {
  device: 'bridge',
  pools: ['10.101.128.1-10.101.255.254/16'],
  routers: [],
  dns: [],
  mtu: 0,
  zones: [],
  forward: [],
};
const whole = {
  ...plain,
  routers: ['10.101.0.1'],
  dns: ['10.101.128.0', '192.0.2.53'],
  mtu: 1390,
  zones: ['net.internal', '101.10.in-addr.arpa'],
  forward: ['192.0.2.53'],
};
const both = {
  ...whole,
  pools: ['10.101.128.1-10.101.255.254/16', 'fd09::1:0-fd09::1:ffff/64'],
  dns: ['10.101.128.0', 'fd09::a'],
};

test.each([plain, whole, both])(
  'the command line of a DHCP server says all that it is: %j',
  (item) => {
    expect(dhcpItemOf(dhcpArgv({ ...item, hosts: [] }, places))).toEqual(item);
  },
);

test('it answers for no names without a zone, and says nothing of a router that is not there', () => {
  const argv = dhcpArgv({ ...plain, hosts: [] }, places);
  expect(argv).toContain('--port=0');
  expect(argv).toContain('--dhcp-option=option:router');
  expect(argv).toContain('--dhcp-range=10.101.128.1,10.101.255.254,255.255.0.0,12h');
});

test('it advertises what fits where it gives addresses of IPv6, and no router', () => {
  const argv = dhcpArgv({ ...both, hosts: [] }, places);
  expect(argv).toContain('--ra-param=bridge,mtu:1390,60,0');
  expect(argv).toContain('--dhcp-option=option6:dns-server,[fd09::a]');
  expect(dhcpArgv({ ...whole, hosts: [] }, places)).not.toContain('--enable-ra');
});

test('those it knows are read as they were written', () => {
  const hosts = ['02:00:00:00:00:05 10.9.0.5 five', '02:00:00:00:00:06 fd09::6 six'];
  expect(knownText(hosts)).toBe(
    '02:00:00:00:00:05,10.9.0.5,five\n02:00:00:00:00:06,[fd09::6],six\n',
  );
  expect(knownIn(knownText(hosts))).toEqual(hosts);
});
