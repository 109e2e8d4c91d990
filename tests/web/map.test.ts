import { expect, test } from 'vitest';
import type { MachineStatus, TunnelStatus } from '#api';
import { mapOf, mostMachines, widthOf } from '../../web/data/islands.ts';

const machine = (name: string, site?: string, connected = true): MachineStatus => ({
  ...{ name, enrolment: 'enrolled', connected, overlay: [], notes: [], failures: [] },
  ...(site !== undefined && { site }),
});

const tunnel = (a: string, b: string, state: TunnelStatus['state'] = 'up'): TunnelStatus => ({
  ...{ state, why: 'because' },
  ends: [
    { machine: a, tells: true },
    { machine: b, tells: true },
  ],
});

const many = (site: string, connected: boolean): readonly MachineStatus[] =>
  Array.from({ length: mostMachines }, (_, index) => machine(`${site}-${index}`, site, connected));

test('machines of a site lie on one island, and others on their own, also where names are alike', () => {
  const machines = [machine('a', 'north'), machine('b', 'north'), machine('north')];
  const { islands, lines } = mapOf(machines, [tunnel('a', 'north'), tunnel('a', 'b', 'down')]);
  expect(islands.map(({ name, isSite, dots }) => [name, isSite, dots.length])).toEqual([
    ['north', true, 2],
    ['north', false, 1],
  ]);
  expect(lines.map(({ mood, machines: ends }) => [mood, ends])).toEqual([
    ['good', ['a', 'north']],
    ['bad', ['a', 'b']],
  ]);
  const [site, alone] = islands;
  for (const { x, y } of site?.dots ?? []) {
    expect(Math.hypot(x - (site?.x ?? 0), y - (site?.y ?? 0))).toBeLessThan(site?.radius ?? 0);
  }
  const apart = Math.hypot((site?.x ?? 0) - (alone?.x ?? 0), (site?.y ?? 0) - (alone?.y ?? 0));
  expect(apart).toBeGreaterThan((site?.radius ?? 0) + (alone?.radius ?? 0));
});

test('many machines are drawn as their sites, and tunnels between two sites as one, as the worst of them', () => {
  const machines = [...many('north', true), ...many('south', false)];
  const between = [tunnel('north-0', 'south-0'), tunnel('south-1', 'north-1', 'down')];
  const { islands, lines } = mapOf(machines, [...between, tunnel('north-0', 'north-1')]);
  expect(islands.map(({ dots }) => dots.map(({ mood, says }) => [mood, says]))).toEqual([
    [['good', '150 of 150 machines connected']],
    [['bad', '0 of 150 machines connected']],
  ]);
  expect(lines.map(({ says, mood, machines: ends }) => [says, mood, ends])).toEqual([
    ['north – south: 1 of 2 tunnels up', 'bad', undefined],
  ]);
});

test('segments and routers lie beside their sites, and hang on the gateways that carry them', () => {
  const machines = [machine('gw-a', 'a'), machine('gw-b', 'b'), machine('bench')];
  const sites = [
    { site: 'a', gateway: 'gw-a', mode: 'bridge' as const, machines: 2 },
    { site: 'b', gateway: 'gw-b', mode: 'proxy' as const, machines: 0 },
  ];
  const { islands, marks, wires } = mapOf(machines, [tunnel('gw-a', 'gw-b')], {
    segments: [{ name: 'bench', vni: 7, subnets: ['10.1.0.0/16'], sites, members: ['bench'] }],
    routers: [
      { name: 'door', site: 'a', gateway: 'gw-a', segments: ['bench'], egress: [], forwards: [] },
    ],
  });
  expect(islands).toHaveLength(3);
  expect(marks.map(({ kind, name, says, isOut }) => [kind, name, says, isOut])).toEqual([
    [
      ...['segment', 'bench'],
      'segment bench: 10.1.0.0/16, VNI 7, at a (2 in the file) and b (0 in the file, proxy), with bench alone',
      false,
    ],
    ['router', 'door', 'router door at a of bench; nothing leaves', false],
  ]);
  expect(wires.map(({ key }) => key)).toEqual([
    'segment bench site a',
    'segment bench site b',
    'segment bench machine bench',
    'router door site a',
    'router door segment bench',
  ]);
  expect(wires.map(({ to }) => to)).toContainEqual({ x: marks[0]?.x, y: marks[0]?.y });
});

test('the wider a line is the more passes, and of several tunnels their sum', () => {
  const machines = [machine('a', 'north'), machine('b', 'north'), machine('c')];
  const busy = { ...tunnel('a', 'c'), rate: 2_000_000 };
  const { lines } = mapOf(machines, [busy, tunnel('a', 'b')]);
  expect(lines.map(({ says, width }) => [says, width])).toEqual([
    ['a – c is up: because; 2.0 MB/s', widthOf(2_000_000)],
    ['a – b is up: because', widthOf(0)],
  ]);
  const widths = [0, 1_000, 1_000_000, 100_000_000, 1e12].map(widthOf);
  expect(widths).toEqual([1.5, 1.5, 6, 9, 9]);
  const crowd = [...many('north', true), ...many('south', true)];
  const between = [0, 1].map((n) => ({ ...tunnel(`north-${n}`, `south-${n}`), rate: 500_000 }));
  expect(mapOf(crowd, between).lines).toMatchObject([
    { says: 'north – south: 2 of 2 tunnels up; 1.0 MB/s', width: widthOf(1_000_000) },
  ]);
});

test('what changes its state stays where it is', () => {
  const before = mapOf([machine('a', 'x'), machine('b')], [tunnel('a', 'b')]);
  const after = mapOf(
    [machine('a', 'x'), machine('b', undefined, false)],
    [tunnel('a', 'b', 'down')],
  );
  const places = ({ islands }: typeof before) => islands.map(({ x, y }) => [x, y]);
  expect(places(after)).toEqual(places(before));
});
