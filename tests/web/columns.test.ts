import { expect, test } from 'vitest';
import { placed, type Sized, templateOf } from '../../web/data/columns.ts';

interface Named extends Sized<Named> {
  readonly name: string;
}

const few: Named = { name: 'menu', least: 2, share: 0 };
const all: readonly Named[] = [
  { name: 'name', least: 10, share: 1 },
  { name: 'sent', least: 4, share: 1, rank: 2 },
  { name: 'received', least: 4, share: 1, rank: 2 },
  { name: 'why', least: 12, share: 3, rank: 1, isBelow: true },
  { name: 'buttons', least: 8, share: 1, rank: 3, instead: few },
];

const names = (room: number): readonly (readonly string[])[] => {
  const { columns, below } = placed(all, room);
  return [columns, below].map((some) => some.map(({ name }) => name));
};

test('a table has each column while there is room, and what matters least gives way first', () => {
  expect(names(43)).toEqual([['name', 'sent', 'received', 'why', 'buttons'], []]);
  expect(names(42.9)).toEqual([['name', 'sent', 'received', 'why', 'menu'], []]);
  expect(names(36.9)).toEqual([['name', 'sent', 'why', 'menu'], []]);
  expect(names(32.2)).toEqual([['name', 'why', 'menu'], []]);
});

test('what has no room for a column is told in a second line, if it says that it may be', () => {
  expect(names(27.4)).toEqual([['name', 'menu'], ['why']]);
});

test('what must stay stays, however narrow it is', () => {
  expect(names(1)).toEqual([['name', 'menu'], ['why']]);
});

test('no column is narrower than what it needs to be read', () => {
  expect(templateOf(all.slice(0, 2))).toBe('minmax(10rem, 1fr) minmax(4rem, 1fr)');
});
