import { afterAll, beforeAll, expect, test } from 'vitest';
import { Sandbox } from '../../../tests/support/sandbox.ts';
import { suite } from '../../../tests/support/suite.ts';
import type { Packet } from './model.ts';
import { type NftRuleset, readNft } from './nft.ts';
import { openPort, openTunnel } from './remedy.ts';
import { blockOf } from './verdict.ts';

const call: Packet = { family: 4, from: 'eth0', protocol: 'udp', port: 51820 };
const through: Packet = { family: 4, from: 'hw-net', to: 'eth1', protocol: 'tcp', port: 40_000 };

const base = (hook: string, policy: string): string =>
  `type filter hook ${hook} priority 0; policy ${policy};`;
const input = (policy: string, ...rules: readonly string[]): string =>
  `table inet filter {\n chain input {\n ${[base('input', policy), ...rules].join('\n ')}\n}\n}`;
const forward = (policy: string, ...rules: readonly string[]): string =>
  input(policy, ...rules).replace('hook input', 'hook forward');

/** As firewalld 1.3 writes it, shortened. */
const firewalld = `table inet firewalld {
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    jump filter_INPUT_ZONES
    ct state invalid drop
    reject with icmpx type admin-prohibited
  }
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    iifname "lo" accept
    jump filter_FORWARD_ZONES
    ct state invalid drop
    reject with icmpx type admin-prohibited
  }
  chain filter_INPUT_ZONES { iifname "eth0" goto filter_IN_public; goto filter_IN_public; }
  chain filter_FORWARD_ZONES { iifname "eth0" goto filter_FWD_public; goto filter_FWD_public; }
  chain filter_IN_public { jump filter_IN_public_allow; meta l4proto { icmp, ipv6-icmp } accept; reject with icmpx type admin-prohibited; }
  chain filter_IN_public_allow { tcp dport 22 accept; ip6 daddr fe80::/64 udp dport 546 accept; }
  chain filter_FWD_public { jump filter_FWD_public_allow; reject with icmpx type admin-prohibited; }
  chain filter_FWD_public_allow { oifname "eth0" accept; }
}`;

const dockerForward = `table ip filter {
  chain DOCKER-USER { counter return; }
  chain DOCKER-FORWARD { iifname "docker0" accept; oifname "br-*" accept; }
  chain FORWARD { ${base('forward', 'drop')} counter jump DOCKER-USER; counter jump DOCKER-FORWARD; }
}`;

const cases: readonly (readonly [string, string, Packet, string | undefined])[] = [
  ['no rule at all', '', call, undefined],
  ['a policy that accepts', input('accept'), call, undefined],
  ['a policy that drops', input('drop'), call, 'input'],
  ['an open port', input('drop', 'udp dport 51820 accept'), call, undefined],
  ['an open range of ports', input('drop', 'udp dport 50000-60000 accept'), call, undefined],
  ['another port', input('drop', 'udp dport { 53, 123 } accept'), call, 'input'],
  ['a port of another protocol', input('drop', 'tcp dport 51820 accept'), call, 'input'],
  ['ports of both', input('drop', 'th dport 51820 accept'), call, undefined],
  ['replies only', input('drop', 'ct state established,related accept'), call, 'input'],
  [
    'a map by state',
    input('drop', 'ct state vmap { established : accept, invalid : drop }'),
    call,
    'input',
  ],
  [
    'a map that knows what is new',
    input('drop', 'ct state vmap { new : accept }'),
    call,
    undefined,
  ],
  ['another device', input('drop', 'iifname "lan0" accept'), call, 'input'],
  ['all devices that begin so', input('drop', 'iifname "eth*" accept'), call, undefined],
  ['all devices but one', input('drop', 'iifname != "eth0" accept'), call, 'input'],
  [
    'some addresses, who knows which',
    input('drop', 'ip saddr 198.51.100.0/24 accept'),
    call,
    undefined,
  ],
  ['some addresses less', input('accept', 'ip saddr 198.51.100.0/24 drop'), call, undefined],
  ['a rate', input('drop', 'limit rate 10/second accept'), call, undefined],
  ['a rule that drops', input('accept', 'udp dport 51820 drop'), call, 'input'],
  ['a rule that counts and drops all', input('accept', 'counter log drop'), call, 'input'],
  [
    'a drop before the routing',
    input('accept', 'drop').replace('hook input', 'hook prerouting'),
    call,
    'input',
  ],
  ['IPv6 alone', input('accept', 'meta nfproto ipv6 drop'), call, undefined],
  ['IPv4 alone', input('accept', 'meta nfproto ipv4 drop'), call, 'input'],
  [
    'a set',
    `table inet t {\n set open { type inet_service; elements = { 22, 51820 }; }\n chain c { ${base('input', 'drop')} udp dport @open accept; }\n}`,
    call,
    undefined,
  ],
  [
    'a chain that returns',
    `table inet t {\n chain sub { tcp dport 22 accept; return; }\n chain c { ${base('input', 'drop')} jump sub; }\n}`,
    call,
    'c',
  ],
  [
    'a chain that is left for good',
    `table inet t {\n chain sub { return; }\n chain c { ${base('input', 'accept')} goto sub; drop; }\n}`,
    call,
    undefined,
  ],
  [
    'one of two chains',
    `${input('accept')}\n${input('drop').replace('filter', 'second')}`,
    call,
    'input',
  ],
  ['our own table', input('drop').replace('inet filter', 'inet hawser-net'), call, undefined],
  ['firewalld', firewalld, call, 'filter_IN_public'],
  ['firewalld', firewalld, through, 'filter_FWD_public'],
  ['firewalld, out by its own zone', firewalld, { ...through, to: 'eth0' }, undefined],
  ['Docker', dockerForward, through, 'FORWARD'],
  ['Docker, into a network of its own', dockerForward, { ...through, to: 'br-0123' }, undefined],
  ['Docker, towards this machine', dockerForward, call, undefined],
  ['a policy that forwards nothing', forward('drop'), through, 'input'],
  [
    'a policy that forwards from the tunnel',
    forward('drop', 'iifname "hw-*" accept'),
    through,
    undefined,
  ],
];

suite('what nftables surely drops', { needs: ['netns'] }, () => {
  let box: Sandbox;
  beforeAll(async () => {
    box = await Sandbox.open();
  });
  afterAll(async () => {
    await box?.close();
  });

  const load = (text: string) => {
    const input = `flush ruleset\n${text.replaceAll('; }', ';\n}')}\n`;
    box.run(['nft', '-f', '-'], { input });
    return readNft(JSON.parse(box.run(['nft', '-j', 'list', 'ruleset'])) as NftRuleset);
  };

  test.each(cases)('%s', (_, text, packet, where) => {
    expect(blockOf(load(text), packet)?.chain).toBe(where);
  });

  test.each([
    [firewalld, call, 'firewall-cmd --permanent --add-port=51820/udp && firewall-cmd --reload'],
    [input('drop'), call, 'nft insert rule inet filter input udp dport 51820 accept'],
    [
      firewalld,
      through,
      'firewall-cmd --permanent --zone=trusted --add-interface=hw-net && firewall-cmd --reload',
    ],
    [
      dockerForward,
      through,
      'iptables -I DOCKER-USER -i hw-net -j ACCEPT && iptables -I DOCKER-USER -o hw-net -j ACCEPT',
    ],
  ])('is let through in the words of whoever drops it', (text, packet, command) => {
    const block = blockOf(load(text), packet);
    const said = block && (packet.to ? openTunnel(block, 'hw-net') : openPort(block, 51820));
    expect(said).toBe(command);
  });
});
