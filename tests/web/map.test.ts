import { expect, test } from 'vitest';
import type { MachineStatus, TunnelStatus } from '#api';
import { within } from '../../web/data/homes.ts';
import { mapOf, mostMachines, widthOf } from '../../web/data/islands.ts';
import { isAbove, labelsOf } from '../../web/data/labels.ts';

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
  expect(islands.map(({ name, kind, dots }) => [name, kind, dots.length])).toEqual([
    ['north', 'site', 2],
    ['north', 'machine', 1],
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

test('of lines that cross, those of tunnels that are not well are drawn last, above the others', () => {
  const machines = ['a', 'b', 'c', 'd'].map((name) => machine(name));
  const states = ['down', 'degraded', 'unknown', 'never', 'up'] as const;
  const ends = ['a b', 'a c', 'a d', 'b c', 'b d'].map((pair) => pair.split(' '));
  const tunnels = states.map((state, at) =>
    tunnel(ends[at]?.[0] ?? '', ends[at]?.[1] ?? '', state),
  );
  for (const some of [tunnels, tunnels.toReversed()]) {
    const { lines } = mapOf(machines, some);
    expect(lines.map(({ mood }) => mood)).toEqual(['good', 'idle', 'untold', 'warn', 'bad']);
  }
});

const lone = (count: number, connected = true): readonly MachineStatus[] =>
  Array.from({ length: count }, (_, index) => machine(`lone-${index}`, undefined, connected));
const toEach = (hub: string, members: readonly MachineStatus[]): readonly TunnelStatus[] =>
  members.map(({ name }, index) => (index % 2 === 0 ? tunnel(hub, name) : tunnel(name, hub)));

test.each([
  ['of a site', { ...machine('gate', 'hub'), hub: true }, 'hub', 'site:hub'],
  ['of no site', { ...machine('gate'), hub: true }, 'gate', 'machine:gate'],
  ['that is no hub of the topology', machine('gate', 'hub'), 'hub', 'site:hub'],
])(
  '400 members at one gateway %s are one island, and their tunnels one line',
  (_, hub, name, key) => {
    const members = lone(400);
    const tunnels = toEach('gate', members);
    const { islands, lines } = mapOf([hub, ...members], tunnels);
    expect(islands.map(({ label, dots }) => [label, dots.length])).toEqual([
      [name, 1],
      [`members of ${name}`, 1],
    ]);
    expect(islands[1]?.dots).toMatchObject([{ says: '400 of 400 machines connected' }]);
    expect(lines).toMatchObject([{ machines: undefined, mood: 'good' }]);
    expect(lines[0]?.between.toSorted()).toEqual([`members:${name}`, key].sort());
    // What the address of a click names is what was drawn as one.
    const own = within([hub, ...members], tunnels, lines[0]?.between ?? []);
    expect([own.machines.length, own.tunnels.length]).toEqual([401, 400]);
    expect(within([hub, ...members], tunnels, [`members:${name}`])).toEqual({
      machines: members,
      tunnels: [],
    });
  },
);

test('many members lie with others of their hub, and those of none together', () => {
  const members = lone(200);
  const hubs = ['east', 'west'].map((name) => ({ ...machine(name), hub: true }));
  const [ofEast, ofWest, ofBoth] = [
    members.slice(0, 90),
    members.slice(90, 150),
    members.slice(149, 151),
  ];
  const tunnels = [
    ...[tunnel('east', 'west', 'down'), tunnel('lone-198', 'lone-199')],
    ...[
      ...toEach('west', ofWest),
      ...toEach('east', [...ofEast, ...ofBoth]),
      ...toEach('west', ofBoth.slice(1)),
    ],
  ];
  const { islands, lines } = mapOf([...hubs, ...members], tunnels);
  const sizes = islands.map(({ label, dots }) => [label, dots[0]?.says]);
  expect(sizes).toEqual([
    ['east', 'connected'],
    ['west', 'connected'],
    ['members of east', '92 of 92 machines connected'],
    ['members of west', '59 of 59 machines connected'],
    ['members', '49 of 49 machines connected'],
  ]);
  expect(lines.map(({ says }) => says).sort()).toEqual(
    [
      'east – members of east: 92 of 92 tunnels up',
      'east – west is down: because',
      'members of east – west: 2 of 2 tunnels up',
      'west – members of west: 59 of 59 tunnels up',
    ].sort(),
  );
});

test('of many machines a member alone in a segment is found among the others, and hangs on the segment', () => {
  const lab = (...own: readonly string[]) =>
    mapOf(lone(200), [], {
      segments: [{ name: 'lab', vni: 7, subnets: ['10.1.0.0/16'], sites: [], members: [...own] }],
      routers: [],
    });
  const far = ({ islands: [island], marks: [mark] }: ReturnType<typeof lab>): number =>
    Math.hypot((island?.x ?? 0) - (mark?.x ?? 0), (island?.y ?? 0) - (mark?.y ?? 0));
  const { wires, islands } = lab('lone-7');
  const [{ x, y } = { x: 0, y: 0 }] = islands;
  expect(wires).toMatchObject([{ key: 'segment lab machine lone-7', to: { x, y } }]);
  // Between them is room for a line.
  expect(far(lab('lone-7'))).toBeGreaterThan(far(lab()));
});

test('tunnels of either direction between two sites pull them together once', () => {
  const machines = [machine('a', 'x'), machine('b', 'x'), machine('c', 'y'), machine('d', 'y')];
  const places = (tunnels: readonly TunnelStatus[]) =>
    mapOf(machines, tunnels).islands.map(({ x, y }) => [x, y]);
  expect(places([tunnel('a', 'c'), tunnel('d', 'b')])).toEqual(places([tunnel('a', 'c')]));
});

test('a site and a machine of its name hang on a third as two', () => {
  const machines = [machine('a', 'north'), machine('north'), machine('hub')];
  const [ofSite, ofMachine] = [tunnel('a', 'hub'), tunnel('north', 'hub')];
  const places = (...tunnels: readonly TunnelStatus[]) =>
    mapOf(machines, tunnels).islands.map(({ x, y }) => [x, y]);
  for (const one of [ofSite, ofMachine]) {
    expect(places(ofSite, ofMachine)).not.toEqual(places(one));
  }
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

test('a map of a tall window is taller than wide', () => {
  const members = lone(30);
  const machines = [{ ...machine('gate', 'hub'), hub: true }, ...members];
  const reach = (isTall: boolean) => {
    const { islands } = mapOf(machines, toEach('gate', members), undefined, isTall);
    const far = (...places: readonly number[]) => Math.max(...places) - Math.min(...places);
    return [far(...islands.map(({ x }) => x)), far(...islands.map(({ y }) => y))] as const;
  };
  const [[across, down], [tallAcross, tallDown]] = [reach(false), reach(true)];
  expect(across).toBeGreaterThan(down);
  expect(tallDown).toBeGreaterThan(tallAcross);
});

test('a name stands where fewer lines leave, and the steeper ones count for more', () => {
  const at = { x: 0, y: 0 };
  expect(isAbove(at, [{ x: 10, y: 90 }])).toBe(true);
  expect(isAbove(at, [{ x: 10, y: -90 }])).toBe(false);
  const flat = [
    { x: 90, y: -20 },
    { x: -90, y: -20 },
  ];
  expect(isAbove(at, [...flat, { x: 5, y: 90 }])).toBe(true);
  expect(isAbove(at, [])).toBe(false);
  const { islands } = mapOf([machine('a', 'x'), machine('b', 'y')], [tunnel('a', 'b')]);
  const [upper, lower] = islands.toSorted((a, b) => a.y - b.y);
  expect([upper?.isLabelAbove, lower?.isLabelAbove]).toEqual([true, false]);
});

const named = (key: string, y: number, isLabelAbove: boolean, x = 0) => ({
  ...{ key, label: key, x, y, far: 20, isLabelAbove },
});

/** Where names stand whose letters are 10 high, and what is written. */
const writtenOf = (...all: Parameters<typeof labelsOf>[0]) =>
  [...labelsOf(all, 10).values()].map(({ text, baseline }) => [text, baseline]);

test('names of neighbours do not stand on each other where one has room on its other side', () => {
  expect(writtenOf(named('upper', 0, false), named('lower', 200, true))).toEqual([
    ['upper', 32],
    ['lower', 175],
  ]);
  expect(writtenOf(named('upper', 0, false), named('lower', 60, true))).toEqual([
    ['upper', 32],
    ['lower', 92],
  ]);
  expect(writtenOf(named('upper', 0, false), named('lower', 60, true, 40))).toEqual([
    ['upper', 32],
    ['lower', 35],
  ]);
});

test('a name without room on either side is shorter, or is not written, the least wanted first', () => {
  const around = [named('upper', 0, false), named('lower', 116, true)];
  expect(writtenOf(...around, named('middle', 58, true)).map(([text]) => text)).toEqual([
    'upper',
    'lower',
  ]);
  const long = { ...named('long', 58, true, 66), label: 'institute-of-physics' };
  expect(writtenOf(...around, long)).toEqual([
    ['upper', 32],
    ['lower', 91],
    ['institute-o…', 33],
  ]);
  // Who points at it sees no other.
  const passing = { ...named('middle', 58, true), isPassing: true };
  expect(writtenOf(...around, passing)).toHaveLength(3);
  expect(writtenOf(passing, ...around)).toHaveLength(3);
});
