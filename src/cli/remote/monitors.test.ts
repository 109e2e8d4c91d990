import { expect, test } from 'vitest';
import type { MonitorStatus } from '#api';
import { monitorText } from './monitors.ts';

const monitor = (leftOut?: NonNullable<MonitorStatus['platform']>['leftOut']): MonitorStatus => ({
  ...{ name: 'mupif', type: 'pyro', target: '10.77.0.1:10000', from: 'hub', state: 'up' },
  took: 4,
  platform: {
    objects: [{ name: 'thermal', uri: 'PYRO:a@10.77.0.2:10010', tags: ['type:jobmanager'] }],
    jobManagers: [{ name: 'thermal', uri: 'PYRO:a@10.77.0.2:10010', state: 'up', jobs: [] }],
    schedulers: [],
    ...(leftOut && { leftOut }),
  },
});

test('of a platform that has more than is told it is said how much, and it is counted', () => {
  const lines = monitorText(monitor({ objects: 12, jobManagers: 3, schedulers: 1 })).split('\n');
  expect(lines[1]).toBe('  answers in 4 ms: 13 objects, 4 job managers, 0 jobs');
  expect(lines.filter((line) => line.startsWith('  and '))).toEqual([
    '  and 3 more, not asked',
    '  and 1 more, not asked',
    '  and 12 more',
  ]);
});

test('of a platform that is told whole nothing is said to be left out', () => {
  expect(monitorText(monitor())).not.toContain('more');
});
