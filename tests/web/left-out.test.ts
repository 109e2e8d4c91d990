import { expect, test } from 'vitest';
import type { TunnelStatus, TunnelsStatus } from '#api';
import { countOf, leftOutIn, tunnelsOf } from '../../web/data/left-out.ts';

const tunnel = (a: string, b: string): TunnelStatus => ({
  ...{ state: 'up', why: '' },
  ends: [
    { machine: a, tells: true },
    { machine: b, tells: true },
  ],
});

const all: TunnelsStatus = {
  ...{ network: 'net', revision: { epoch: 'e', number: 1 }, counts: { up: 3 } },
  tunnels: [tunnel('a', 'b'), tunnel('a', 'c'), tunnel('b', 'c')],
};

const pairs = (some: TunnelsStatus | undefined) =>
  some?.tunnels.map(({ ends: [a, b] }) => `${a.machine} ${b.machine}`);

test('tunnels of a machine, and the one between two, are taken from a list that has all, and from no other', () => {
  expect(pairs(tunnelsOf(all, ['c']))).toEqual(['a c', 'b c']);
  expect(pairs(tunnelsOf(all, ['c', 'a']))).toEqual(['a c']);
  expect(tunnelsOf({ ...all, leftOut: { up: 1 } }, ['c'])).toBe(undefined);
  expect(tunnelsOf(undefined, ['c'])).toBe(undefined);
});

test('those that are left out are counted with the others, and told by their states', () => {
  expect([countOf(all), countOf({ ...all, leftOut: { up: 2, down: 1 } })]).toEqual([3, 6]);
  expect(leftOutIn({ up: 2, down: 1 }, (state) => state !== 'up')).toEqual({ down: 1 });
  expect(leftOutIn({ up: 2 }, (state) => state !== 'up')).toBe(undefined);
});
