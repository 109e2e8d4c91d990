import { expect, test } from 'vitest';
import { Log, mostInPart } from './log.ts';

const said = (n: number) => ({ of: `10.9.0.${n}`, mac: '02:00:00:00:00:50', version: n });

test('who knows nothing hears all, and who knows some the rest', () => {
  const log = new Log('lab', 'now');
  log.put('10.9.0.1', said(1));
  log.put('10.9.0.2', said(2));
  const [all] = log.since(undefined, 0);
  expect(all).toMatchObject({ segment: 'lab', id: 'now', from: 0, to: 2, del: [] });
  expect(all?.put.map(([of]) => of)).toEqual(['10.9.0.1', '10.9.0.2']);
  log.put('10.9.0.1', undefined);
  expect(log.since('now', 2)).toEqual([
    { segment: 'lab', id: 'now', from: 2, to: 3, put: [], del: ['10.9.0.1'] },
  ]);
  expect(log.since('now', 3)).toEqual([]);
});

test('numbers of another table, or of the future, mean nothing', () => {
  const log = new Log('lab', 'now');
  log.put('10.9.0.1', said(1));
  for (const [id, seq] of [
    ['before', 1],
    ['now', 9],
  ] as const) {
    expect(log.since(id, seq)).toMatchObject([{ from: 0, to: 1 }]);
  }
});

test('a table that is empty is told as such', () => {
  expect(new Log('lab', 'now').since(undefined, 0)).toMatchObject([{ from: 0, to: 0, put: [] }]);
});

test('a large table goes in parts that follow from each other', () => {
  const log = new Log('lab', 'now');
  for (let n = 0; n < 2 * mostInPart + 1; n++) log.put(`${n}`, { ...said(1), of: `${n}` });
  const parts = log.since(undefined, 0);
  expect(parts.map(({ from, to, more }) => [from, to, more])).toEqual([
    [0, mostInPart, true],
    [mostInPart, 2 * mostInPart, true],
    [2 * mostInPart, 2 * mostInPart + 1, undefined],
  ]);
});

test('what is the same is not told again', () => {
  const log = new Log('lab', 'now');
  const one = said(1);
  log.note(one.of, one);
  log.note(one.of, one);
  log.note('10.9.0.9', undefined);
  expect(log.seq).toBe(1);
});
