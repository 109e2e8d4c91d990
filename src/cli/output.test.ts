import { styleText } from 'node:util';
import { expect, test } from 'vitest';
import { harmless } from './output.ts';

test.each([
  ['\u001b[2J\u001b[Hgone', '\ufffd[2J\ufffd[Hgone'],
  ['all is well\rit is not', 'all is well\ufffdit is not'],
  ['\u001b]0;title\u0007\u009b8mhidden\u001b[8m', '\ufffd]0;title\ufffd\ufffd8mhidden\ufffd[8m'],
  ['user\u202e nimda', 'user\ufffd nimda'],
])('what others say, such as %j, gives a terminal no orders', (text, shown) => {
  expect(harmless(text)).toBe(shown);
});

test.each([
  'a\tb\nc',
  'Gießen – 東京 ✓',
  styleText(['red', 'bold'], 'FAILED', { validateStream: false }),
])('what is meant for people stays: %j', (text) => {
  expect(harmless(text)).toBe(text);
});

test('lines that end as on Windows end as here', () => {
  expect(harmless('a\r\nb')).toBe('a\nb');
});
