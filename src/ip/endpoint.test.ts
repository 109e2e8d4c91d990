import { expect, test } from 'vitest';
import { formatEndpoint, isHostName, parseEndpoint } from './endpoint.ts';
import { errorOf } from './testing.ts';

const codeOf = (text: string): string => errorOf(() => parseEndpoint(text)).code;

test.each([
  ['203.0.113.10:51820', '203.0.113.10', 51820],
  ['[2001:DB8::0:1]:1', '2001:db8::1', 1],
  ['vpn.Example.org:65535', 'vpn.example.org', 65535],
  ['gate-1:443', 'gate-1', 443],
  ['1e100.net:443', '1e100.net', 443],
])('%s is an endpoint', (text, host, port) => {
  const endpoint = parseEndpoint(text);
  expect(endpoint).toMatchObject({ host, port });
  expect(endpoint.address?.toString() ?? host).toBe(host);
  expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(endpoint);
});

test('an IPv6 endpoint is written with brackets', () => {
  expect(formatEndpoint(parseEndpoint('[::1]:51820'))).toBe('[::1]:51820');
});

test.each([
  ['2001:db8::1:51820', 'ip/endpoint-brackets'],
  ['203.0.113.10', 'ip/endpoint-without-port'],
  ['203.0.113.10:', 'ip/endpoint-without-port'],
  ['[2001:db8::1]', 'ip/endpoint-without-port'],
  ['[2001:db8::1]51820', 'ip/endpoint-without-port'],
  ['', 'ip/endpoint-without-port'],
  ['203.0.113.10:0', 'ip/endpoint-port'],
  ['203.0.113.10:65536', 'ip/endpoint-port'],
  ['203.0.113.10:051820', 'ip/endpoint-port'],
  ['203.0.113.10:+1', 'ip/endpoint-port'],
  ['203.0.113.10:ssh', 'ip/endpoint-port'],
  ['203.0.113.256:1', 'ip/endpoint-host'],
  ['010.0.0.1:1', 'ip/endpoint-host'],
  ['[203.0.113.10]:1', 'ip/endpoint-host'],
  ['[fe80::1%eth0]:1', 'ip/endpoint-host'],
  ['[]:1', 'ip/endpoint-host'],
  [':1', 'ip/endpoint-host'],
  ['-gate:1', 'ip/endpoint-host'],
  ['gate_1:1', 'ip/endpoint-host'],
  ['a..b:1', 'ip/endpoint-host'],
  [' gate:1', 'ip/endpoint-host'],
  ['gate:1 ', 'ip/endpoint-port'],
])('"%s" is refused with %s', (text, code) => {
  expect(codeOf(text)).toBe(code);
});

test('a host name has labels of 63 and 253 characters at most', () => {
  const label = 'a'.repeat(63);
  expect(isHostName(label)).toBe(true);
  expect(isHostName(`${label}a`)).toBe(false);
  expect(isHostName([label, label, label, 'a'.repeat(61)].join('.'))).toBe(true);
  expect(isHostName([label, label, label, 'a'.repeat(62)].join('.'))).toBe(false);
});
