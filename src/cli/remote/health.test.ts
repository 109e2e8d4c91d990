import { expect, test } from 'vitest';
import type { MonitorStatus, TunnelStatus } from '#api';
import type { Client } from './client.ts';
import { healthLines, healthOf } from './health.ts';

const tunnel = (a: string, b: string, state: string, why: string) =>
  ({ state, why, ends: [{ machine: a }, { machine: b }] }) as unknown as TunnelStatus;
const service = (name: string, state: string, why?: string) =>
  ({ name, state, why }) as unknown as MonitorStatus;

test('counts of tunnels and services are followed by what is wrong, the worst first', () => {
  const tunnels = {
    counts: { up: 3, down: 1, degraded: 1 },
    tunnels: [
      tunnel('anna', 'hub', 'down', 'nothing is heard'),
      tunnel('ben', 'hub', 'degraded', 'packets get lost'),
    ],
  };
  const monitors = [
    service('web', 'up'),
    service('mupif', 'busy', 'all workers are taken'),
    service('db', 'down', 'refused'),
  ];
  expect(healthLines({ tunnels, monitors })).toEqual([
    '',
    'tunnels   1 down, 1 degraded, 3 up',
    '  anna – hub is down: nothing is heard',
    '  ben – hub is degraded: packets get lost',
    '',
    'services  1 down, 1 busy, 1 up',
    '  db is down: refused',
    '  mupif is busy: all workers are taken',
  ]);
});

test('where there is neither tunnel nor service nothing is said', () => {
  expect(healthLines({ tunnels: { counts: {}, tunnels: [] }, monitors: [] })).toEqual([]);
});

test('what is wrong besides the first five is counted, with the command that lists it', async () => {
  const down = [1, 2, 3].map((n) => tunnel(`m${n}`, 'hub', 'down', 'silence'));
  const degraded = [4, 5, 6, 7].map((n) => tunnel(`m${n}`, 'hub', 'degraded', 'loss'));
  const counts = { up: 20_000, down: 3, degraded: 12_004 };
  const client = {
    call: async (name: string, { query }: { query: { state?: string } }) =>
      name === 'monitors'
        ? { monitors: [1, 2, 3, 4, 5, 6].map((n) => service(`s${n}`, 'down')) }
        : { counts, tunnels: [...down, ...degraded].filter(({ state }) => state === query.state) },
  } as unknown as Client;
  const found = await healthOf(client, 'net');
  expect(found.tunnels).toMatchObject({ leftOut: { degraded: 12_002 }, tunnels: { length: 5 } });
  const lines = healthLines(found);
  expect(lines[7]).toBe('  and 12002 more: `hawser tunnels`');
  expect(lines.at(-1)).toBe('  and 1 more: `hawser monitors`');
});
