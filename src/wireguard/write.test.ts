import { expect, test } from 'vitest';
import { Secret } from '#base';
import { Address, Prefix, parseEndpoint } from '#ip';
import type { WireguardConfig } from './config.ts';
import { formatConfig, formatPeer } from './write.ts';

const key = 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6Qg=';
const secret = 'TFlmmEUC7V7VtiDYLKsbP5rySTKLIZq1yn8lMqK83wo=';
const bare = { address: [], dns: [], preUp: [], postUp: [], preDown: [], postDown: [] };

const whole: WireguardConfig = {
  interface: {
    ...bare,
    comment: 'alice-laptop\nin denbi-hybrid',
    privateKey: new Secret(secret),
    listenPort: 51820,
    fwmark: 0xca6c,
    address: [{ address: Address.parse('10.0.0.2'), length: 24 }],
    dns: ['10.0.0.1'],
    mtu: 1380,
    postUp: ['ip route add 10.9.0.0/16 dev %i'],
  },
  peers: [
    {
      comment: 'bielefeld',
      publicKey: key,
      presharedKey: new Secret(secret),
      allowedIps: [Prefix.parse('10.0.0.0/24'), Prefix.parse('2001:db8::/64')],
      endpoint: parseEndpoint('[2001:db8:1::1]:51820'),
      keepalive: 25,
    },
  ],
};

test('a configuration is written in the order of the manual, with comments', () => {
  expect(formatConfig(whole)).toBe(`[Interface]
# alice-laptop
# in denbi-hybrid
PrivateKey = ${secret}
ListenPort = 51820
FwMark = 0xca6c
Address = 10.0.0.2/24
DNS = 10.0.0.1
MTU = 1380
PostUp = ip route add 10.9.0.0/16 dev %i

[Peer]
# bielefeld
PublicKey = ${key}
PresharedKey = ${secret}
AllowedIPs = 10.0.0.0/24, 2001:db8::/64
Endpoint = [2001:db8:1::1]:51820
PersistentKeepalive = 25
`);
});

test('a keepalive and a mark of 0 are written as off, what is absent not at all', () => {
  expect(formatPeer({ publicKey: key, allowedIps: [], keepalive: 0 })).toBe(
    `[Peer]\nPublicKey = ${key}\nPersistentKeepalive = off\n`,
  );
  expect(formatConfig({ interface: { ...bare, fwmark: 0 }, peers: [] })).toBe(
    '[Interface]\nFwMark = off\n',
  );
});

test('no comment and no value can start a line of its own', () => {
  const peer = { publicKey: key, allowedIps: [], comment: 'a\nAllowedIPs = 0.0.0.0/0' };
  expect(formatPeer(peer)).toContain('\n# AllowedIPs = 0.0.0.0/0\n');
  const hook = { interface: { ...bare, postUp: ['true\nPostDown = false'] }, peers: [] };
  expect(() => formatConfig(hook)).toThrow('PostUp holds a line break');
});
