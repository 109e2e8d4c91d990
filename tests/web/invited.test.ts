import { expect, test } from 'vitest';
import type { InviteInfo } from '#api';
import { listedOf } from '../../web/pages/members/invited.ts';

const invite = (id: number, state: InviteInfo['state']): InviteInfo => ({
  ...{ id: String(id), machine: `phone-${id}`, state, by: 'admin' },
  ...{ created: '2026-11-28T00:00:00.000Z', expires: '2026-12-05T00:00:00.000Z' },
});

const told = (all: readonly InviteInfo[]) => {
  const { listed, more } = listedOf(all);
  return { ids: listed.map(({ id }) => Number(id)), more };
};

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, id) => id);

test('an invitation that somebody may still come by is listed first, however many newer ones are over', () => {
  const over = upTo(60).map((id) => invite(id, 'used'));
  expect(told([...over, invite(60, 'open'), invite(61, 'expired'), invite(62, 'waits')])).toEqual({
    ids: [60, 62, ...upTo(50)],
    more: 11,
  });
});

test('all invitations are listed that may still be used, however many they are', () => {
  const open = upTo(80).map((id) => invite(id, 'open'));
  expect(told(open)).toEqual({ ids: upTo(80), more: 0 });
  expect(told([...upTo(50).map((id) => invite(id, 'withdrawn'))])).toEqual({
    ids: upTo(50),
    more: 0,
  });
});
