import { expect, test } from 'vitest';
import { machineState } from '../../tests/support/states.ts';
import { hashState } from './hash.ts';
import type { HostState } from './schema.ts';

const named = (...names: readonly string[]): HostState =>
  machineState({
    root: {
      names: {
        v: 1,
        hostsFile: 'auto',
        items: names.map((name) => ({ address: '10.0.0.1', names: [name] })),
      },
    },
  });

test('equal names give an equal hash, whoever made the list', () => {
  expect(hashState(named('a', 'b'))).toBe(hashState(named('a', 'b')));
  expect(hashState(structuredClone(named('a')))).toBe(hashState(named('a')));
});

test.each([[[]], [['b']], [['a', 'b']]])('other names give another hash: %j', (names) =>
  expect(hashState(named(...names))).not.toBe(hashState(named('a'))),
);
