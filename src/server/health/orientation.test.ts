import { expect, test } from 'vitest';
import { oriented } from './orientation.ts';

const names = new Map([
  ['anna', { managed: true }],
  ['ben', { managed: true }],
  ['hub', { managed: true, isHub: true as const }],
  ['other-hub', { managed: true, isHub: true as const }],
  ['phone', { managed: false }],
]);

test.each([
  ['anna', 'hub', 'anna hub'],
  ['hub', 'phone', 'phone hub'],
  ['ben', 'phone', 'phone ben'],
  ['anna', 'ben', 'anna ben'],
  ['hub', 'other-hub', 'hub other-hub'],
  ['hub', 'unknown', 'unknown hub'],
])('of the tunnel between %s and %s the end that is no hub is told first', (a, b, read) => {
  const ends = oriented([{ machine: a }, { machine: b }], names);
  expect(ends.map(({ machine }) => machine).join(' ')).toBe(read);
});
