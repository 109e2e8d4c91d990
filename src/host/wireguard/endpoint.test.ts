import { expect, test } from 'vitest';
import type { PeerDump } from '#wireguard';
import { leadsTo, nameIn, settle } from './endpoint.ts';

const there = '192.0.2.7:1234';
const never = Number.POSITIVE_INFINITY;
const wish = '198.51.100.20:51820';

const dump = (endpoint?: string): PeerDump => ({
  publicKey: 'K',
  allowedIps: [],
  latestHandshake: 1,
  rx: 0,
  tx: 0,
  keepalive: 0,
  ...(endpoint !== undefined && { endpoint }),
});

const wanted = (endpoint?: string) => ({
  interface: 'wg0',
  publicKey: 'K',
  keepalive: 0,
  allowedIps: [],
  ...(endpoint !== undefined && { endpoint }),
});

const told = (age: number, endpoint?: string, wished?: string, lastSet?: string) =>
  settle({ wanted: wanted(wished), dump: dump(endpoint), lastSet, age }).endpoint;

test('a healthy peer that roamed is told where it was wished', () => {
  expect(told(100, there, wish, wish)).toBe(wish);
});

test('so it is when nobody remembers what was set', () => {
  expect(told(100, there, wish)).toBe(wish);
});

test('a wish that is new is a difference, also at a healthy peer', () => {
  expect(told(100, there, wish, '198.51.100.21:51820')).toBe(there);
});

test('a peer that has been silent for more than 180 s is told where it is', () => {
  expect(told(180, there, wish, wish)).toBe(wish);
  expect(told(181, there, wish, wish)).toBe(there);
  expect(told(never, there, wish, wish)).toBe(there);
});

test('an endpoint that was learned and not wished is no difference', () => {
  expect(told(100, there)).toBeUndefined();
});

test('a peer without an endpoint lacks the wished one', () => {
  expect(told(never, undefined, wish, wish)).toBeUndefined();
});

test('a name is asked for only where the peer is silent and elsewhere', () => {
  const ask = (age: number) =>
    settle({
      wanted: wanted('vpn.example:51820'),
      dump: dump(there),
      lastSet: undefined,
      age,
    });
  expect(ask(300)).toEqual({ endpoint: there, ask: 'vpn.example' });
  expect(ask(30)).toEqual({ endpoint: 'vpn.example:51820' });
});

test('names are told from addresses, and lead where they resolve to, port included', () => {
  expect(nameIn('vpn.example:1')).toBe('vpn.example');
  expect(nameIn('192.0.2.7:1')).toBeUndefined();
  expect(nameIn('[2001:db8::1]:1')).toBeUndefined();
  expect(leadsTo('vpn.example:1', '[2001:db8::1]:1', ['192.0.2.7', '2001:db8::1'])).toBe(true);
  expect(leadsTo('vpn.example:1', '192.0.2.7:2', ['192.0.2.7'])).toBe(false);
});
