import { describe, expect, test } from 'vitest';
import { check } from './check/check.ts';
import { linkChecks } from './check/links.ts';
import type { compileErrors } from './errors.ts';
import { linked } from './testing.ts';

const base = (topology: string, sites: string, rest = ''): string =>
  `version: 1\nnetwork: t\noverlay: 10.99.0.0/24\ntopology: ${topology}\nsites:\n${sites}\n${rest}`;

const open =
  '  a: { subnets: [10.1.0.0/24], gateways: { ga: { endpoint: "203.0.113.1:1", address: 10.1.0.1 } } }';
const natted = (name: string, octet: number): string =>
  `  ${name}: { subnets: [10.${octet}.0.0/24], gateways: { g${name}: { address: 10.${octet}.0.1 } } }`;

/** Files that break one thing each: what is said, and at which line. */
const broken: Readonly<Partial<Record<keyof typeof compileErrors.entries, [string, number]>>> = {
  'compile/overlay-exhausted': [
    base('mesh', open, 'members: { b: { hub: a } }').replace('10.99.0.0/24', '10.99.0.0/32'),
    6,
  ],
  'compile/unreachable': [base('mesh', `${natted('a', 1)}\n${natted('b', 2)}`), 6],
  'compile/link-impossible': [
    base('{ links: [[a, b]] }', `${natted('a', 1)}\n${natted('b', 2)}`),
    4,
  ],
  'compile/site-without-gateway': [
    base('mesh', `${open}\n  b: { subnets: [10.2.0.0/24], hosts: { h: { address: 10.2.0.9 } } }`),
    7,
  ],
  'compile/gateway-without-address': [
    base(
      'mesh',
      '  a: { subnets: [10.1.0.0/24], gateways: { ga: { endpoint: "203.0.113.1:1" } }, hosts: { h: { address: 10.1.0.9 } } }',
    ),
    6,
  ],
  'compile/endpoint-in-overlay': [base('mesh', open.replace('203.0.113.1', '10.99.0.200')), 6],
  'compile/forward-to-itself': [
    base(
      'mesh',
      open.replace('address:', 'overlay: 10.99.0.7, address:'),
      'dns: { forward: 10.99.0.7 }',
    ),
    7,
  ],
  'compile/forward-without-resolver': [
    base('mesh', 'members: { m: {} }', 'dns:\n  forward: 192.0.2.53').replace('sites:\n', ''),
    7,
  ],
  'compile/mtu-too-small': [
    base('mesh', `${open}\n${natted('b', 2).replace('{ subnets', '{ mtu: 1300, subnets')}`).replace(
      'overlay: 10.99.0.0/24',
      'overlay: "fd00:99::/64"',
    ),
    7,
  ],
  'compile/test-failed': [
    base(
      'mesh',
      `${open}\n${natted('b', 2)}`,
      'policy: []\ntests:\n  - { from: ga, to: gb, expect: allow }',
    ),
    10,
  ],
};

describe('check refuses a file', () => {
  test.each(Object.entries(broken))('%s, at the line that did it', (code, [yaml, line]) => {
    const { diagnostics } = check(linked(yaml));
    const found = diagnostics.filter((d) => d.code === code);
    expect(found.map((d) => d.place?.line)).toContain(line);
    expect(found[0]?.message).not.toMatch(/\{\w+\}/);
    expect(found[0]?.fix).not.toMatch(/\{\w+\}/);
  });
});

const codesOf = (yaml: string): readonly string[] =>
  check(linked(yaml)).diagnostics.map(({ code, place }) => `${place?.line} ${code}`);

describe('one cause is told once', () => {
  const host = (name: string, octet: number): string =>
    `hosts: { ${name}: { address: 10.${octet}.0.9 } }`;

  test('a gateway without address explains every flow of its hosts, and their tests', () => {
    const a = '  a: { subnets: [10.1.0.0/24], gateways: { ga: { endpoint: "203.0.113.1:1" } },';
    const b = natted('b', 2).replace('} } }', `} }, ${host('hb', 2)} }`);
    const tests = 'tests: [{ from: ha, to: hb, expect: allow }]';
    expect(codesOf(base('mesh', `${a} ${host('ha', 1)} }\n${b}`, tests))).toEqual([
      '6 compile/gateway-without-address',
    ]);
  });

  test('a link that cannot come up explains every pair behind it', () => {
    const sites = `${natted('a', 1)}\n${natted('b', 2)}\n${open.replace('  a', '  c').replaceAll('10.1.', '10.3.').replace('ga:', 'gc:')}`;
    expect(codesOf(base('{ links: [[a, b], [b, c]] }', sites))).toEqual([
      '4 compile/link-impossible',
    ]);
  });

  test('two sites without a way to each other are one finding, a member cut from its site another', () => {
    const a = natted('a', 1).replace('} } }', `} }, ${host('ha', 1)} }`);
    const yaml = base('mesh', `${a}\n${natted('b', 2)}`, 'members: { lap: { hub: b } }');
    expect(codesOf(yaml)).toEqual(['8 compile/unreachable', '6 compile/unreachable']);
    expect(check(linked(yaml)).diagnostics.map(({ message }) => message)).toEqual([
      'lap cannot reach gb: neither has an endpoint, and they meet at no site that has one',
      'ga cannot reach gb: neither has an endpoint, and they meet at no site that has one',
    ]);
  });
});

describe('a policy that nobody enforces between two unmanaged machines', () => {
  const members = (more: string): string =>
    `members:
  m1: { managed: false, endpoint: "203.0.113.8:1"${more} }
  m2: { managed: false${more} }`;
  const file = (more: string, policy: string): string =>
    base('mesh', open, `${members(more)}\n${policy}`);
  const narrow = 'policy:\n  - { from: [m1], to: [m2], ports: [tcp/22] }';

  test('is warned of at the policy, with those it is about', () => {
    const [warning, ...more] = check(linked(file('', narrow))).diagnostics;
    expect(more).toEqual([]);
    expect(warning).toMatchObject({ code: 'compile/outside-policy', severity: 'warning' });
    expect(warning?.message).toContain('m1, m2');
    expect(warning?.place?.line).toBe(11);
  });

  test('is no matter behind a hub, without a policy, or where everything may pass', () => {
    expect(codesOf(file(', hub: a', narrow))).toEqual([]);
    expect(codesOf(file('', ''))).toEqual([]);
    expect(codesOf(file('', 'policy: [{ from: all, to: all }]'))).toEqual([]);
  });
});

test('prefixes that two machines carry are refused even if the file’s own checks let them pass', () => {
  const model = linked(base('mesh', `${open}\n${natted('b', 2)}`));
  expect(linkChecks(model)).toEqual([]);
  const last = model.carried.at(-1);
  if (!last) throw new Error('nothing is carried');
  const twice = linkChecks({ ...model, carried: [...model.carried, last] });
  expect(twice.map((d) => d.code)).toEqual(['compile/prefix-carried-twice']);
});

test('a plain host gets the lines somebody has to type there', () => {
  const yaml = base(
    'mesh',
    `${open.replace('} } }', '} }, hosts: { h: { address: 10.1.0.9 } } }')}\n${natted('b', 2)}`,
  );
  expect(check(linked(yaml)).manual).toEqual([
    { host: 'h', line: 'ip route replace 10.2.0.0/24 via 10.1.0.1' },
    { host: 'h', line: 'ip route replace 10.99.0.0/24 via 10.1.0.1' },
  ]);
});

test('a policy test that holds is reported as passed', () => {
  const yaml = base(
    'mesh',
    `${open}\n${natted('b', 2)}`,
    'tests: [{ from: ga, to: gb, expect: allow }]',
  );
  expect(check(linked(yaml)).tests).toEqual([
    { from: 'ga', to: 'gb', port: 'icmp', expect: 'allow', verdict: 'allow', passed: true },
  ]);
});

test('a test of an address that nobody has fails, and says why', () => {
  const tests = 'tests: [{ from: ga, to: 198.51.100.99, expect: allow }]';
  const { diagnostics } = check(linked(base('mesh', `${open}\n${natted('b', 2)}`, tests)));
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ['compile/test-failed', expect.stringContaining('ga has no route to 198.51.100.99')],
  ]);
});
