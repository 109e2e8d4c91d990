import { expect, test } from 'vitest';
import { type TunnelState, type TunnelStatus } from '#api';
import { Listing, most } from './listing.ts';

const tunnel = (a: string, b: string, state: TunnelState = 'up'): TunnelStatus => ({
  ...{ state, why: '' },
  ends: [
    { machine: a, tells: false },
    { machine: b, tells: false },
  ],
});

/** The site of `s1/a` is `s1`, and `a` is of none. */
const siteOf = (machine: string): string | undefined => /^(.+)\//.exec(machine)?.[1];

const listed = (tunnels: readonly TunnelStatus[]) => {
  const listing = new Listing(siteOf);
  for (const one of tunnels) listing.add(one);
  const { texts, leftOut } = listing;
  return { leftOut, ends: texts.map((text) => endsOf(JSON.parse(text) as TunnelStatus)) };
};

const endsOf = ({ state, ends: [a, b] }: TunnelStatus): string =>
  `${a.machine} ${b.machine} ${state}`;

/** As many as are listed of one state, between two machines each: `s0/a` and `s0/b` to `s4999/a` and `s4999/b`, twice. */
const full = Array.from({ length: most }, (_, index) =>
  tunnel(`s${index >> 1}/a`, `s${index >> 1}/b`),
);

test('of ten thousand of a state all are listed, and of each state by itself', () => {
  expect(listed(full)).toMatchObject({ leftOut: undefined, ends: { length: most } });
  const { leftOut, ends } = listed([...full, tunnel('s0/a', 's0/b', 'down')]);
  expect([leftOut, ends.length, ends[0]]).toEqual([undefined, most + 1, 's0/a s0/b down']);
});

test('of more the rest is counted by state', () => {
  const { leftOut, ends } = listed([...full, tunnel('s0/b', 's0/a'), tunnel('s1/b', 's1/a')]);
  expect([leftOut, ends.length]).toEqual([{ up: 2 }, most]);
});

test('what is the first of its state for a machine, or out of a site, is listed among however many', () => {
  const { leftOut, ends } = listed([
    ...full,
    ...[tunnel('s1/a', 'new'), tunnel('s1/b', 'new'), tunnel('s2/a', 's3/a')],
    ...[tunnel('s1/a', 's2/a'), tunnel('s3/a', 's2/a'), tunnel('s3/a', 's4/a')],
  ]);
  expect(ends.slice(most)).toEqual(['s1/a new up', 's2/a s3/a up', 's3/a s4/a up']);
  expect(leftOut).toEqual({ up: 3 });
});

test('of a machine with more peers than are listed none is left out: each is the first of another machine', () => {
  const peers = Array.from({ length: most + 2 }, (_, index) => tunnel('hub', `m${index}`));
  expect(listed(peers)).toMatchObject({ leftOut: undefined, ends: { length: most + 2 } });
});
