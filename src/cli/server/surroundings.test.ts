import { expect, test } from 'vitest';
import { Prefix } from '#ip';
import { freeOverlay } from './surroundings.ts';

test('a new network takes an overlay that hides nothing which the machine reaches', () => {
  expect(freeOverlay([])).toBe('10.77.0.0/24');
  expect(freeOverlay([Prefix.parse('10.77.0.0/16')])).toBe('10.78.0.0/24');
  expect(freeOverlay([Prefix.parse('192.168.0.0/16'), Prefix.parse('10.64.0.0/11')])).toBe(
    '10.97.0.0/24',
  );
  expect(freeOverlay([Prefix.parse('10.0.0.0/8')])).toBe('100.77.0.0/24');
});
