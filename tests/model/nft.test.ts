import { expect, test } from 'vitest';
import type { NftChain, NftRule, NftTable } from '#state';
import type { View } from './fields.ts';
import { evaluate } from './nft.ts';

const flow = (source: string, destination: string, to: number): View['flow'] => ({
  direction: 'original',
  original: { source, destination, protocol: 'tcp', protoSource: 40_000, protoDestination: to },
});

const segment: View = {
  family: 4,
  source: '10.0.0.1',
  destination: '10.0.0.2',
  protocol: 'tcp',
  ports: { source: 40_000, destination: 22 },
  flags: ['syn'],
  iif: 'wg0',
  oif: 'lan',
  state: 'new',
  flow: flow('10.0.0.1', '10.0.0.2', 22) as NonNullable<View['flow']>,
};
const echo: View = {
  family: 6,
  source: 'fd00::1',
  destination: 'fd00::2',
  protocol: 'icmp',
  icmp: { type: 128, code: 0 },
  iif: 'wg0',
  oif: '',
  state: 'new',
};

const hook = { type: 'filter', hook: 'forward', priority: 0, policy: 'drop' };
const base = (rules: NftRule[], policy = 'drop', priority = 0): NftChain => ({
  name: `base-${priority}`,
  hook: { ...hook, policy, priority },
  rules,
});
const tableOf = (chains: NftChain[], more: Partial<NftTable> = {}): NftTable => ({
  family: 'inet',
  name: 't',
  counters: ['one', 'two', 'three'],
  sets: [],
  maps: [],
  chains,
  ...more,
});
const passes = (table: NftTable, view: View = segment) =>
  evaluate([table], 'forward', view).judgement.passes;
const rule = (left: string, right: string | string[], op: '==' | '!=' = '=='): NftRule => ({
  match: [{ left, op, right }],
  verdict: 'accept',
});

test.each([
  ['ip saddr', '10.0.0.0/24', true],
  ['ip saddr', '10.0.1.0/24', false],
  ['ip6 saddr', 'fd00::/8', false],
  ['ct original ip daddr', ['10.0.0.2'], true],
  ['ct original ip6 daddr', ['fd00::2'], false],
  ['ct original proto-dst', '20-25', true],
  ['ct direction', 'original', true],
  ['ct direction', 'reply', false],
  ['ct state', 'established,related', false],
  ['ct state', 'established,new', true],
  ['iifname', 'wg0', true],
  ['iifname', 'wg*', true],
  ['oifname', 'wg0', false],
  ['meta l4proto', ['tcp', 'udp'], true],
  ['meta nfproto', 'ipv6', false],
  ['th dport', ['22', '80'], true],
  ['udp dport', '22', false],
  ['tcp flags', 'syn', true],
  ['icmp type', 'echo-request', false],
  ['ip saddr . meta l4proto . th dport', ['10.0.0.0/8 . tcp . 20-30'], true],
  ['ip saddr . meta l4proto . th dport', ['10.0.0.0/8 . udp . 20-30'], false],
])('a segment of SSH: %s %s is %s', (left, right, expected) => {
  expect(passes(tableOf([base([rule(left, right)])]))).toBe(expected);
});

test.each([
  ['icmpv6 type', ['echo-request', 'packet-too-big'], true],
  ['icmp type', ['echo-request'], false],
  ['meta l4proto', 'ipv6-icmp', true],
  ['meta l4proto', 'icmp', false],
  ['ct original ip6 saddr', 'fd00::1', false],
  ['meta l4proto . th dport', ['tcp . 22', 'ipv6-icmp . 0-65535'], true],
])('an echo request without a flow: %s %s is %s', (left, right, expected) => {
  expect(passes(tableOf([base([rule(left, right)])]), echo)).toBe(expected);
});

test('!= is no match either when the packet has no such field', () => {
  expect(passes(tableOf([base([rule('ip6 saddr', 'fd00::/8', '!=')])]))).toBe(false);
  expect(passes(tableOf([base([rule('ip saddr', '10.9.0.0/16', '!=')])]))).toBe(true);
});

test('a jump comes back, a goto does not', () => {
  const counting: NftChain = { name: 'counting', rules: [{ match: [], counter: 'one' }] };
  const after: NftRule = { match: [], counter: 'two', verdict: 'accept' };
  const jump = tableOf([base([{ match: [], verdict: 'jump counting' }, after]), counting]);
  const goTo = tableOf([base([{ match: [], verdict: 'goto counting' }, after]), counting]);
  expect(evaluate([jump], 'forward', segment)).toMatchObject({
    counted: ['one', 'two'],
    judgement: { passes: true },
  });
  expect(evaluate([goTo], 'forward', segment)).toMatchObject({
    counted: ['one'],
    judgement: { passes: false },
  });
});

test('after a goto inside a jumped-to chain the first caller goes on', () => {
  const chains: NftChain[] = [
    base([
      { match: [], verdict: 'jump middle' },
      { match: [], counter: 'three', verdict: 'accept' },
    ]),
    {
      name: 'middle',
      rules: [
        { match: [], verdict: 'goto last' },
        { match: [], verdict: 'drop' },
      ],
    },
    { name: 'last', rules: [{ match: [], counter: 'one', verdict: 'return' }] },
  ];
  expect(evaluate([tableOf(chains)], 'forward', segment).counted).toEqual(['one', 'three']);
});

test('return from a base chain leaves it to its policy', () => {
  const rules: NftRule[] = [
    { match: [], verdict: 'return' },
    { match: [], verdict: 'drop' },
  ];
  expect(passes(tableOf([base(rules, 'accept')]))).toBe(true);
  expect(passes(tableOf([base(rules, 'drop')]))).toBe(false);
});

test('an accept is of its base chain only, a drop is of the packet', () => {
  const early = base([{ match: [], verdict: 'accept' }], 'drop', -10);
  const late = base([{ match: [], counter: 'two', verdict: 'drop' }], 'accept', 10);
  const result = evaluate([tableOf([late]), tableOf([early])], 'forward', segment);
  expect(result.judgement).toMatchObject({ passes: false, counter: 'two' });
});

test('a verdict map goes where its element says, else on with the next rule', () => {
  const maps = [
    {
      name: 'm',
      type: 'ipv4_addr . ipv4_addr',
      interval: true,
      elements: [['10.0.0.0/24 . 10.0.0.2', 'goto yes'] as [string, string]],
    },
  ];
  const yes: NftChain = { name: 'yes', rules: [{ match: [], verdict: 'accept' }] };
  const ask: NftRule = {
    match: [],
    counter: 'one',
    vmap: { left: 'ip saddr . ip daddr', map: 'm' },
  };
  const table = tableOf([base([ask]), yes], { maps });
  expect(passes(table)).toBe(true);
  const elsewhere = evaluate([table], 'forward', { ...segment, destination: '10.0.0.3' });
  expect(elsewhere).toMatchObject({ judgement: { passes: false }, counted: ['one'] });
});

test('named sets are looked up by their type', () => {
  const set = { name: 's', type: 'ipv4_addr', interval: true, elements: ['10.0.0.0/30'] };
  expect(passes(tableOf([base([rule('ip saddr', '@s')])], { sets: [set] }))).toBe(true);
  const wrong = tableOf([base([rule('ip saddr . th dport', '@s')])], { sets: [set] });
  expect(() => passes(wrong)).toThrow(/is of ipv4_addr/);
  const flat = tableOf([base([rule('ip saddr', '@s')])], { sets: [{ ...set, interval: false }] });
  expect(() => passes(flat)).toThrow(/no interval flag/);
});

test.each<[string, NftTable, RegExp]>([
  ['an expression', tableOf([base([rule('ip dscp', '1')])]), /unknown nft expression/],
  ['a verdict', tableOf([base([{ match: [], verdict: 'queue' }])]), /unknown verdict/],
  ['a statement', tableOf([base([{ match: [], set: 'notrack' }])]), /unknown statement/],
  ['a chain', tableOf([base([{ match: [], verdict: 'jump x' }])]), /no chain x/],
  ['a set', tableOf([base([rule('ip saddr', '@x')])]), /no set/],
  ['a map', tableOf([base([{ match: [], vmap: { left: 'ip saddr', map: 'x' } }])]), /no map/],
  ['a counter', tableOf([base([{ match: [], counter: 'x' }])]), /not declared/],
  ['a family', tableOf([base([])], { family: 'bridge' }), /family bridge/],
])('%s it does not know is an error, never a pass', (_, table, message) => {
  expect(() => passes(table)).toThrow(message);
});

test('ports are not read out of an ICMP header', () => {
  const table = tableOf([base([rule('th dport', '22')])]);
  expect(() => passes(table, echo)).toThrow(/reads ports of a packet that has none/);
});
