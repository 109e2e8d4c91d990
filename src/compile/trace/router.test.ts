import { expect, test } from 'vitest';
import { parsePort } from '#spec';
import { check } from '../check/check.ts';
import { project } from '../project/project.ts';
import { linked } from '../testing.ts';
import { trace } from './trace.ts';

const file = (snat = true) => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a:
    gateways: { ga: { endpoint: 192.0.2.1:51820, overlay: 10.0.0.1 } }
    hosts: { a-1: { segment: lab, address: 10.9.0.2, mac: "02:00:00:00:00:0a" }, w-1: { segment: work, address: 10.8.0.2, mac: "02:00:00:00:00:0c" } }
  b:
    gateways: { gb: { endpoint: 192.0.2.2:51820, overlay: 10.0.0.2 } }
    hosts: { b-1: { segment: lab, address: 10.9.0.130, mac: "02:00:00:00:00:0b" } }
segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/24
    router: 10.9.0.1
    sites: { a: { pool: 10.9.0.2-10.9.0.99, port: eth1 }, b: { pool: 10.9.0.130-10.9.0.199, port: eth1 } }
  work:
    vni: 8
    subnet: 10.8.0.0/24
    router: 10.8.0.1
    sites: { a: { pool: 10.8.0.2-10.8.0.99, port: eth2 } }
routers:
  gw:
    site: a
    segments: [lab, work]
    uplink: { address: 10.5.0.2/24, via: 10.5.0.1 }
    snat: ${snat}
    egress: [10.254.0.1/32, { to: 130.238.7.10, ports: [udp/53, tcp/53-54] }, { to: proxy.example.org, ports: [tcp/3128] }]
    forwards: [{ port: tcp/2222, to: 10.9.0.130, target: 22 }]
`;
const flow = (from: string, to: string, port = 'icmp', snat = true) =>
  trace(linked(file(snat)), from, to, parsePort(port));

test('what is on the list leaves from the address of the uplink, by the entry that lets it', () => {
  const found = flow('b-1', '10.254.0.1', 'tcp/443');
  const decision = { machine: 'ga', counter: 'to-10.254.0.1_32' };
  expect(found).toMatchObject({ verdict: 'allow', source: '10.9.0.130', decision });
  expect(found.hops.map(({ machine, source }) => [machine, source])).toEqual([
    ['b-1', '10.9.0.130'],
    ['gb', '10.9.0.130'],
    ['ga', '10.9.0.130'],
    ['gw', '10.5.0.2'],
    ['ga', '10.5.0.2'],
  ]);
  expect(flow('b-1', '10.254.0.1', 'tcp/443', false).hops.at(-1)?.source).toBe('10.9.0.130');
});

test('what is not is refused, and the router that refuses it is named', () => {
  const denied = { verdict: 'deny', decision: { machine: 'ga', counter: 'denied' } };
  expect(flow('b-1', '198.51.100.1')).toMatchObject(denied);
  expect(flow('a-1', '130.238.7.10', 'tcp/55')).toMatchObject(denied);
  expect(flow('a-1', '130.238.7.10')).toMatchObject(denied);
  expect(flow('a-1', '130.238.7.10', 'tcp/54').verdict).toBe('allow');
  expect(flow('a-1', '198.51.100.1').reason).toContain('`egress` of router gw');
});

test('a router answers pings, and leads from one of its segments to the other', () => {
  for (const to of ['gw', '10.9.0.1']) expect(flow('b-1', to).verdict).toBe('allow');
  expect(flow('w-1', 'gw').destination).toBe('10.8.0.1');
  expect(flow('b-1', 'gw', 'tcp/22')).toMatchObject({ verdict: 'deny' });
  expect(flow('b-1', 'w-1', 'tcp/22')).toMatchObject({
    verdict: 'allow',
    decision: { counter: 'between' },
  });
});

test('by all of its addresses it answers pings from inside and nothing else', () => {
  for (const [from, to] of [
    ['w-1', '10.9.0.1'],
    ['b-1', '10.5.0.2'],
  ] as const) {
    expect(flow(from, to)).toMatchObject({ verdict: 'allow' });
    expect(flow(from, to).reason).toContain('answers pings');
    expect(flow(from, to, 'tcp/2222')).toMatchObject({ verdict: 'deny' });
  }
});

test('of many ports all have to be on the list', () => {
  expect(flow('b-1', '130.238.7.10', 'tcp/53-54').verdict).toBe('allow');
  expect(flow('b-1', '130.238.7.10', 'tcp/53-55').verdict).toBe('deny');
});

test.each([
  ['gw', 'a-1'],
  ['a-1', 'gw'],
])(
  'from %s to %s at the site of the router its gateway is between them, and asks the policy',
  (from, to) => {
    const said = (rest: string) => trace(linked(file() + rest), from, to, parsePort('icmp'));
    const open = said('');
    expect(open.verdict).toBe('allow');
    expect(open.reason).not.toContain('not enforced');
    expect(open.hops.map(({ machine }) => machine)).toEqual([from, 'ga', to]);
    expect(open.back.map(({ machine }) => machine)).toEqual([to, 'ga', from]);
    const decision = { machine: 'ga', counter: 'deny' };
    expect(said('policy: []\n')).toMatchObject({ verdict: 'deny', decision });
    const named = said(`policy: [{ name: pings, from: ${from}, to: ${to}, ports: [icmp] }]\n`);
    expect(named).toMatchObject({ verdict: 'allow', decision: { machine: 'ga', rule: 'pings' } });
  },
);

test('a name of the list is reached by it, and any address may be that of the name', () => {
  const found = flow('b-1', 'proxy.example.org', 'tcp/3128');
  const decision = { machine: 'ga', counter: 'to-proxy.example.org' };
  expect(found).toMatchObject({ verdict: 'allow', destination: 'proxy.example.org', decision });
  expect(flow('b-1', 'proxy.example.org', 'tcp/22').verdict).toBe('deny');
  expect(flow('b-1', '198.51.100.1', 'tcp/3128').reason).toMatch(
    /unless .* of proxy\.example\.org$/,
  );
  expect(flow('b-1', '198.51.100.1', 'tcp/22').reason).not.toContain('proxy');
});

test('a forward leads in by its port, from the gateway over the uplink to the machine', () => {
  const found = flow('ga', '10.5.0.2', 'tcp/2222');
  const decision = { machine: 'ga', counter: 'from-tcp_2222' };
  expect(found).toMatchObject({ verdict: 'allow', to: 'b-1', destination: '10.9.0.130', decision });
  expect(found.reason).toContain('leads to b-1, tcp/22');
  expect(found.hops.map(({ machine }) => machine)).toEqual(['ga', 'gw', 'ga', 'gb', 'b-1']);
  const denied = { verdict: 'deny', decision: { machine: 'ga', counter: 'knocks' } };
  expect(flow('ga', '10.5.0.2', 'tcp/22')).toMatchObject(denied);
  expect(flow('gb', '10.5.0.2')).toMatchObject(denied);
  expect(flow('gb', '10.5.0.2', 'tcp/2222')).toMatchObject({ verdict: 'unreachable' });
});

test('a policy decides between its segments as well, and not about what leaves or is for itself', () => {
  const policy =
    'policy: [{ name: work, from: "segment:lab", to: w-1, ports: [tcp/22] }, { from: all, to: gw, ports: [icmp] }]\n';
  const asked = (from: string, to: string, port: string) =>
    trace(linked(file() + policy), from, to, parsePort(port));
  expect(asked('b-1', 'w-1', 'tcp/22')).toMatchObject({
    verdict: 'allow',
    decision: { rule: 'work' },
  });
  const decision = { machine: 'ga', counter: 'deny' };
  expect(asked('b-1', 'w-1', 'tcp/23')).toMatchObject({ verdict: 'deny', decision });
  expect(asked('w-1', 'b-1', 'tcp/22')).toMatchObject({ verdict: 'deny', decision });
  expect(asked('b-1', '10.254.0.1', 'tcp/443').verdict).toBe('allow');
  for (const from of ['a-1', 'b-1']) expect(asked(from, 'gw', 'icmp').verdict).toBe('allow');
});

const tested = (test: string) => {
  const { tests, diagnostics } = check(linked(`${file()}tests: [${test}]`));
  const found = diagnostics.find(({ code }) => code.startsWith('compile/test'));
  return { ...tests[0], ...(found && { code: found.code, message: found.message }) };
};
const others = 'except: [10.254.0.1, 130.238.7.0/24, proxy.example.org]';

test('a test says what leaves, and as whom', () => {
  expect(tested('{ from: b-1, to: 10.254.0.1, expect: allow, as: 10.5.0.2 }')).toEqual({
    ...{ from: 'b-1', to: '10.254.0.1', port: 'icmp', expect: 'allow', verdict: 'allow' },
    ...{ as: '10.5.0.2', source: '10.5.0.2', passed: true },
  });
  const named = '{ from: a-1, to: proxy.example.org, port: tcp/3128, expect: allow, as: 10.5.0.2 }';
  expect(tested(named)).toMatchObject({ passed: true });
  expect(tested('{ from: b-1, to: 10.254.0.1, expect: allow, as: 10.9.0.130 }')).toMatchObject({
    ...{ passed: false, source: '10.5.0.2' },
    code: 'compile/test-source',
    message: expect.stringContaining('from 10.5.0.2, and not from 10.9.0.130'),
  });
  expect(tested('{ from: b-1, to: 192.0.2.1, expect: allow, as: 10.5.0.2 }')).toMatchObject({
    verdict: 'deny',
    code: 'compile/test-failed',
  });
});

test('a test says that nothing else leaves, and tells what does', () => {
  expect(tested(`{ from: b-1, to: outside, ${others}, expect: deny }`)).toEqual({
    ...{ from: 'b-1', to: 'outside', port: 'any port', expect: 'deny', verdict: 'deny' },
    passed: true,
  });
  for (const [left, leak] of [
    ['10.254.0.0/24, proxy.example.org', 'the entry 130.238.7.10 of router gw'],
    ['10.254.0.1, 130.238.7.10', 'the entry proxy.example.org of router gw'],
  ]) {
    const found = tested(`{ from: b-1, to: outside, except: [${left}], expect: deny }`);
    expect(found).toMatchObject({ passed: false, message: expect.stringContaining(leak ?? '') });
  }
  const byOnePort = `{ from: b-1, to: outside, port: udp/53, except: 10.254.0.1, expect: deny }`;
  expect(tested(byOnePort)).toMatchObject({ passed: false });
  expect(tested(byOnePort.replace('udp/53', 'udp/54'))).toMatchObject({ passed: true });
});

test('an external router lets out what is on its list, and says that the rest is for itself to decide', () => {
  const text = file()
    .replace(/uplink: .*/, 'external: true\n    namespace: qrouter-1')
    .replace(/ *(snat|forwards): .*\n/g, '');
  const model = linked(text);
  const found = trace(model, 'b-1', '10.254.0.1', parsePort('tcp/443'));
  expect(found).toMatchObject({
    verdict: 'allow',
    reason: expect.stringContaining('in namespace qrouter-1 decide the rest'),
  });
  expect(found.hops.at(-1)).toMatchObject({ machine: 'gw', source: '10.9.0.130' });
  expect(trace(model, 'b-1', '192.0.2.1', parsePort('tcp/443'))).toMatchObject({
    verdict: 'deny',
    decision: { counter: 'denied' },
  });
  expect(trace(model, 'w-1', 'a-1', parsePort('tcp/22')).verdict).toBe('allow');
  const { 'qrouter-1': added, ...others } = project(model, 'ga').namespaces;
  expect(Object.keys(others).sort()).toEqual(['hw-net-lab', 'hw-net-work', 'root']);
  expect(Object.keys(added ?? {}).sort()).toEqual([
    'addresses',
    'external',
    'forwarding',
    'lookups',
    'nft',
    'veths',
  ]);
  expect(added?.veths?.items.map(({ peer }) => peer.namespace)).not.toContain('root');
});
