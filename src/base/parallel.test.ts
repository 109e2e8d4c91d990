import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel } from './parallel.ts';

test('works on so many at once, and gives the results in the order of the items', async () => {
  let now = 0;
  let most = 0;
  const work = async (turns: number): Promise<number> => {
    most = Math.max(most, ++now);
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    now--;
    return turns * 10;
  };
  expect(await inParallel([5, 1, 3, 2], 2, work)).toEqual([50, 10, 30, 20]);
  expect(most).toBe(2);
});

test('begins nothing after a failure, and ends what was begun', async () => {
  const ended: string[] = [];
  const work = async (item: string): Promise<void> => {
    if (item === 'bad') throw new Error('bad');
    await nextTurn();
    ended.push(item);
  };
  await expect(inParallel(['slow', 'bad', 'never', 'never'], 2, work)).rejects.toThrow('bad');
  expect(ended).toEqual(['slow']);
});
