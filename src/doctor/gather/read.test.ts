import { describe, expect, test } from 'vitest';
import { readPong } from './ping.ts';
import { nameserversIn } from './resolver.ts';
import { readSockets } from './sockets.ts';
import { readSysctlFiles } from './sysctls.ts';

describe('what ping prints tells', () => {
  const own = new Set(['10.77.0.2']);
  test.each([
    ['64 bytes from 10.77.0.1: icmp_seq=1 ttl=64 time=0.5 ms', '10.77.0.1'],
    ['64 bytes from fd00::1: icmp_seq=1 ttl=64 time=0.5 ms', 'fd00::1'],
    ['From 10.77.0.1 icmp_seq=1 Time to live exceeded', '10.77.0.1'],
    ['From 10.77.0.1: icmp_seq=1 Packet filtered', '10.77.0.1'],
    ['From 10.77.0.2 icmp_seq=1 Destination Host Unreachable', undefined],
    ['From 198.51.100.7 icmp_seq=1 Frag needed and DF set (mtu = 1400)', undefined],
    ['ping: local error: message too long, mtu=1440', undefined],
    ['2 packets transmitted, 0 received, 100% packet loss, time 1000ms', undefined],
  ])('%s', (line, from) => {
    expect(readPong(`PING x (x) 56(84) bytes of data.\n${line}\n`, own)).toBe(from);
  });
});

test('ss tells who holds a port, and that the kernel does', () => {
  const text = [
    'UNCONN 0      0            0.0.0.0:51820      0.0.0.0:*',
    'UNCONN 0      0      127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=401,fd=14))',
    'UNCONN 0      0               [::]:5353          [::]:*    users:(("a b",pid=7,fd=3),("c",pid=8,fd=4))',
    '',
  ].join('\n');
  expect(readSockets(text)).toEqual([
    { port: 51820 },
    { port: 53, holder: 'systemd-resolve (process 401)' },
    { port: 5353, holder: 'a b (process 7)' },
  ]);
});

test('of the files of sysctl.d the last word counts, if it is no', () => {
  const found = readSysctlFiles([
    [
      '/usr/lib/sysctl.d/10.conf',
      '# a\nnet.ipv4.ip_forward=0\nnet/ipv4/conf/eth0/forwarding = 0\n',
    ],
    ['/etc/sysctl.d/20.conf', 'net.ipv4.ip_forward = 1\n#net.ipv6.conf.all.forwarding=0\n'],
    ['/etc/sysctl.conf', '-net.ipv6.conf.all.forwarding = 0\nnet.ipv4.conf.default.forwarding=0\n'],
  ]);
  expect(found).toEqual([
    { file: '/usr/lib/sysctl.d/10.conf', line: 3, text: 'net/ipv4/conf/eth0/forwarding = 0' },
    { file: '/etc/sysctl.conf', line: 1, text: '-net.ipv6.conf.all.forwarding = 0' },
  ]);
});

test('three nameservers are asked, as resolv.conf names them', () => {
  const text =
    '# nameserver 1.1.1.1\nnameserver 127.0.0.53\nsearch x\n nameserver fe80::1%eth0\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n';
  expect(nameserversIn(text)).toEqual(['127.0.0.53', 'fe80::1', '192.0.2.1']);
});
