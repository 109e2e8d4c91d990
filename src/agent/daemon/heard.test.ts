import { expect, test } from 'vitest';
import { heardIn } from './heard.ts';

const vxlans = new Set(['vxlan']);
const heard = (line: string) => heardIn(line, vxlans);

test.each([
  ['delete rule bridge hawser-net forward handle 3'],
  ['delete table inet hawser-net'],
  ['add chain bridge hawser-net other'],
  ['delete rule bridge hawser-sight look handle 3'],
  ['delete table bridge hawser-sight'],
  [
    '[LINK]3: vxlan: <BROADCAST,MULTICAST,UP> mtu 1500 master bridge state UNKNOWN \\    link/ether',
  ],
  ['[ADDR]Deleted 4: uplink    inet 10.5.0.2/24 scope global uplink\\       valid_lft forever'],
  ['[RULE]32765:\tfrom all fwmark 0x3 lookup 5'],
  ['[NETCONF]inet uplink forwarding off '],
])('a change of what a namespace of ours should have is heard: %s', (line) => {
  expect(heard(line)).toEqual({});
});

test.each([
  ['add element bridge hawser-net far4 { 02:00:00:00:00:09 . 10.9.0.9 }', '02:00:00:00:00:09'],
  ['delete element inet hawser-net names4 { 203.0.113.77 }', '203.0.113.77'],
  ['[ROUTE]10.9.0.5 dev eth1 proto 143 scope link ', '10.9.0.5'],
  ['[ROUTE]Deleted fd09::5 dev eth1 proto 143 metric 1024 pref medium', 'fd09::5'],
  ['[ROUTE]default via 10.5.0.9 dev uplink ', 'default'],
  ['[ROUTE]unreachable 10.9.0.6 proto 143 ', '10.9.0.6'],
  ['[NEIGH]dev vxlan lladdr 02:00:00:00:00:09 NOARP ', '02:00:00:00:00:09'],
  [
    '[NEIGH]Deleted 10.0.0.2 dev vxlan lladdr 02:00:00:00:00:09 NOARP PERMANENT ',
    '02:00:00:00:00:09',
  ],
])('of an element it is known which: %s', (line, element) => {
  expect(heard(line)).toEqual({ element });
});

test.each([
  [''],
  ['# new generation 3 by process 21708 (nft)'],
  ['add rule ip filter INPUT counter accept'],
  ['delete element bridge hawser-sight heard { 02:00:00:00:00:09 . 10.9.0.9 }'],
  ['delete rule netdev hawser-sight port handle 9'],
  ['add element bridge hawser-sight news { 02:00:00:00:00:09 . 10.9.0.9 }'],
  ['[NEIGH]dev eth1 lladdr 02:00:00:00:00:09 REACHABLE '],
  ['[NEIGH]10.9.0.9 dev bridge FAILED '],
  ['[NEIGH]10.9.0.9 dev eth1 lladdr 02:00:00:00:00:09 PERMANENT '],
  ['[NEIGH]ff02::16 dev vxlan lladdr 33:33:00:00:00:16 REACHABLE '],
  ['[ROUTE]local fe80::1 dev eth1 table local proto kernel metric 0 pref medium'],
  ['[ADDR]3: eth1    inet6 fe80::6877:1:2/64 scope link \\       valid_lft forever'],
])('whom the kernel meets, what the eye fills and what others filter is not: %s', (line) => {
  expect(heard(line)).toBe(undefined);
});
