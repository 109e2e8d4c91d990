import { expect, test } from 'vitest';
import type { MachineStatus, MonitorStatus, TunnelStatus } from '#api';
import { findingsOf, foremost } from '../../web/data/findings.ts';

const machine = (name: string, site: string | undefined, connected: boolean): MachineStatus => ({
  ...{ name, enrolment: 'enrolled', connected, overlay: [], notes: [], failures: [] },
  ...(site !== undefined && { site }),
});

const tunnel = (a: string, b: string, state: TunnelStatus['state']): TunnelStatus => ({
  ...{ state, why: 'because' },
  ends: [
    { machine: a, tells: true },
    { machine: b, tells: true },
  ],
});

const found = (
  machines: readonly MachineStatus[],
  tunnels: readonly TunnelStatus[],
  monitors: readonly MonitorStatus[] = [],
) =>
  findingsOf(
    {
      ...{ network: 'net', revision: { epoch: 'e', number: 1 }, frozen: false, approvals: 1 },
      machines: [...machines],
    },
    { tunnels: [...tunnels] },
    monitors,
  );

const sentences = (machines: readonly MachineStatus[], tunnels: readonly TunnelStatus[]) =>
  found(machines, tunnels).map(({ about, says }) => `${about} ${says}`);

const [hub, north, other, alone] = [
  machine('hub', 'centre', true),
  machine('n1', 'north', false),
  machine('n2', 'north', false),
  machine('m', undefined, false),
];

test('a site from which nothing comes is told once, in place of its machines and tunnels', () => {
  const tunnels = [tunnel('hub', 'n1', 'down'), tunnel('hub', 'm', 'stale')];
  expect(sentences([hub, north, alone], tunnels)).toEqual([
    'north is cut off: n1 is away, and its tunnel is down: because',
    'm is away',
    'hub – m is stale: because',
  ]);
  const more = [
    tunnel('hub', 'n1', 'down'),
    tunnel('n1', 'n2', 'down'),
    tunnel('m', 'n2', 'stale'),
  ];
  expect(sentences([hub, north, other], more)).toEqual([
    'north is cut off: all its 2 machines are away, and none of its 2 tunnels is up',
  ]);
});

test('of a site with tunnels that are left out it is not said how many are down', () => {
  const machines = [hub, north];
  const status = {
    ...{ network: 'net', revision: { epoch: 'e', number: 1 }, frozen: false, approvals: 1 },
    machines,
  };
  const tunnels = [tunnel('hub', 'n1', 'down')];
  const says = (leftOut: Record<string, number>) =>
    findingsOf(status, { tunnels, leftOut }, [])[0]?.says;
  expect(says({ down: 7 })).toBe('is cut off: n1 is away, and none of its tunnels is up');
  expect(says({ up: 7 })).toBe('is cut off: n1 is away, and its tunnel is down: because');
});

test('it is told before its agents are known to be away, where the other end is well', () => {
  const there = machine('n1', 'north', true);
  const [centre, south] = [machine('c1', 'centre', true), machine('s1', 'south', true)];
  const down = [tunnel('c1', 'n1', 'down')];
  const says = ['north is cut off: its tunnel is down: because'];
  expect(sentences([{ ...centre, hub: true }, there], down)).toEqual(says);
  expect(sentences([centre, south, there], [...down, tunnel('c1', 's1', 'up')])).toEqual(says);
  // Of two that do not hear each other nobody knows which it is.
  expect(sentences([centre, there], down)).toEqual(['c1 – n1 is down: because']);
});

test('a site whose agents are away is not cut off while a tunnel of it is up, or a machine is there', () => {
  const one = [tunnel('hub', 'n1', 'down'), tunnel('hub', 'n2', 'degraded')];
  expect(sentences([hub, north, other], one)).toEqual([
    'n1 is away',
    'n2 is away',
    'hub – n1 is down: because',
    'hub – n2 is degraded: because',
  ]);
  const there = machine('n2', 'north', true);
  expect(sentences([hub, north, there], [tunnel('hub', 'n1', 'down')])).toEqual([
    'n1 is away',
    'hub – n1 is down: because',
  ]);
});

test('a service that is down is told first among hundreds of machines and tunnels, and the tables have the rest', () => {
  const many = Array.from({ length: 100 }, (_, index) => index);
  const machines = many.map((index) => machine(`m${index}`, undefined, false));
  const down = many.map((index) => tunnel('hub', `m${index}`, index > 8 ? 'stale' : 'down'));
  const service: MonitorStatus = {
    ...{ name: 'db', type: 'tcp', target: 'hub:5432', from: 'hub', state: 'down' },
  };
  const { told, further } = foremost('net', found([hub, ...machines], down, [service]));
  const tables = told.map(({ table }) => table);
  expect(told[0]?.about).toBe('db');
  expect(Object.fromEntries(Map.groupBy(tables, (one) => one))).toMatchObject({
    platform: { length: 1 },
    machines: { length: 6 },
    tunnels: { length: 5 },
  });
  expect(further).toEqual([
    { table: 'machines', count: 94, to: '/n/net/machines?has=away' },
    { table: 'tunnels', count: 95, to: '/n/net/tunnels?has=down%7Cstale' },
  ]);
});
