import { byText } from '#base';
import type { Address } from '#ip';
import { labErrors } from './errors.ts';
import { inside } from './keeper.ts';
import type { Lab } from './lab.ts';
import { type Cut, writeLab } from './registry.ts';
import { must } from './run.ts';
import { hint } from './suggest.ts';
import { internet, type Station, type Underlay } from './underlay/plan.ts';

/** A rule that drops what a cut forbids, and the namespace in which it stands. */
interface Drop {
  readonly namespace: string;
  readonly match: string;
}

/** One end of a cut: a whole site or member at the internet, or a machine at its router. */
type CutEnd = { readonly unit: string } & (
  | { readonly kind: 'unit'; readonly device: string; readonly stations: readonly Station[] }
  | { readonly kind: 'station'; readonly station: Station }
);

/** Rules for these cuts, by namespace; each namespace that can hold one is named, if only emptied. */
export function cutRules(underlay: Underlay, cuts: readonly Cut[]): ReadonlyMap<string, string> {
  const drops = cuts.flatMap((cut) => dropsOf(underlay, cut));
  const edges = [internet, ...underlay.stations.map(({ edge }) => edge.namespace)];
  return new Map(
    [...new Set(edges)].map((namespace) => {
      const own = drops.filter((drop) => drop.namespace === namespace);
      return [namespace, ruleset([...new Set(own.map(({ match }) => match))])];
    }),
  );
}

/** Asks for no state, so that what was established ends too. */
const ruleset = (matches: readonly string[]): string => `table inet cut {}
delete table inet cut
table inet cut {
  chain forward {
    type filter hook forward priority raw; policy accept;
${matches.map((match) => `    ${match} drop\n`).join('')}  }
}
`;

function dropsOf(underlay: Underlay, [a, b]: Cut): readonly Drop[] {
  const one = endOf(underlay, a);
  if (b === undefined) return alone(one);
  const other = endOf(underlay, b);
  refuseNeighbours(a, one, b, other);
  if (one.kind === 'unit' && other.kind === 'unit') {
    return bothWays(internet, `iifname "${one.device}" oifname "${other.device}"`, [
      `iifname "${other.device}" oifname "${one.device}"`,
    ]);
  }
  return [...apart(one, other), ...apart(other, one)];
}

/** Machines of one place reach each other by its own network, where the lab has no knife. */
function refuseNeighbours(a: string, one: CutEnd, b: string, other: CutEnd): void {
  if (a === b) throw labErrors.error('lab/nothing-between', { a, b, reason: 'they are the same' });
  if (one.unit !== other.unit) return;
  const reason = `both are on the own network of ${one.unit}`;
  throw labErrors.error('lab/nothing-between', { a, b, reason });
}

const bothWays = (namespace: string, match: string, more: readonly string[]): readonly Drop[] =>
  [match, ...more].map((each) => ({ namespace, match: each }));

function alone(end: CutEnd): readonly Drop[] {
  if (end.kind === 'unit') {
    return bothWays(internet, `iifname "${end.device}"`, [`oifname "${end.device}"`]);
  }
  const { namespace, inner } = end.station.edge;
  const out = namespace === internet ? '' : 'oifname "wan" ';
  const back = namespace === internet ? '' : 'iifname "wan" ';
  return inner.flatMap((address) =>
    bothWays(namespace, `${out}${ip(address)} saddr ${address}`, [
      `${back}${ip(address)} daddr ${address}`,
    ]),
  );
}

/** Drops between each machine of one end and the public addresses of the other, at the former's edge. */
function apart(here: CutEnd, there: CutEnd): readonly Drop[] {
  const publics = stationsOf(there).flatMap(({ edge }) => edge.publics);
  return stationsOf(here).flatMap(({ edge }) =>
    edge.inner.flatMap((own) =>
      publics
        .filter(({ family }) => family === own.family)
        .flatMap((far) =>
          bothWays(edge.namespace, `${ip(own)} saddr ${own} ${ip(own)} daddr ${far}`, [
            `${ip(own)} saddr ${far} ${ip(own)} daddr ${own}`,
          ]),
        ),
    ),
  );
}

const ip = ({ family }: Address): string => (family === 4 ? 'ip' : 'ip6');

const stationsOf = (end: CutEnd): readonly Station[] =>
  end.kind === 'unit' ? end.stations : [end.station];

function endOf(underlay: Underlay, name: string): CutEnd {
  const uplink = underlay.uplinks.find(({ unit }) => unit === name);
  const stations = underlay.stations.filter((s) => s.unit === name && s.kind !== 'pod');
  if (uplink) return { kind: 'unit', unit: name, device: uplink.device, stations };
  const station = underlay.stations.find((s) => s.name === name && s.kind !== 'pod');
  if (station) return { kind: 'station', unit: station.unit, station };
  const known = [
    ...underlay.uplinks.map(({ unit }) => unit),
    ...underlay.stations.map((s) => s.name),
  ];
  throw labErrors.error('lab/not-cuttable', { machine: name, hint: hint(name, known) });
}

/** Cuts in addition to what is cut. Throws `lab/not-cuttable`, `lab/nothing-between`. */
export const cut = (lab: Lab, which: Cut): Promise<Lab> =>
  setCuts(lab, [...lab.record.cuts.filter((other) => !isSame(other, which)), which]);

/** Takes back all cuts, those that name one end, or the one of two. Throws `lab/not-cuttable`. */
export function heal(lab: Lab, ends: readonly string[]): Promise<Lab> {
  for (const name of ends) endOf(lab.underlay, name);
  const [a, b] = ends;
  const isHealed = (which: Cut) =>
    a === undefined || (b === undefined ? which.includes(a) : isSame(which, [a, b]));
  return setCuts(
    lab,
    lab.record.cuts.filter((which) => !isHealed(which)),
  );
}

const isSame = (a: Cut, b: Cut): boolean => key(a) === key(b);
const key = (which: Cut): string => which.toSorted(byText).join('\0');

async function setCuts(lab: Lab, cuts: readonly Cut[]): Promise<Lab> {
  const before = cutRules(lab.underlay, lab.record.cuts);
  for (const [namespace, input] of cutRules(lab.underlay, cuts)) {
    if (before.get(namespace) === input) continue;
    const place = namespace === internet ? undefined : namespace;
    await must([...inside(lab.keeper, place), 'nft', '-f', '-'], { input });
  }
  const record = { ...lab.record, cuts };
  await writeLab(record);
  return { ...lab, record };
}
