import { expect, test } from 'vitest';
import { parsePort } from '#spec';
import { check } from '../check/check.ts';
import { emptyFacts } from '../inputs.ts';
import { link } from '../link.ts';
import { linked, networkOf } from '../testing.ts';
import { sharedFamilies, trace } from './trace.ts';

const file = `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a:
    gateways: { ga: { endpoint: 192.0.2.1:51820, overlay: 10.0.0.1 } }
    hosts:
      a-1: { segment: lab, address: 10.9.0.2, mac: "02:00:00:00:00:0a" }
      a-2: { segment: lab, address: [10.9.0.3, "fd09::3"], mac: "02:00:00:00:00:1a" }
  b:
    gateways: { gb: { endpoint: 192.0.2.2:51820, overlay: 10.0.0.2 } }
    hosts: { b-1: { segment: lab, address: [10.9.0.130, "fd09::130"], mac: "02:00:00:00:00:0b" } }
segments:
  lab:
    vni: 7
    subnet: [10.9.0.0/24, "fd09::/64"]
    sites:
      a: { pool: [10.9.0.2-10.9.0.99, "fd09::2-fd09::99"], port: eth1 }
      b: { pool: [10.9.0.130-10.9.0.199, "fd09::130-fd09::199"], port: eth1 }
tests:
  - { from: a-1, to: b-1, expect: allow }
  - { from: b-1, to: a-1, port: udp/68, expect: deny }
  - { from: ga, to: b-1, expect: deny }
`;

const flow = (from: string, to: string, port = 'icmp') =>
  trace(linked(file), from, to, parsePort(port));

test('a flow to the machine of another site is followed over the gateways of both', () => {
  const found = flow('a-1', 'b-1');
  expect(found).toMatchObject({ verdict: 'allow', source: '10.9.0.2', destination: '10.9.0.130' });
  expect(found.hops.map(({ machine }) => machine)).toEqual(['a-1', 'ga', 'gb', 'b-1']);
  expect(found.back.map(({ machine }) => machine)).toEqual(['b-1', 'gb', 'ga', 'a-1']);
  expect(flow('a-1', '10.9.0.130')).toMatchObject({ to: 'b-1', verdict: 'allow' });
});

test('it is followed as well to a site in proxy mode, whose machines are seen behind one address', () => {
  const proxied = linked(file.replaceAll('port: eth1 }', 'port: eth1, mode: proxy }'));
  expect(trace(proxied, 'a-1', 'b-1', parsePort('icmp')).verdict).toBe('allow');
});

test('it goes by the overlay, also where that has another family than the networks of the gateways', () => {
  const six = file
    .replace('overlay: 10.0.0.0/24', 'overlay: "fd99::/64"')
    .replaceAll(/, overlay: 10.0.0.(.) }/g, ', overlay: "fd99::$1", address: 10.$1.0.4 }')
    .replaceAll(/ {2}(.):\n {4}gateways/g, '  $1:\n    subnets: [10.1.0.0/24]\n    gateways')
    .replace('[10.1.0.0/24]\n    gateways: { gb', '[10.2.0.0/24]\n    gateways: { gb');
  expect(trace(linked(six), 'a-1', 'b-1', parsePort('icmp')).verdict).toBe('allow');
});

test('it has the families that both ends have', () => {
  expect(sharedFamilies(linked(file), 'a-2', 'b-1')).toEqual([4, 6]);
  expect(sharedFamilies(linked(file), 'a-1', 'b-1')).toEqual([4]);
  expect(trace(linked(file), 'a-2', 'b-1', parsePort('icmp'), 6).source).toBe('fd09::3');
});

const policed = (policy: string, text = file) => linked(`${text}policy: ${policy}\n`);
const asked = (policy: string, from: string, to: string, port = 'icmp') =>
  trace(policed(policy), from, to, parsePort(port));

test('a policy that names its machines decides at both gateways, and the rule is named', () => {
  const policy = '[{ name: shell, from: a-1, to: "site:b", ports: [tcp/22] }]';
  const found = asked(policy, 'a-1', 'b-1', 'tcp/22');
  expect(found).toMatchObject({ verdict: 'allow', decision: { machine: 'gb', rule: 'shell' } });
  expect(found.reason).toContain('rule shell lets it pass at both');
  const decision = { machine: 'ga', counter: 'deny' };
  expect(asked(policy, 'a-1', 'b-1', 'tcp/23')).toMatchObject({ verdict: 'deny', decision });
  expect(asked(policy, 'b-1', 'a-1', 'tcp/22')).toMatchObject({ verdict: 'deny' });
  expect(asked(policy, 'a-2', 'b-1', 'tcp/22')).toMatchObject({ verdict: 'deny' });
});

test('a policy leaves to the gateways what they need for the segment', () => {
  const flows = ['udp/14789', 'tcp/14790', 'tcp/22'].map(
    (port) => asked('[]', 'ga', 'gb', port).verdict,
  );
  expect(flows).toEqual(['allow', 'allow', 'deny']);
  const { diagnostics } = check(policed('[{ from: "site:b", to: "site:a" }]'));
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
    { code: 'compile/test-failed', message: expect.stringContaining('a-1') },
  ]);
});

test('within a site nothing is enforced', () => {
  expect(flow('a-1', 'a-2')).toMatchObject({ verdict: 'outside', hops: [] });
  expect(flow('a-1', 'a-2').reason).toMatch(/^not enforced: both are on the switch of a/);
});

test('within a site with guarded ports that is said', () => {
  const tapped = file.replace('overlay: 10.0.0.1 }', 'overlay: 10.0.0.1, taps: tap* }');
  const { reason } = trace(linked(tapped), 'a-1', 'a-2', parsePort('icmp'));
  expect(reason).toContain('where ga has their ports, neither speaks for another');
  const policed = linked(`${tapped}policy: [{ from: a-1, to: a-2, ports: [tcp/22] }]\n`);
  const said = (port: string) => trace(policed, 'a-1', 'a-2', parsePort(port));
  expect(said('tcp/22').reason).toMatch(/rule \S+ lets it pass$/);
  expect(said('tcp/23').reason).toMatch(
    /no rule of the policy lets through is dropped, as this is$/,
  );
  expect(said('tcp/23').verdict).toBe('outside');
});

test('of what leaves by a router whose MAC address no file has it is said what guarded ports do not enforce', () => {
  const routed = file
    .replace('overlay: 10.0.0.1 }', 'overlay: 10.0.0.1, taps: tap* }')
    .replace('vni: 7', 'vni: 7\n    router: 10.9.0.1');
  const reason = (text: string) =>
    trace(linked(text), 'a-1', '198.51.100.1', parsePort('icmp')).reason;
  expect(reason(routed)).toMatch(/MAC address .* at a; .* not enforced$/);
  const [near, far] = ['10.9.0.3', '10.9.0.130'].map((address) =>
    routed.replace(`[${address}`, '[10.9.0.1'),
  ) as [string, string];
  expect([near, far].map(reason).join()).not.toContain('not enforced');
  // At a site in proxy mode it is found by the MAC address of a port, if it is elsewhere.
  const proxied = far.replace(/port: eth1 }/, 'port: eth1, mode: proxy }');
  expect(reason(proxied)).toContain('not enforced');
});

test('DHCP stays at home, and the border that keeps it is named', () => {
  const decision = { machine: 'gb', counter: 'border' };
  expect(flow('b-1', 'a-1', 'udp/67')).toMatchObject({ verdict: 'deny', decision });
  expect(flow('b-1', 'a-1', 'udp/69').verdict).toBe('allow');
});

test('a DHCP server of ours is an end of its site, asked for names and pings from all', () => {
  const served = file
    .replace('vni: 7', 'vni: 7, dns: 10.9.0.100'.replace(', ', '\n    '))
    .replace('-10.9.0.99, "fd09::2-fd09::99"], port: eth1', '$&, dhcp: { address: 10.9.0.100 }');
  const model = linked(`${served}policy: []\n`);
  const asks = (from: string, port: string) => trace(model, from, '10.9.0.100', parsePort(port));
  const names = asks('b-1', 'udp/53');
  expect(names).toMatchObject({ to: 'DHCP server of a', verdict: 'allow' });
  expect(names.hops.map(({ machine }) => machine)).toEqual(['b-1', 'gb', 'ga']);
  expect(names.back.map(({ machine }) => machine)).toEqual(['ga', 'gb', 'b-1']);
  expect(asks('a-1', 'udp/67')).toMatchObject({ verdict: 'allow' });
  expect(asks('b-1', 'udp/67')).toMatchObject({ verdict: 'deny' });
  expect(asks('a-1', 'tcp/22')).toMatchObject({
    verdict: 'deny',
    decision: { machine: 'ga', counter: 'server' },
  });
});

test('a DHCP server of the cloud is named, and left to the cloud', () => {
  const served = file.replace(
    '-10.9.0.99, "fd09::2-fd09::99"], port: eth1',
    '$&, dhcp: { address: 10.9.0.100, by: cloud }',
  );
  const asks = (from: string) => trace(linked(served), from, '10.9.0.100', parsePort('udp/67'));
  expect(asks('a-1').reason).toMatch(
    /^10.9.0.100 is the DHCP server of the cloud at a: nothing of/,
  );
  expect(asks('b-1').reason).toMatch(/cloud at a, and nothing for it crosses the border$/);
});

test('who asks all of its site for an address is told who answers there', () => {
  const served = file
    .replace('-10.9.0.99, "fd09::2-fd09::99"], port: eth1', '$&, dhcp: { address: 10.9.0.100 }')
    .replace('"fd09::130-fd09::199"], port: eth1', '$&, dhcp: { address: 10.9.0.200, by: cloud }');
  const asks = (from: string, to = '255.255.255.255', port = 'udp/67') =>
    trace(linked(served), from, to, parsePort(port));
  expect(asks('a-1')).toMatchObject({ verdict: 'allow', to: '255.255.255.255' });
  expect(asks('a-1').hops.map(({ machine }) => machine)).toEqual(['a-1', 'ga']);
  expect(asks('b-1')).toMatchObject({ verdict: 'outside', hops: [] });
  expect(asks('b-1').reason).toMatch(/DHCP stays in its site, and the cloud of b .* 10.9.0.200/);
  const six = asks('a-2', 'ff02::1:2', 'udp/547');
  expect(six.reason).toMatch(/by the file nobody answers at a for IPv6$/);
  expect(flow('a-1', '10.9.0.255', 'udp/67').reason).toContain('nobody answers at a');
});

test.each([
  ['a-1', '255.255.255.255', 'for all on the link'],
  ['a-1', '10.9.0.255', 'the broadcast address of segment lab'],
  ['a-1', '224.0.0.251', 'a multicast address'],
  ['a-1', '169.254.169.254', 'an address of the link'],
  ['b-1', 'fe80::1', 'an address of the link'],
  ['b-1', 'ff02::1', 'a multicast address'],
  ['a-1', 'ff02::1', 'a multicast address'],
])('what %s sends to %s stays on the switch of its site', (from, to, what) => {
  const found = flow(from, to);
  expect(found).toMatchObject({ verdict: 'outside', to, hops: [] });
  const site = from.slice(0, 1);
  expect(found.reason).toContain(`${to} is ${what}, and stays on the switch of ${site}`);
  expect(found.reason).toContain(`the border at g${site} drops it`);
});

test('at guarded ports an address of the link reaches only whom those let it reach', () => {
  const tapped = file.replace('overlay: 10.0.0.1 }', 'overlay: 10.0.0.1, taps: tap* }');
  const said = (text: string, from: string, to: string): string =>
    trace(linked(text), from, to, parsePort('icmp')).reason;
  const [open, closed] = [tapped, `${tapped}policy: []\n`];
  expect(said(open, 'a-2', 'fe80::1')).toMatch(/who has it there is reached; a router of ours/);
  expect(said(closed, 'a-2', 'fe80::1')).toMatch(
    /is reached, but not by the ports that ga has: as there is a policy, nothing passes them/,
  );
  // Nobody guards the other site, nor what all are to hear.
  expect(said(closed, 'b-1', 'fe80::1')).toMatch(/who has it there is reached; a router of ours/);
  expect(said(closed, 'a-2', 'ff02::1')).toMatch(/who is there hears it; the border/);
  const four = '169.254.169.254';
  expect(said(file, 'a-1', four)).toMatch(/who has it there is reached; a router of ours/);
  for (const text of [open, closed]) {
    expect(said(text, 'a-1', four)).toMatch(/not by the ports that ga has: no such address passes/);
  }
  // Where the file does not say which machine leads out, anybody may whom it does not name.
  const led = closed.replace('vni: 7', 'vni: 7\n    router: 10.9.0.1');
  expect(said(led, 'a-2', four)).toMatch(/but no machine of the file by the ports that ga has/);
  const named = led.replace('address: 10.9.0.2,', 'address: 10.9.0.1,');
  expect(said(named, 'a-2', four)).toMatch(/no such address passes them/);
  expect(said(named, 'a-2', 'fe80::1')).toMatch(
    /nothing but what a router of the segment sends or hears passes them/,
  );
});

test('what is for all is heard at other sites where the segment floods, but for DHCP', () => {
  const floods = linked(file.replace('vni: 7', 'vni: 7\n    flood: true'));
  const said = (to: string, port = 'icmp') => trace(floods, 'a-1', to, parsePort(port));
  expect(said('10.9.0.255')).toMatchObject({ verdict: 'allow' });
  expect(said('224.0.0.251').reason).toContain('the sites in bridge mode hear it');
  expect(said('255.255.255.255', 'udp/67')).toMatchObject({ verdict: 'outside' });
  expect(said('169.254.1.1')).toMatchObject({ verdict: 'outside' });
});

test('no tunnel carries from a gateway what is for all on a link', () => {
  for (const to of ['255.255.255.255', '224.0.0.1', 'ff02::1', '169.254.169.254']) {
    const found = flow('ga', to);
    expect(found.verdict).toBe('unreachable');
    expect(found.reason).toContain('it goes no further than a link of ga');
  }
});

test('nothing leads into a segment, out of it, or to whom the file does not name', () => {
  for (const [from, to, reason] of [
    ['ga', 'a-1', 'from outside into segment lab'],
    ['a-1', 'ga', 'not in segment lab'],
    ['a-1', '198.51.100.1', 'not in segment lab'],
    ['a-1', '10.9.0.140', 'nothing for it crosses the border'],
    ['a-1', '10.9.0.40', 'not enforced'],
  ] as const) {
    const found = flow(from, to);
    expect(found).toMatchObject({ verdict: 'unreachable' });
    expect(found.reason).toContain(reason);
  }
  expect(() => flow('a-1', 'b-2')).toThrow('named b-2');
});

test('it is as good as the tunnel between the gateways', () => {
  const network = networkOf(file);
  const model = link({ ...emptyFacts, network, epoch: 'test', rev: 1 });
  const found = trace(model, 'a-1', 'b-1', parsePort('icmp'));
  expect(found.verdict).toBe('unreachable');
  expect(found.reason).toContain('the tunnel from ga to gb does not carry it');
});

test('the tests of a file have machines of segments as their ends', () => {
  const { tests, diagnostics } = check(linked(file));
  expect(tests.map(({ passed }) => passed)).toEqual([true, true, true]);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const wrong = file.replace('to: b-1, expect: allow', 'to: b-1, expect: deny');
  expect(check(linked(wrong)).diagnostics).toMatchObject([{ code: 'compile/test-failed' }]);
});
