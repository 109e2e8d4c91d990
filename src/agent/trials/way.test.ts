import { expect, test } from 'vitest';
import { Address } from '#ip';
import { keyFor } from './way.ts';

const lines = 'KEY1\t10.0.0.0/24 fd00::/64\nKEY2\t10.0.0.3/32\nKEY3\t(none)\n';

test.each([
  ['10.0.0.2', 'KEY1'],
  ['10.0.0.3', 'KEY2'],
  ['fd00::3', 'KEY1'],
  ['10.0.1.3', undefined],
])('what goes to %s is taken by the peer that has it most closely', (address, key) => {
  expect(keyFor(lines, Address.parse(address))).toBe(key);
});
