import { expect, test } from 'vitest';
import { Address } from './address.ts';
import { AddressRange } from './range.ts';
import { errorOf } from './testing.ts';

const codeOf = (run: () => unknown): string => errorOf(run).code;

test('who writes a prefix or one address is told the range that it is', () => {
  const fixOf = (text: string): string => errorOf(() => AddressRange.parse(text)).fix;
  expect(fixOf('10.101.128.0/17')).toContain('10.101.128.0-10.101.255.255');
  expect(fixOf('fd00::7')).toContain('fd00::7-fd00::7');
});

test.each([
  ['10.0.0.1', 'ip/not-a-range'],
  ['10.0.0.1-10.0.0.2-10.0.0.3', 'ip/not-a-range'],
  ['10.0.0.1-', 'ip/empty'],
  ['10.0.0.1 - 10.0.0.9', 'ip/white-space'],
  ['10.0.0.1-9', 'ip/too-few-octets'],
  ['10.0.0.1-::1', 'ip/range-families'],
  ['10.0.0.9-10.0.0.1', 'ip/range-backwards'],
])('"%s" is refused as a range with %s', (text, code) => {
  expect(codeOf(() => AddressRange.parse(text))).toBe(code);
  expect(AddressRange.tryParse(text)).toBeUndefined();
});

test.each([
  ['10.0.0.1-10.0.0.1', '10.0.0.1/32'],
  ['10.0.0.0-10.0.0.255', '10.0.0.0/24'],
  ['10.0.0.1-10.0.0.9', '10.0.0.1/32, 10.0.0.2/31, 10.0.0.4/30, 10.0.0.8/31'],
  ['0.0.0.0-255.255.255.255', '0.0.0.0/0'],
  ['127.255.255.255-128.0.0.0', '127.255.255.255/32, 128.0.0.0/32'],
  ['::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::/0'],
  ['2001:db8::1-2001:db8::4', '2001:db8::1/128, 2001:db8::2/127, 2001:db8::4/128'],
])('the range %s is made of %s', (text, prefixes) => {
  const range = AddressRange.parse(text);
  expect(range.prefixes().join(', ')).toBe(prefixes);
  expect(range.toString()).toBe(text);
  expect(AddressRange.tryParse(text)?.equals(range)).toBe(true);
});

test.each([
  ['10.0.0.1-10.0.0.9', '10.0.0.0/28'],
  ['10.0.0.1-10.0.0.1', '10.0.0.1/32'],
  ['127.255.255.255-128.0.0.0', '0.0.0.0/0'],
  ['2001:db8::-2001:db8:1::', '2001:db8::/47'],
  ['::-8000::', '::/0'],
])('the range %s fits into %s', (text, cover) => {
  expect(AddressRange.parse(text).cover().toString()).toBe(cover);
});

test('ranges contain and overlap by their ends', () => {
  const range = AddressRange.parse('10.0.0.5-10.0.0.9');
  expect(range.contains(Address.parse('10.0.0.9'))).toBe(true);
  expect(range.contains(Address.parse('10.0.0.10'))).toBe(false);
  expect(range.contains(AddressRange.parse('10.0.0.6-10.0.0.9'))).toBe(true);
  expect(range.overlaps(AddressRange.parse('10.0.0.9-10.0.0.20'))).toBe(true);
  expect(range.overlaps(AddressRange.parse('10.0.0.10-10.0.0.20'))).toBe(false);
  expect(range.compare(AddressRange.parse('10.0.0.5-10.0.0.10'))).toBeLessThan(0);
});
