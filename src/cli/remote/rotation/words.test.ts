import { expect, test } from 'vitest';
import { leftBehindText } from './words.ts';

test('whoever goes on with a change of key is told who stays behind, if anybody does', () => {
  expect(leftBehindText(['bob', 'pia'])).toBe('it goes on without bob, pia');
  expect(leftBehindText([])).toBe('nobody holds it up');
});
