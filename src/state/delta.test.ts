import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gatewayState, keyNamed, machineState, spokeState } from '../../tests/support/states.ts';
import { applyDelta, delta } from './delta.ts';
import { hashState } from './hash.ts';
import type { HostState, NftRule, NftSet } from './schema.ts';

/** As it arrives over a wire. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const sizeOf = (value: unknown): number => JSON.stringify(value).length;

const expectToLead = (before: HostState, after: HostState): void => {
  const result = applyDelta(before, sent(delta(before, after)));
  expect(hashState(result)).toBe(hashState(after));
  expect(result).toEqual(sent(after));
};

const prefix = fc.nat(30).map((n) => `10.${n}.0.0/16`);
const rule = fc.record<NftRule>({
  match: fc.constant([]),
  verdict: fc.constantFrom('accept', 'drop', 'goto a', 'goto b'),
});
const chain = fc.record({ name: fc.constantFrom('a', 'b', 'c'), rules: fc.array(rule) });
const pairs = fc.array(fc.tuple(prefix, fc.constantFrom('accept', 'drop')));
const map = fc
  .record({ name: fc.constantFrom('m', 'n'), elements: pairs })
  .map((one) => ({ ...one, type: 'ipv4_addr', interval: true }));
const table = fc.record({
  family: fc.constant('inet'),
  name: fc.constantFrom('hawser-t', 'other'),
  counters: fc.array(fc.constantFrom('deny', 'x', 'y')),
  sets: fc.constant([]).map((): NftSet[] => []),
  maps: fc.array(map, { maxLength: 3 }),
  chains: fc.array(chain, { maxLength: 3 }),
});
const peer = fc.record(
  {
    carries: fc.uniqueArray(prefix, { maxLength: 4 }),
    endpoint: fc.constantFrom('192.0.2.1:1', '192.0.2.2:2'),
    keepalive: fc.constantFrom(0, 25),
  },
  { requiredKeys: ['carries'] },
);
/** Names that a careless object would take for its own, and unknown fields, are data like others. */
const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor', 'toString');
const states = fc
  .record({
    peers: fc.array(fc.tuple(name, peer)).map((entries) => Object.fromEntries(entries)),
    mtu: fc.constantFrom(1380, 1420),
    tables: fc.array(table, { maxLength: 2 }),
    processes: fc.dictionary(name, fc.jsonValue()),
    rev: fc.integer(),
  })
  .map(({ tables, processes, rev, ...init }): HostState => {
    const state = machineState({ ...init, root: { nft: { v: 1, items: tables } } });
    return { ...state, processes, rev };
  });

describe('a delta', () => {
  test('leads from any state to any other', () => {
    fc.assert(fc.property(states, states, expectToLead), { numRuns: 500 });
  });

  test('leads on over many revisions', () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 2 }), (all) => {
        const last = all.reduce((before, after) => applyDelta(before, sent(delta(before, after))));
        expect(hashState(last)).toBe(hashState(all.at(-1) as HostState));
      }),
    );
  });

  test('of two equal states is empty, also if they are different objects', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(delta(state, structuredClone(state))).toEqual({ in: {} });
      }),
    );
  });

  test('changes neither of the states', () => {
    fc.assert(
      fc.property(states, states, (a, b) => {
        const before = [JSON.stringify(a), JSON.stringify(b)];
        applyDelta(a, delta(a, b));
        expect([JSON.stringify(a), JSON.stringify(b)]).toEqual(before);
      }),
    );
  });

  test('is never much larger than the new state itself', () => {
    fc.assert(
      fc.property(states, states, (a, b) => {
        expect(sizeOf(delta(a, b))).toBeLessThan(2 * sizeOf(b) + 200);
      }),
    );
  });

  test('leads between states of quite different kinds', () => {
    expectToLead(spokeState(), gatewayState());
    expectToLead(gatewayState(), spokeState());
  });
});

describe('a small change in a large network', () => {
  const address = (n: number): string => `10.${n >> 8}.${n & 255}.0/24`;
  const large = (numbers: readonly number[], verdictOf: (n: number) => string): HostState =>
    machineState({
      peers: Object.fromEntries(numbers.map((n) => [`site-${n}`, { carries: [address(n)] }])),
      root: {
        nft: {
          v: 1,
          items: [
            {
              family: 'inet',
              name: 'hawser-t',
              counters: numbers.map((n) => `policy-${n}`),
              sets: [],
              maps: [
                {
                  name: 'guard4',
                  type: 'ipv4_addr',
                  interval: true,
                  elements: numbers.map((n): [string, string] => [address(n), verdictOf(n)]),
                },
              ],
              chains: [{ name: 'judge', rules: numbers.map((n) => ruleOf(n)) }],
            },
          ],
        },
      },
    });
  const ruleOf = (n: number): NftRule => ({
    match: [{ left: 'ip saddr', op: '==', right: address(n) }],
    counter: `policy-${n}`,
    verdict: 'accept',
  });
  const all = Array.from({ length: 2000 }, (_, n) => n);
  const before = large(all, () => 'goto judge');

  const cases: Readonly<Record<string, HostState>> = {
    'a peer that goes from the middle': large(all.toSpliced(1000, 1), () => 'goto judge'),
    'a peer that comes in the middle': large(all.toSpliced(1000, 0, 4000), () => 'goto judge'),
    'two that go at either end': large(all.slice(1, -1), () => 'goto judge'),
    'one element deep in a filter': large(all, (n) => (n === 1000 ? 'drop' : 'goto judge')),
  };
  test.each(Object.entries(cases))('is a small delta: %s', (_, after) => {
    expect(sizeOf(delta(before, after))).toBeLessThan(1500);
    expectToLead(before, after);
  });

  test('is a small delta: a peer that has another key', () => {
    const after = structuredClone(before);
    const changed = after.tunnels['main']?.peers['site-1000'];
    if (changed) changed.publicKey = keyNamed('new');
    expect(sizeOf(delta(before, after))).toBeLessThan(200);
    expectToLead(before, after);
  });
});

describe('a delta that was made for another state', () => {
  const applyOrRefuse = (state: HostState, change: unknown): void => {
    try {
      applyDelta(state, change);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^state\//) as string });
    }
  };

  test('gives some state or is refused with a code, and breaks nothing else', () => {
    fc.assert(fc.property(states, states, states, (a, b, c) => applyOrRefuse(c, delta(a, b))));
    fc.assert(fc.property(fc.jsonValue(), (change) => applyOrRefuse(spokeState(), change)));
  });

  test.each([
    ['no delta at all', 7],
    ['a list', []],
    ['elements that are not there', { in: { bindings: { list: [[5, 3]] } } }],
    ['members of a number', { in: { rev: { in: { a: { set: 1 } } } } }],
    ['a piece of unknown form', { in: { bindings: { list: [null] } } }],
    ['no state afterwards', { set: 'nothing' }],
  ])('is refused with its code: %s', (_, change) => {
    expect(() => applyDelta(spokeState(), change)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^state\//) as string }),
    );
  });
});
