import { expect, test } from 'vitest';
import { begunText } from './alerts.ts';

const after = (hours: number): string => new Date(hours * 3_600_000).toISOString();
const begun = { id: 'b', site: 'knox', from: after(0), until: after(4), by: 'bob' };

test('who silences the same again is told what that replaces', () => {
  expect(begunText(begun)).toBe('site:knox is silenced; that ends in 4 h');
  const before = { ...begun, id: 'a', until: after(2), by: 'ada' };
  expect(begunText({ ...begun, replaced: [before] })).toBe(
    'site:knox is silenced; that ends in 4 h, instead of in 2 h as ada said',
  );
});
