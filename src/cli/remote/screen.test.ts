import { expect, test } from 'vitest';
import { frameOf } from './screen.ts';

const plain = (text: string, rows: number, columns: number): string =>
  frameOf(text, { rows, columns })
    .replaceAll('\u001b[H', '')
    .replaceAll('\u001b[K', '')
    .replaceAll('\u001b[J', '')
    .replaceAll('\r', '');

test('a text that fits is drawn over what was there, and the rest of that is wiped', () => {
  expect(frameOf('a\nb', { rows: 5, columns: 9 })).toBe(
    '\u001b[Ha\u001b[K\r\nb\u001b[K\r\n\u001b[J',
  );
});

test('what a terminal has no room for is cut, and that is said', () => {
  expect(plain('1\n2\n3\n4\n5', 4, 20)).toBe('1\n2\n... 3 more lines\n');
  expect(plain('abcdefghij', 4, 10)).toBe('abcdefghij\n');
  expect(plain('abcdefghijk', 4, 10)).toBe('abcdefghi…\u001b[0m\n');
  expect(plain('\u001b[31mabc\u001b[39mdefghijkl', 4, 10)).toBe(
    '\u001b[31mabc\u001b[39mdefghi…\u001b[0m\n',
  );
});
