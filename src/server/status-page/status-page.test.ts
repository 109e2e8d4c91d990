import { expect, test } from 'vitest';
import type { MonitorStatus } from '#api';
import type { Snapshot } from '../network/snapshot.ts';
import { toldOf } from './public-status.ts';
import { mayLook } from './routes.ts';

test('of a platform it says how it is, and nothing of addresses, jobs and their users', () => {
  const uri = 'PYRO:obj@10.77.0.2:10010';
  const monitor: MonitorStatus = {
    ...{ name: 'mupif', type: 'pyro', target: '10.77.0.1:10000', from: 'hub', took: 4 },
    ...{
      state: 'degraded',
      why: 'thermal at 10.77.0.2 is down',
      since: '2026-11-27T08:00:00.000Z',
    },
    platform: {
      objects: [{ name: 'thermal', uri, tags: [] }],
      jobManagers: [
        {
          ...{ name: 'thermal', uri, state: 'down', why: uri, running: 1, max: 2, total: 9 },
          jobs: [{ key: '1', user: 'anna@example.org', tail: 'secret' }],
        },
      ],
      schedulers: [
        { ...{ name: 'scheduler', uri, state: 'up', counts: { failed: 1 } }, last: [], hours: {} },
      ],
    },
  };
  expect(toldOf(monitor)).toEqual({
    ...{ name: 'mupif', type: 'pyro', state: 'degraded', since: '2026-11-27T08:00:00.000Z' },
    jobManagers: [{ name: 'thermal', state: 'down', running: 1, max: 2 }],
    schedulers: [{ name: 'scheduler', state: 'up', counts: { failed: 1 } }],
  });
});

test('only addresses of the overlay may look, and only where the file says so', () => {
  const overlay = ['10.77.0.0/24', 'fd00::/64'];
  const on = { overlay, statusPage: { port: 7480 } } as unknown as Snapshot;
  const off = { overlay, statusPage: undefined } as unknown as Snapshot;
  for (const address of ['10.77.0.9', '::ffff:10.77.0.9', 'fd00::2']) {
    expect([mayLook(on, address), mayLook(off, address)]).toEqual([true, false]);
  }
  for (const address of ['192.0.2.1', '127.0.0.1', 'fd01::1', 'unknown']) {
    expect(mayLook(on, address)).toBe(false);
  }
});
