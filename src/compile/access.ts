import { byText } from '#base';
import { formatPort, type Port } from '#spec';
import { representativePairs } from './check/pairs.ts';
import { type StationClass, stationClasses } from './check/stations.ts';
import type { Model } from './model.ts';
import { joinPorts, portAtoms } from './port-atoms.ts';
import { closedPorts } from './port-words.ts';
import { placesOf, type Station } from './trace/places.ts';
import { familiesOf, trace } from './trace/trace.ts';

/** What gets from any of some machines to any of some others. */
export interface Access {
  /** Indexes of groups. */
  readonly from: number;
  readonly to: number;
  /** `icmp`, `tcp/22-30`, `udp`...; empty: nothing. */
  readonly ports: readonly string[];
  /** What alone does not pass, where that is little; empty: everything passes. */
  readonly closed?: readonly string[];
  /** It passes no machine of ours that could refuse it. */
  readonly outside: boolean;
  /** The two machines of which it was found. */
  readonly example: readonly [string, string];
}

/** Who gets where, by the compiled states. */
export interface AccessMatrix {
  /** Machines that may all do the same, by name. */
  readonly groups: readonly (readonly string[])[];
  /** Several of two groups where it depends on which of their machines, as on those of one site. */
  readonly access: readonly Access[];
}

/** Up to this many flows are followed one by one; beyond, one pair stands for all alike. */
const flowLimit = 4000;

/** Follows a flow of each kind from everybody to everybody. Pure. */
export function accessMatrix(model: Model): AccessMatrix {
  const ports = portAtoms([model.network]);
  const classes = stationClasses(placesOf(model));
  const all = classes.flatMap(({ stations }) => stations);
  const isSmall = all.length ** 2 * ports.length <= flowLimit;
  const groups = isSmall ? all.map((station) => [station]) : classes.map(stationsOf);
  const sorted = groups.toSorted((a, b) => byText(a[0]?.name ?? '', b[0]?.name ?? ''));
  const indexOf = new Map(
    sorted.flatMap((group, index) => group.map(({ name }) => [name, index] as const)),
  );
  const pairs = isSmall
    ? all.flatMap((from) => all.flatMap((to) => (from === to ? [] : [{ from, to }])))
    : representativePairs(model, classes);
  const access = pairs.map(({ from, to }) => ({
    from: indexOf.get(from.name) ?? 0,
    to: indexOf.get(to.name) ?? 0,
    ...accessOf(model, from, to, ports),
    example: [from.name, to.name] as const,
  }));
  return { groups: sorted.map((group) => group.map(({ name }) => name)), access };
}

const stationsOf = ({ stations }: StationClass): readonly Station[] =>
  stations.toSorted((a, b) => byText(a.name, b.name));

function accessOf(model: Model, from: Station, to: Station, ports: readonly Port[]) {
  const families = familiesOf(from, to);
  const verdicts = ports.map((port) => {
    const found = families.map((family) => trace(model, from.name, to.name, port, family).verdict);
    return found.find((verdict) => verdict === 'allow' || verdict === 'outside');
  });
  const passing = joinPorts(ports.filter((_, index) => verdicts[index] !== undefined));
  const closed = closedPorts(passing)?.map(formatPort);
  return {
    ports: passing.map(formatPort),
    ...(closed && { closed }),
    outside: verdicts.includes('outside'),
  };
}
