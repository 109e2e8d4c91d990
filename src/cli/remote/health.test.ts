import { expect, test } from 'vitest';
import type { MonitorStatus, TunnelStatus } from '#api';
import { healthLines } from './health.ts';

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
