import { expect, test } from 'vitest';
import { Address } from './address.ts';
import { errorOf } from './testing.ts';

test.each([
  ['', 'ip/empty'],
  ['gateway', 'ip/not-an-address'],
  ['gateway.example.org', 'ip/not-an-address'],
  ['1.2.3.x', 'ip/not-an-address'],
  ['.', 'ip/not-an-address'],
  ['1:2', 'ip/not-an-address'],
  [' 10.0.0.1', 'ip/white-space'],
  ['10.0.0.1\n', 'ip/white-space'],
  ['10. 0.0.1', 'ip/white-space'],
  ['fe80::1 ', 'ip/white-space'],
  ['fe80::1%eth0', 'ip/zone'],
  ['fe80::1%', 'ip/zone'],
  ['[2001:db8::1]', 'ip/brackets'],
  ['[2001:db8::1]:51820', 'ip/brackets'],
  ['10.0.0.1:51820', 'ip/port'],
  ['10.0.0.1/32', 'ip/prefix-for-address'],
  ['010.0.0.1', 'ip/leading-zero'],
  ['10.0.0.00', 'ip/leading-zero'],
  ['0x0a.0.0.1', 'ip/hexadecimal-octet'],
  ['0xa000001', 'ip/hexadecimal-octet'],
  ['10.1', 'ip/too-few-octets'],
  ['10.0.1', 'ip/too-few-octets'],
  ['167772161', 'ip/too-few-octets'],
  ['10.0.0.0.1', 'ip/too-many-octets'],
  ['10..0.1', 'ip/empty-octet'],
  ['10.0.0.', 'ip/empty-octet'],
  ['.10.0.0.1', 'ip/empty-octet'],
  ['256.0.0.1', 'ip/out-of-range'],
  ['10.0.0.99999999999999999999', 'ip/out-of-range'],
  ['-1.0.0.1', 'ip/not-an-address'],
  ['1::2::3', 'ip/double-compression'],
  ['::1::', 'ip/double-compression'],
  ['1:2:3:4:5:6:7::8', 'ip/needless-compression'],
  ['1:2:3:4:5:6:7:8::', 'ip/needless-compression'],
  ['::1:2:3:4:5:6:7:8', 'ip/needless-compression'],
  [':::', 'ip/stray-colon'],
  ['1:::2', 'ip/stray-colon'],
  [':1::2', 'ip/stray-colon'],
  ['1::2:', 'ip/stray-colon'],
  ['1:2:3:4:5:6:7:', 'ip/stray-colon'],
  ['2001:00db8::1', 'ip/group-too-long'],
  ['2001:dbg::1', 'ip/not-a-group'],
  ['0x1::1', 'ip/not-a-group'],
  ['1:2:3', 'ip/too-few-groups'],
  ['1:2:3:4:5:1.2.3.4', 'ip/too-few-groups'],
  ['1:2:3:4:5:6:7:8:9', 'ip/too-many-groups'],
  ['1:2:3:4:5:6:7:1.2.3.4', 'ip/too-many-groups'],
  ['1.2.3.4::', 'ip/misplaced-ipv4'],
  ['::1.2.3.4:5', 'ip/misplaced-ipv4'],
  ['::ffff:010.0.0.1', 'ip/leading-zero'],
  ['::ffff:10.1', 'ip/too-few-octets'],
  ['::ffff:10.0.0.256', 'ip/out-of-range'],
])('"%s" is refused with %s', (text, code) => {
  const error = errorOf(() => Address.parse(text));
  expect(error.code).toBe(code);
  expect(error.text).toBe(text);
  expect(`${error.message} ${error.fix}`).not.toMatch(/[{}]/);
  expect(Address.tryParse(text)).toBeUndefined();
});

test('an octal octet is named, with the decimal number that may have been meant', () => {
  const error = errorOf(() => Address.parse('10.0.010.1'));
  expect(error.message).toContain('octet 3 of "10.0.010.1" is 010');
  expect(error.fix).toContain('Write 10 ');
});

test('a very long text is shortened in the message', () => {
  expect(errorOf(() => Address.parse('1'.repeat(100_000))).message.length).toBeLessThan(300);
});

test.each([
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8::00A0', '2001:db8::a0'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ['::ffff:c000:201', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['::1.2.3.4', '::102:304'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
])('%s is written %s', (text, written) => {
  expect(Address.parse(text).toString()).toBe(written);
  expect(JSON.stringify({ a: Address.parse(text) })).toBe(`{"a":"${written}"}`);
});

test('the last address of a family has no next, the first no previous', () => {
  expect(Address.parse('255.255.255.255').next()).toBeUndefined();
  expect(Address.parse('0.0.0.0').previous()).toBeUndefined();
  expect(Address.parse('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff').next()).toBeUndefined();
  expect(Address.parse('::').previous()).toBeUndefined();
  expect(Address.parse('127.255.255.255').next()?.toString()).toBe('128.0.0.0');
  expect(Address.parse('2001:db8::1:0').previous()?.toString()).toBe('2001:db8::ffff');
});

test('IPv4 sorts before IPv6, and ::1 is not 0.0.0.1', () => {
  const sorted = ['::', '255.255.255.255', '10.0.0.9', '10.0.0.10', '::1']
    .map(Address.parse)
    .sort((a, b) => a.compare(b))
    .map(String);
  expect(sorted).toEqual(['10.0.0.9', '10.0.0.10', '255.255.255.255', '::', '::1']);
  expect(Address.parse('0.0.0.1').equals(Address.parse('::1'))).toBe(false);
});

test.each([
  [4, -1],
  [4, 2 ** 32],
  [4, 1.5],
  [4, Number.NaN],
  [4, 1n << 32n],
  [6, -1n],
  [6, 1n << 128n],
  [6, 0.5],
] as const)('IPv%i has no address number %s', (family, value) => {
  expect(errorOf(() => Address.of(family, value)).code).toBe('ip/not-a-value');
});

test('an address number may be given as number or bigint', () => {
  expect(Address.of(4, 0x0a000001n).value).toBe(0x0a000001);
  expect(Address.of(6, 1).value).toBe(1n);
});
