import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force';
import type { MachineStatus, SegmentsResult, TunnelStatus } from '#api';
import { type Home, labelOfHome, ownHome, sharedHomes } from './homes.ts';
import { endsOf, isAbove } from './labels.ts';
import {
  type Mood,
  moodOfMany,
  moodOfTunnel,
  moods,
  presenceOf,
  rate as rateText,
} from './words.ts';

/** A machine on the map, or all of an island that is drawn as one. */
export interface Dot {
  readonly name: string;
  /** The key of the island that it lies on. */
  readonly home: string;
  /** It stands for all of the island. */
  readonly isAll: boolean;
  readonly mood: Mood;
  readonly says: string;
  readonly isHub: boolean;
  readonly x: number;
  readonly y: number;
}

/** A site, a machine that is of none, or many such with one hub. */
export interface Island extends Home {
  /** What is written beside it. */
  readonly label: string;
  /** Where lines are fewer. */
  readonly isLabelAbove: boolean;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly dots: readonly Dot[];
}

/** A layer-2 network or a router of one, on the map. */
export interface Mark {
  readonly key: string;
  readonly kind: 'segment' | 'router';
  readonly name: string;
  readonly says: string;
  readonly x: number;
  readonly y: number;
  /** Something may leave by it. */
  readonly isOut: boolean;
}

/** What a segment or a router hangs on. */
export interface Wire {
  readonly key: string;
  readonly from: Mark;
  readonly to: { readonly x: number; readonly y: number };
}

/** A tunnel, or all between two islands. */
export interface Line {
  readonly key: string;
  readonly mood: Mood;
  readonly says: string;
  /** Pixels. */
  readonly width: number;
  /** The machines at its ends; undefined: of several tunnels. */
  readonly machines: readonly [string, string] | undefined;
  /** The keys of the islands that it stands for all tunnels between. */
  readonly between: readonly string[];
  readonly from: Dot;
  readonly to: Dot;
}

/** Beyond, a site is drawn as one, and so are members of one hub. */
export const mostMachines = 150;

/** Pixels of a line through which so many bytes a second pass: the more the wider, by powers of ten. */
export const widthOf = (bytesPerSecond: number): number =>
  Math.min(9, 1.5 + 1.5 * Math.max(0, Math.log10(bytesPerSecond / 1000)));

interface Group extends SimulationNodeDatum {
  readonly key: string;
  readonly name: string;
  readonly machines: readonly MachineStatus[];
  readonly radius: number;
}

interface Inhabited extends Group, Home {
  readonly kind: Home['kind'];
}

/** By the home of each; `shared`: of many machines. */
function groupsOf(
  machines: readonly MachineStatus[],
  shared: ReadonlyMap<string, Home> | undefined,
): readonly Inhabited[] {
  const homes = machines.map((machine) => ({
    machine,
    home: shared?.get(machine.name) ?? ownHome(machine),
  }));
  return [...Map.groupBy(homes, ({ home }) => home.key).values()].flatMap((own) => {
    const [{ home } = { home: undefined }] = own;
    if (!home) return [];
    const room = 24 + (shared ? 4 : 15) * Math.sqrt(own.length);
    const radius = home.kind === 'machine' ? 14 : room;
    return [{ ...home, machines: own.map(({ machine }) => machine), radius }];
  });
}

/** Places the islands so that those with tunnels between them are near. The same network gives the same map. */
function settle(
  groups: readonly Group[],
  pairs: readonly (readonly [Group, Group])[],
  isTall: boolean,
): void {
  const links = pairs.map(([source, target]) => ({ source, target }));
  const distance = ({ source, target }: { source: Group; target: Group }): number =>
    source.radius + target.radius + 70;
  forceSimulation([...groups])
    .force('links', forceLink(links).distance(distance as never))
    .force('apart', forceManyBody().strength(-260))
    // Screens are wide, and telephones tall.
    .force('x', forceX().strength(isTall ? 0.14 : 0.04))
    .force('y', forceY().strength(isTall ? 0.04 : 0.14))
    .force(
      'room',
      forceCollide<Group>((group) => group.radius + 22),
    )
    .stop()
    .tick(groups.length > 400 ? 60 : 250);
}

/** What was placed last: it is asked for again whenever a state changes, and lies where it lay. */
let placed: { readonly of: string; readonly groups: readonly Group[] } = { of: '', groups: [] };

function placeAll(
  groups: readonly Group[],
  between: ReadonlyMap<string, readonly [Group, Group]>,
  isTall: boolean,
): void {
  const all = groups.map(({ key, radius }) => `${key} ${radius}`);
  const of = [isTall, ...all, ...between.keys()].join();
  if (placed.of !== of) {
    settle(groups, [...between.values()], isTall);
    placed = { of, groups };
    return;
  }
  for (const [index, group] of groups.entries()) {
    const { x = 0, y = 0 } = placed.groups[index] ?? {};
    Object.assign(group, { x, y });
  }
}

const settled = (pairs: readonly (readonly [Group, Group])[]) =>
  pairs.map(([a, b]) => [placeOf(a), placeOf(b)] as const);

const placeOf = ({ key, x = 0, y = 0 }: Group) => ({ key, x, y });

/** In a spiral, as seeds lie in a sunflower: evenly, however many there are. */
function dotsOf({ key, machines, radius, x = 0, y = 0, kind }: Inhabited): readonly Dot[] {
  const turn = Math.PI * (3 - Math.sqrt(5));
  return machines.map((machine, index) => {
    const far =
      kind === 'site' && machines.length > 1
        ? (radius - 14) * Math.sqrt((index + 0.5) / machines.length)
        : 0;
    const { word, mood } = presenceOf(machine);
    const place = { x: x + far * Math.cos(index * turn), y: y + far * Math.sin(index * turn) };
    return {
      name: machine.name,
      home: key,
      isAll: false,
      mood,
      says: word,
      isHub: machine.hub === true,
      ...place,
    };
  });
}

function collapsed({ key, machines, x = 0, y = 0 }: Inhabited): Dot {
  const moods = machines.map((machine) => presenceOf(machine).mood);
  const connected = machines.filter((machine) => machine.connected).length;
  const says = `${connected} of ${machines.length} machines connected`;
  const name = labelOfHome(key);
  return { name, home: key, isAll: true, mood: moodOfMany(moods), says, isHub: true, x, y };
}

export type Layers = Pick<SegmentsResult, 'segments' | 'routers'>;
const noLayers: Layers = { segments: [], routers: [] };

const markRadius = 26;

/** One for both directions. */
const pairKey = (a: Group, b: Group): string => [a.key, b.key].sort().join(' ');

type GroupAt = (kind: string, name: string) => Group | undefined;

/** Where everything is on the map; `isTall`: of a window that is. */
export function mapOf(
  machines: readonly MachineStatus[],
  tunnels: readonly TunnelStatus[],
  layers: Layers = noLayers,
  isTall = false,
) {
  const isCollapsed = machines.length > mostMachines;
  const inhabited = groupsOf(machines, isCollapsed ? sharedHomes(machines, tunnels) : undefined);
  const marked = [
    ...layers.segments.map(({ name }) => ({ kind: 'segment' as const, name })),
    ...layers.routers.map(({ name }) => ({ kind: 'router' as const, name })),
  ].map((one) => ({ ...one, key: `${one.kind}:${one.name}`, machines: [], radius: markRadius }));
  const groups: readonly Group[] = [...inhabited, ...marked];
  const groupByKey = new Map(groups.map((group) => [group.key, group]));
  const groupOf = new Map(
    groups.flatMap((group) => group.machines.map(({ name }) => [name, group])),
  );
  const between = new Map<string, readonly [Group, Group]>();
  for (const { ends } of tunnels) {
    const [a, b] = ends.map(({ machine }) => groupOf.get(machine));
    if (a && b && a !== b) between.set(pairKey(a, b), [a, b]);
  }
  // Of many machines, one that is alone in a segment lies with others.
  const groupAt: GroupAt = (kind, name) =>
    groupByKey.get(`${kind}:${name}`) ?? (kind === 'machine' ? groupOf.get(name) : undefined);
  for (const { from, kind, to } of hangsOn(layers)) {
    const [a, b] = [groupAt(from.kind, from.name), groupAt(kind, to)];
    if (a && b) between.set(pairKey(a, b), [a, b]);
  }
  placeAll(groups, between, isTall);
  const ends = endsOf(settled([...between.values()]));
  const islands = inhabited.map((group): Island => {
    const dots = isCollapsed && group.kind !== 'machine' ? [collapsed(group)] : dotsOf(group);
    const { key, kind, name, radius, x = 0, y = 0 } = group;
    const isLabelAbove = isAbove({ x, y }, ends(key));
    return { key, kind, name, label: labelOfHome(key), isLabelAbove, radius, x, y, dots };
  });
  const dotOf = new Map<string, Dot>();
  for (const [index, { dots }] of islands.entries()) {
    for (const { name } of inhabited[index]?.machines ?? []) {
      const own = dots.length === 1 ? dots[0] : dots.find((dot) => dot.name === name);
      if (own) dotOf.set(name, own);
    }
  }
  return { islands, lines: linesOf(tunnels, dotOf), ...marksOf(layers, marked, dotOf, groupAt) };
}

/** What segments and routers hang on. */
const hangsOn = ({ segments, routers }: Layers) => [
  ...segments.flatMap(({ name, sites, members }) => [
    ...sites.map(({ site, gateway }) => ({
      ...({ from: { kind: 'segment', name }, kind: 'site', to: site, gateway } as const),
    })),
    ...members.map((member) => ({
      ...({ from: { kind: 'segment', name }, kind: 'machine', to: member } as const),
      gateway: member,
    })),
  ]),
  ...routers.flatMap(({ name, site, gateway, segments: own }) => [
    { from: { kind: 'router', name }, kind: 'site', to: site, gateway } as const,
    ...own.map((segment) => ({
      ...({ from: { kind: 'router', name }, kind: 'segment', to: segment } as const),
      gateway: undefined,
    })),
  ]),
];

const saysOfSegment = ({
  name,
  vni,
  subnets,
  sites,
  members,
}: Layers['segments'][number]): string => {
  const places = sites.map(
    ({ site, mode, machines }) =>
      `${site} (${machines} in the file${mode === 'proxy' ? ', proxy' : ''})`,
  );
  const alone = members.length === 0 ? '' : `, with ${members.join(' and ')} alone`;
  return `segment ${name}: ${subnets.join(' ')}, VNI ${vni}, at ${places.join(' and ')}${alone}`;
};

const saysOfRouter = ({ name, site, segments, egress, forwards }: Layers['routers'][number]) =>
  [
    `router ${name} at ${site} of ${segments.join(', ')}`,
    egress.length === 0 ? 'nothing leaves' : `out: ${egress.join(', ')}`,
    ...(forwards.length === 0 ? [] : [`in: ${forwards.join(', ')}`]),
  ].join('; ');

function marksOf(
  layers: Layers,
  marked: readonly (Group & { readonly kind: Mark['kind'] })[],
  dotOf: ReadonlyMap<string, Dot>,
  groupAt: GroupAt,
) {
  const says = new Map<string, string>([
    ...layers.segments.map((one) => [`segment ${one.name}`, saysOfSegment(one)] as const),
    ...layers.routers.map((one) => [`router ${one.name}`, saysOfRouter(one)] as const),
  ]);
  const out = new Set(
    layers.routers.filter(({ egress }) => egress.length > 0).map(({ name }) => name),
  );
  const marks = marked.map(({ kind, name, x = 0, y = 0 }): Mark => {
    const isOut = kind === 'router' && out.has(name);
    const key = `${kind} ${name}`;
    return { key, kind, name, says: says.get(key) ?? '', x, y, isOut };
  });
  const markOf = new Map(marks.map((mark) => [mark.key, mark]));
  const wires = hangsOn(layers).flatMap(({ from, kind, to, gateway }): readonly Wire[] => {
    const mark = markOf.get(`${from.kind} ${from.name}`);
    const { x = 0, y = 0 } = groupAt(kind, to) ?? {};
    const dot = gateway === undefined ? undefined : dotOf.get(gateway);
    const isThere = dot !== undefined || groupAt(kind, to) !== undefined;
    return mark && isThere
      ? [{ key: `${mark.key} ${kind} ${to}`, from: mark, to: dot ?? { x, y } }]
      : [];
  });
  return { marks, wires };
}

/** A site and a machine may be called alike. */
const keyOfDot = ({ home, isAll, name }: Dot): string => (isAll ? home : `machine:${name}`);

/** The worst last: what is drawn later lies above, and among thousands of lines no other can be seen. */
function linesOf(
  tunnels: readonly TunnelStatus[],
  dotOf: ReadonlyMap<string, Dot>,
): readonly Line[] {
  const drawn = tunnels.flatMap((tunnel) => {
    const [a, b] = tunnel.ends.map(({ machine }) => dotOf.get(machine));
    return a && b && a !== b ? [{ tunnel, key: [a, b].map(keyOfDot).sort().join() }] : [];
  });
  const lines = [...Map.groupBy(drawn, ({ key }) => key)].flatMap(([key, own]): Line[] => {
    const [first, ...more] = own.map(({ tunnel }) => tunnel);
    const [from, to] = first ? first.ends.map(({ machine }) => dotOf.get(machine)) : [];
    if (!first || !from || !to) return [];
    const all = [first, ...more];
    const mood = moodOfMany(all.map(({ state }) => moodOfTunnel[state]));
    const up = all.filter(({ state }) => state === 'up').length;
    const [a, b] = first.ends.map(({ machine }) => machine) as [string, string];
    const carried = all.reduce((sum, { rate = 0 }) => sum + rate, 0);
    const how =
      more.length === 0
        ? `${a} – ${b} is ${first.state}: ${first.why}`
        : `${from.name} – ${to.name}: ${up} of ${all.length} tunnels up`;
    const says = carried === 0 ? how : `${how}; ${rateText(carried)}`;
    const machines = more.length === 0 ? ([a, b] as const) : undefined;
    const between = [from.home, to.home];
    return [{ key, mood, says, width: widthOf(carried), machines, between, from, to }];
  });
  return lines.sort((one, other) => moods.indexOf(other.mood) - moods.indexOf(one.mood));
}
