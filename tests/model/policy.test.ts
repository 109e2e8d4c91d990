import { expect, test } from 'vitest';
import { type Draft, networkOf, portOf } from './draft.ts';
import { allowed } from './policy.ts';
import { draft } from './two-sites.ts';

const addresses: Readonly<Record<string, string[]>> = {
  'host-a': ['192.168.66.11'],
  'host-b': ['192.168.77.11'],
  'gw-a': ['10.0.0.1', '192.168.66.4'],
  alice: ['10.0.0.9'],
};
const withRules = (policy: Draft['policy'], groups: Draft['groups'] = {}): Draft => ({
  ...draft,
  members: { alice: { tags: ['people'] } },
  groups,
  ...(policy && { policy }),
});
const may = (file: Draft, from: string, to: string, port: string): boolean =>
  allowed(networkOf(file), (name) => addresses[name] ?? [], from, to, portOf(port));

test('without a policy all may talk, with an empty one nobody', () => {
  expect(may(withRules(undefined), 'alice', 'host-b', 'tcp/22')).toBe(true);
  expect(may(withRules([]), 'alice', 'host-b', 'tcp/22')).toBe(false);
});

test.each([
  ['all', 'all', true],
  ['alice', 'host-b', true],
  ['host-a', 'host-b', false],
  ['tag:people', 'site:b', true],
  ['tag:people', 'site:a', false],
  ['people', 'far', true],
  ['10.0.0.0/24', '192.168.77.8/29', true],
  ['10.0.0.0/29', '192.168.77.8/29', false],
])('alice may talk to host-b by a rule from %s to %s: %s', (from, to, expected) => {
  const groups = { people: ['tag:people'], far: ['site:b'] };
  expect(may(withRules([{ from: [from], to: [to] }], groups), 'alice', 'host-b', 'tcp/22')).toBe(
    expected,
  );
});

test.each([
  ['tcp/22', true],
  ['tcp/8050', true],
  ['tcp/8101', false],
  ['udp/22', false],
  ['icmp', false],
])('of tcp/22 and tcp/8000-8100, %s passes: %s', (port, expected) => {
  const rule = { from: ['all'], to: ['all'], ports: ['tcp/22', 'tcp/8000-8100'] };
  expect(may(withRules([rule]), 'alice', 'host-b', port)).toBe(expected);
});
