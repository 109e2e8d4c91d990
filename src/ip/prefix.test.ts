import { expect, test } from 'vitest';
import { Address } from './address.ts';
import { Prefix } from './prefix.ts';
import { errorOf } from './testing.ts';

test.each([
  ['', 'ip/empty'],
  ['/24', 'ip/empty'],
  ['10.0.0.0', 'ip/length-missing'],
  ['2001:db8::', 'ip/length-missing'],
  ['10.0.0.0/', 'ip/length-not-a-number'],
  ['10.0.0.0/x', 'ip/length-not-a-number'],
  ['10.0.0.0/-1', 'ip/length-not-a-number'],
  ['10.0.0.0/8/8', 'ip/length-not-a-number'],
  ['10.0.0.0/255.0.0.0', 'ip/netmask'],
  ['10.0.0.0/08', 'ip/length-leading-zero'],
  ['10.0.0.0/00', 'ip/length-leading-zero'],
  ['10.0.0.0/33', 'ip/length-out-of-range'],
  ['10.0.0.0/128', 'ip/length-out-of-range'],
  ['2001:db8::/129', 'ip/length-out-of-range'],
  ['2001:db8::/99999999999999999999', 'ip/length-out-of-range'],
  ['10.0.0.1/24', 'ip/host-bits'],
  ['2001:db8::1/64', 'ip/host-bits'],
  ['255.255.255.255/0', 'ip/host-bits'],
  ['10.0.0.0 /8', 'ip/white-space'],
  ['10.0.0.0/ 8', 'ip/white-space'],
  ['010.0.0.0/8', 'ip/leading-zero'],
  ['256.0.0.0/8', 'ip/out-of-range'],
  ['10/8', 'ip/too-few-octets'],
  ['fe80::%eth0/64', 'ip/zone'],
  ['worker/8', 'ip/not-an-address'],
])('"%s" is refused as a prefix with %s', (text, code) => {
  const error = errorOf(() => Prefix.parse(text));
  expect(error.code).toBe(code);
  expect(`${error.message} ${error.fix}`).not.toMatch(/[{}]/);
  expect(Prefix.tryParse(text)).toBeUndefined();
});

test.each([
  ['10.0.0.1/24', '10.0.0.0/24', '10.0.0.1/32'],
  ['192.168.77.255/25', '192.168.77.128/25', '192.168.77.255/32'],
  ['200.1.2.3/0', '0.0.0.0/0', '200.1.2.3/32'],
  ['2001:db8::1/64', '2001:db8::/64', '2001:db8::1/128'],
])('%s with host bits is answered with %s and %s', (text, network, single) => {
  const { fix } = errorOf(() => Prefix.parse(text));
  expect(fix).toContain(`Write ${network} for the network`);
  expect(fix).toContain(`or ${single} for the one address`);
});

test('a prefix around an address drops its host bits', () => {
  expect(Prefix.of(Address.parse('10.9.8.7'), 16).toString()).toBe('10.9.0.0/16');
  expect(Prefix.of(Address.parse('240.9.8.7'), 0).toString()).toBe('0.0.0.0/0');
  expect(Prefix.of(Address.parse('2001:db8::1'), 32).toString()).toBe('2001:db8::/32');
  expect(errorOf(() => Prefix.of(Address.parse('::'), 129)).code).toBe('ip/length-out-of-range');
  expect(errorOf(() => Prefix.of(Address.parse('1.1.1.1'), 1.5)).code).toBe(
    'ip/length-out-of-range',
  );
});

test('a prefix knows its first and last address', () => {
  const prefix = Prefix.parse('192.168.64.0/18');
  expect(`${prefix.first} ${prefix.last}`).toBe('192.168.64.0 192.168.127.255');
  expect(Prefix.parse('0.0.0.0/0').last.toString()).toBe('255.255.255.255');
  expect(Prefix.parse('2001:db8::/126').last.toString()).toBe('2001:db8::3');
  expect(prefix.isSingle).toBe(false);
  expect(Prefix.single(Address.parse('::1')).isSingle).toBe(true);
});

test('0.0.0.0/0 holds no IPv6 address and ::/0 no IPv4 address', () => {
  const [v4, v6] = [Prefix.parse('0.0.0.0/0'), Prefix.parse('::/0')];
  expect(v4.contains(Address.parse('::'))).toBe(false);
  expect(v6.contains(Address.parse('0.0.0.0'))).toBe(false);
  expect(v4.overlaps(v6)).toBe(false);
  expect(v4.equals(v6)).toBe(false);
});

test('a prefix of /22 has four subnets of /24, and one of /22', () => {
  const prefix = Prefix.parse('10.0.4.0/22');
  const texts = [...prefix.subnets(24)].map(String);
  expect(texts).toEqual(['10.0.4.0/24', '10.0.5.0/24', '10.0.6.0/24', '10.0.7.0/24']);
  expect([...prefix.subnets(22)].map(String)).toEqual(['10.0.4.0/22']);
  expect([...Prefix.parse('255.255.255.254/31').subnets(32)].map(String)).toEqual([
    '255.255.255.254/32',
    '255.255.255.255/32',
  ]);
  expect(errorOf(() => prefix.subnets(21)).code).toBe('ip/subnet-length');
  expect(errorOf(() => prefix.subnets(33)).code).toBe('ip/subnet-length');
});

test('the subnets of ::/0 are made only as they are asked for', () => {
  const [first] = Prefix.parse('::/0').subnets(128);
  expect(first?.toString()).toBe('::/128');
});

test('prefixes sort by family, first address, and the larger first', () => {
  const texts = ['::/0', '10.0.0.0/24', '10.0.0.0/8', '9.0.0.0/8', '2001:db8::/32'];
  const sorted = texts
    .map(Prefix.parse)
    .sort((a, b) => a.compare(b))
    .map(String);
  expect(sorted).toEqual(['9.0.0.0/8', '10.0.0.0/8', '10.0.0.0/24', '::/0', '2001:db8::/32']);
});
