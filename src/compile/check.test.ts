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
