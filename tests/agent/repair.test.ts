import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostState } from '#state';
import { until } from '../support/until.ts';
import { TestMachine } from './machine.ts';
import { hubState, strangers } from './states.ts';

let machine: TestMachine;
let untouched: string;
let whole: string;

const peers = strangers('vpn', 'alice');
const endpoint = '198.51.100.20:51820';
const state: HostState = hubState({
  ...peers,
  bob: { endpoint, carries: ['192.168.77.0/24', '10.0.2.0/24'] },
});

beforeAll(async () => {
  machine = await TestMachine.open();
  machine.do('ip link add eth0 type veth peer name lan0');
  machine.do('ip address add 192.168.66.4/24 dev eth0');
  machine.do('ip link set eth0 up');
  machine.do('ip link set lan0 up');
  untouched = await settled();
  const report = await machine.apply(state);
  expect(report.failures).toEqual([]);
  whole = await settled();
});

afterAll(() => machine.close());

/** The picture once link-local addresses and the like have stopped to come. */
function settled(): Promise<string> {
  let last = '';
  return until('the machine is at rest', () => {
    const now = machine.picture();
    const rest = now === last && !now.includes('tentative');
    last = now;
    return rest && now;
  });
}

/** Link-local addresses of a device made anew are random. */
const withoutLinkLocal = (picture: string): string =>
  picture.replaceAll(/ ?(?:local )?fe80::\S+( dev wg0.*)?/g, '');

test('a second run changes nothing and writes nothing', async () => {
  expect(await machine.apply(state)).toMatchObject({ unchanged: true, writes: 0, failures: [] });
});

const breakages: readonly (readonly [what: string, ...lines: string[]])[] = [
  ['the interface is deleted', 'ip link del wg0'],
  ['the interface is down', 'ip link set wg0 down'],
  ['the interface has another MTU', 'ip link set wg0 mtu 1300'],
  ['an IPv4 address is gone', 'ip address del 10.0.0.1/32 dev wg0'],
  ['an IPv6 address is gone', 'ip address del fd00:77::1/128 dev wg0'],
  ['a foreign address is on our interface', 'ip address add 10.9.9.9/32 dev wg0'],
  ['an IPv4 route is gone', 'ip route del 10.0.0.0/24'],
  ['an IPv6 route is gone', 'ip -6 route del fd00:77::/64'],
  ['a route by a gateway is gone', 'ip route del 10.0.5.0/24'],
  [
    'a route has another MTU',
    'ip route replace 192.168.77.0/24 dev wg0 table 4660 proto 143 mtu 1200 src 10.0.0.1',
  ],
  ['a route of ours is too many', 'ip route add 10.0.7.0/24 dev wg0 proto 143'],
  ['a rule is gone', 'ip rule del priority 30000'],
  ['an IPv6 rule is gone', 'ip -6 rule del priority 30000'],
  ['a peer is gone', `wg set wg0 peer ${peers['vpn']?.publicKey} remove`],
  [
    'a peer has other allowed IPs',
    `wg set wg0 peer ${peers['vpn']?.publicKey} allowed-ips 10.7.7.7/32`,
  ],
  [
    'a prefix is with the wrong peer',
    `wg set wg0 peer ${peers['vpn']?.publicKey} allowed-ips 10.0.1.0/32,fd00:77:1::1/128,10.0.1.1/32`,
  ],
  [
    'a peer keeps alive otherwise',
    `wg set wg0 peer ${peers['alice']?.publicKey} persistent-keepalive 3`,
  ],
  [
    'a peer nobody knows is there',
    `wg set wg0 peer ${Buffer.alloc(32, 7).toString('base64')} allowed-ips 10.6.0.0/16`,
  ],
  ['the port is another', 'wg set wg0 listen-port 4711'],
  ['the mark is another', 'wg set wg0 fwmark 7'],
  ['the table is deleted', 'nft delete table inet hawser-net'],
  ['the whole ruleset is flushed', 'nft flush ruleset'],
  ['a chain is flushed', 'nft flush chain inet hawser-net forward'],
  ['a foreign rule is in our chain', 'nft insert rule inet hawser-net forward drop'],
  ['a foreign chain is in our table', 'nft add chain inet hawser-net other'],
  [
    'a chain has another policy',
    'nft add chain inet hawser-net forward { type filter hook forward priority -5; policy drop; }',
  ],
  ['an element is gone', 'nft delete element inet hawser-net net4 { 10.0.0.0/24 }'],
  ['an IPv6 element is gone', 'nft delete element inet hawser-net net6 { fd00:78::1 }'],
  ['an element is too many', 'nft add element inet hawser-net net4 { 172.16.0.0/12 }'],
  ['a verdict is gone', 'nft delete element inet hawser-net ports-1 { tcp . 22 }'],
  [
    'a verdict is another',
    'nft delete element inet hawser-net guard4 { 192.168.77.0/24 }',
    'nft add element inet hawser-net guard4 { 192.168.77.0/24 : accept }',
  ],
  ['IPv4 forwarding is off', 'sysctl -qw net.ipv4.conf.eth0.forwarding=0'],
  [
    'IPv6 forwarding is off',
    'sysctl -qw net.ipv6.conf.all.forwarding=0',
    'sysctl -qw net.ipv6.conf.wg0.force_forwarding=0',
  ],
  ['a sysctl is another', 'sysctl -qw net.ipv4.conf.eth0.src_valid_mark=0'],
  ['wireguard-go is dead', 'pkill -9 -n wireguard-go'],
  ['the control socket is gone', 'rm /run/wireguard/wg0.sock'],
];

describe('one run repairs it, the next finds nothing to do, when', () => {
  test.each(breakages)('%s', async (what, ...lines) => {
    for (const line of lines) machine.do(line);
    await settled();
    const report = await machine.apply(state);
    expect(report.failures).toEqual([]);
    expect(report.unchanged).toBe(false);
    expect(withoutLinkLocal(await settled())).toBe(withoutLinkLocal(whole));
    expect(await machine.apply(state)).toMatchObject({ unchanged: true, writes: 0 });
    expect(what).toBeTruthy();
  });
});

test('a device that a route needs may be missing: the rest is done, nothing is taken away', async () => {
  machine.do('ip address del 192.168.66.4/24 dev eth0');
  machine.do('ip address del 10.0.0.1/32 dev wg0');
  const report = await machine.apply(state);
  expect(report.failures.map(({ error }) => error.code)).toContain('host/no-such-device');
  expect(machine.do('ip -br address show dev wg0')).toContain('10.0.0.1/32');
  expect(machine.do('sysctl -n net.ipv4.conf.eth0.forwarding').trim()).toBe('1');
  machine.do('ip address add 192.168.66.4/24 dev eth0');
  expect((await machine.apply(state)).failures).toEqual([]);
  expect(withoutLinkLocal(await settled())).toBe(withoutLinkLocal(whole));
});

test('cleanup leaves the machine as it was, but for the key; with no other state', async () => {
  const key = machine.store.publicKey('net', 0);
  machine.store.forget('net');
  const report = await machine.cleanup('net');
  expect(report.failures).toEqual([]);
  expect(await settled()).toBe(untouched);
  expect(machine.do('find /run/wireguard -type s')).toBe('');
  expect(await machine.cleanup('net')).toMatchObject({ unchanged: true, writes: 0 });
  expect(machine.store.publicKey('net', 0)).toBe(key);
});
