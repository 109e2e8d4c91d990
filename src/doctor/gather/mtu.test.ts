import fc from 'fast-check';
import { expect, test } from 'vitest';
import { largestThat } from './mtu.ts';

test('the size of a hole is found, just below what passes, in a few rounds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 576, max: 9000 }), async (hole) => {
      let questions = 0;
      const found = await largestThat(async (size) => {
        questions++;
        return size <= hole;
      }, 9000);
      expect(found).toBeLessThanOrEqual(hole);
      expect(found).toBeGreaterThan(hole - 5);
      expect(questions).toBeLessThan(2 + 15 * 4);
    }),
  );
});

test('a way that takes all takes all, and one that takes nothing is not known', async () => {
  expect(await largestThat(async () => true, 1500)).toBe(1500);
  expect(await largestThat(async () => false, 1500)).toBeUndefined();
});
