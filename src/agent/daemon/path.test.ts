import { describe, expect, test } from 'vitest';
import type { HostState, NftTable } from '#state';
import {
  gatewayState,
  keyNamed,
  machineState,
  type StateInit,
} from '../../../tests/support/states.ts';
import { type Path, touchesPath } from './path.ts';

/** The server on the internet, reached by the machine's own network. */
const below: Path = { local: '192.168.66.4', remote: '203.0.113.1' };
/** The server inside the network, reached through the tunnel. */
const inside: Path = { local: '10.0.0.5', remote: '10.0.0.1' };

const guardTable = (
  verdict: string,
  chain: Partial<NftTable['chains'][number]> = {},
): NftTable => ({
  family: 'inet',
  name: 'hawser-denbi-hybrid',
  counters: [],
  sets: [],
  maps: [],
  chains: [
    {
      name: 'input',
      hook: { type: 'filter', hook: 'input', priority: 0, policy: 'accept' },
      rules: [{ match: [{ left: 'iifname', op: '==', right: 'wg0' }], verdict: 'jump guard' }],
      ...chain,
    },
    { name: 'guard', rules: [{ match: [], verdict }] },
  ],
});

const withTable = (table: NftTable): StateInit => ({ root: { nft: { v: 1, items: [table] } } });

const site = { carries: ['192.168.66.0/24'], endpoint: '203.0.113.10:51820' };
const hub = { carries: ['10.0.0.0/24'], endpoint: '203.0.113.1:51820' };
const spoke = (init: StateInit = {}): HostState => machineState({ peers: { hub }, ...init });

describe('the server is outside the network', () => {
  const untouched: Readonly<Record<string, [HostState | undefined, HostState]>> = {
    'the whole network, the first time': [undefined, spoke()],
    'a peer more': [spoke(), spoke({ peers: { hub, site } })],
    'a peer that got another key': [
      spoke(),
      spoke({ peers: { hub: { ...hub, publicKey: keyNamed('new') } } }),
    ],
    'the policy for what passes the tunnel': [
      spoke(withTable(guardTable('accept'))),
      spoke(withTable(guardTable('drop'))),
    ],
    'probes that may come in by the tunnel alone': [
      spoke(),
      spoke(
        withTable(
          guardTable('accept', {
            rules: [
              {
                match: [
                  { left: 'iifname', op: '!=', right: ['wg0', 'lo'] },
                  { left: 'udp dport', op: '==', right: '14791' },
                ],
                verdict: 'drop',
              },
            ],
          }),
        ),
      ),
    ],
    'another address in the network': [spoke(), spoke({ addresses: ['10.0.0.9/32'] })],
    'nothing at all': [spoke(), spoke()],
  };
  test.each(Object.entries(untouched))('its path is not touched by %s', (_, [before, after]) => {
    expect(touchesPath(before, after, below)).toBe(false);
    expect(touchesPath(after, before, below)).toBe(false);
  });

  const touched: Readonly<Record<string, HostState>> = {
    'a subnet that holds its address': spoke({
      peers: { hub, site: { ...site, carries: ['203.0.113.0/24'] } },
    }),
    'a way for all traffic': spoke({ peers: { hub: { ...hub, carries: ['0.0.0.0/0'] } } }),
    'a prefix that shall not be reached': spoke({
      routes: [{ type: 'unreachable', prefix: '203.0.0.0/16', table: 254, metric: 77 }],
    }),
    'an address of ours in its network': spoke({ addresses: ['203.0.113.99/24'] }),
    'a filter that also judges other devices': spoke(
      withTable(guardTable('accept', { rules: [{ match: [], verdict: 'jump guard' }] })),
    ),
    'a filter that drops unless told otherwise': spoke(
      withTable(
        guardTable('accept', {
          hook: { type: 'filter', hook: 'input', priority: 0, policy: 'drop' },
        }),
      ),
    ),
    'a sysctl': spoke({
      root: { sysctls: { v: 1, items: [{ key: 'net.ipv4.conf.all.rp_filter', value: '1' }] } },
    }),
  };
  test.each(Object.entries(touched))('its path is touched by %s', (_, after) => {
    expect(touchesPath(spoke(), after, below)).toBe(true);
    expect(touchesPath(after, spoke(), below)).toBe(true);
  });

  test('its path is touched by a rule that leads to a table with a way to it, and by no other', () => {
    const withRule = (prefix: string): HostState =>
      spoke({
        routes: [{ prefix, device: 'wg0', table: 99 }],
        root: {
          rules: {
            v: 1,
            items: [{ family: 4, priority: 30_000, not: true, fwmark: 99, table: 99 }],
          },
        },
      });
    expect(touchesPath(withRule('10.0.0.0/24'), spoke(), below)).toBe(false);
    expect(touchesPath(withRule('203.0.113.0/24'), spoke(), below)).toBe(true);
  });

  test('forwarding IPv6 may end router advertisements, and so the path of IPv6', () => {
    const six: Path = { local: '2001:db8::4', remote: '2001:db8:1::1' };
    const forwards = (family: 4 | 6): HostState =>
      spoke({ root: { forwarding: { v: 1, items: [{ device: 'wg0', family }] } } });
    expect(touchesPath(spoke(), forwards(6), six)).toBe(true);
    expect(touchesPath(spoke(), forwards(4), six)).toBe(false);
    expect(touchesPath(spoke(), forwards(6), below)).toBe(false);
  });
});

describe('the server is reached through the tunnel', () => {
  test.each([
    ['the peer that carries it', spoke({ peers: { hub: { ...hub, endpoint: '192.0.2.9:1' } } })],
    ['the route to it', spoke({ routes: [{ prefix: '10.0.0.0/16', device: 'wg0', table: 254 }] })],
    ['the tunnel', spoke({ tunnel: { listenPort: 4000 } })],
    ['what the tunnel takes', spoke({ mtu: 1280 })],
    ['the address that we speak from', spoke({ addresses: ['10.0.0.6/32'] })],
    ['the policy', spoke(withTable(guardTable('drop')))],
    ['its end', undefined],
  ])('its path is touched by a change of %s', (_, after) => {
    expect(touchesPath(spoke(), after, inside)).toBe(true);
  });

  test('its path is not touched by a peer that carries something else', () => {
    const more = { carries: ['192.168.66.0/24'] };
    expect(touchesPath(spoke(), spoke({ peers: { hub, more } }), inside)).toBe(false);
  });
});

test('nothing touches the path to a server on the machine itself', () => {
  const own: Path = { local: '127.0.0.1', remote: '127.0.0.1' };
  expect(touchesPath(undefined, gatewayState(), own)).toBe(false);
  const lan: Path = { local: '192.168.66.4', remote: '192.168.66.4' };
  expect(touchesPath(gatewayState(), undefined, lan)).toBe(false);
});

test('what is not known counts as touched', () => {
  expect(touchesPath(spoke(), spoke(), undefined)).toBe(true);
  expect(touchesPath(spoke(), spoke(), { local: '', remote: 'somewhere' })).toBe(true);
});

test('an IPv4 server is known as such on an IPv6 socket', () => {
  const after = spoke({ peers: { hub, site: { ...site, carries: ['203.0.113.0/24'] } } });
  const path: Path = { local: '::ffff:192.168.66.4', remote: '::ffff:203.0.113.1' };
  expect(touchesPath(spoke(), after, path)).toBe(true);
});
