import { expect, test } from 'vitest';
import { portsText } from './port-words.ts';

test.each([
  [['icmp', 'tcp', 'udp'], 'all'],
  [
    ['icmp', 'tcp/1-14789', 'tcp/14791-65535', 'udp/1-14788', 'udp/14790-65535'],
    'all but tcp/14790, udp/14789',
  ],
  [['icmp', 'tcp/2-134', 'tcp/140-65535', 'udp'], 'all but tcp/1, tcp/135-139'],
  [['icmp', 'tcp/1-65534', 'udp'], 'all but tcp/65535'],
  [['udp', 'tcp/23-65535', 'icmp', 'tcp/1-20', 'tcp/21'], 'all but tcp/22'],
])('where little is closed, that is told: %j', (ports, text) => {
  expect(portsText(ports)).toBe(text);
});

test.each([
  [['icmp', 'tcp/22']],
  [['icmp', 'tcp', 'udp/53']],
  [['icmp', 'udp']],
  // Without ICMP nobody has everything.
  [['tcp/1-14789', 'tcp/14791-65535', 'udp']],
  // Two gaps, and yet but one port passes.
  [['icmp', 'tcp/22', 'udp']],
  [['icmp', 'tcp/1-21', 'tcp/23-24', 'tcp/26-52', 'tcp/54-65535', 'udp']],
  [[]],
])('where more is closed, what passes is told: %j', (ports) => {
  expect(portsText(ports)).toBe(ports.join(', '));
});
