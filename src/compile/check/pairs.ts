import type { Model } from '../model.ts';
import type { Station } from '../trace/places.ts';
import { type StationClass, unitOf } from './stations.ts';

export interface Pair {
  readonly from: Station;
  readonly to: Station;
}

/** Up to this many pairs of classes are walked one by one; beyond, reach and policy are walked apart. */
const pairLimit = 10_000;

/**
 * Representative pairs: for every two classes one pair of each relation that their stations can have
 * to each other (strangers, same site, member and its site, members of one site).
 */
export function representativePairs(
  model: Model,
  classes: readonly StationClass[],
): readonly Pair[] {
  if (classes.length ** 2 <= pairLimit)
    return classes.flatMap((a) => pairsWithAll(model, a, classes));
  const byReach = [...Map.groupBy(classes, (c) => c.reach).values()].map((same) => same[0]);
  const reach = byReach.flatMap((a) =>
    pairsWithAll(model, a as StationClass, byReach as readonly StationClass[]),
  );
  return [...reach, ...policyPairs(model, classes)];
}

/**
 * For every receiver: of the classes that the same of its rules let in one, and one that none does. A
 * filter knows a sender by nothing but those rules; whose turn it is changes from receiver to receiver.
 */
function policyPairs(model: Model, classes: readonly StationClass[]): readonly Pair[] {
  const { policy } = model;
  if (!policy) return [];
  const senders = classes.map((c) => ({ c, rules: rulesOf(model, c, 'from') }));
  return classes.flatMap((receiver, turn) => {
    const rules = [...rulesOf(model, receiver, 'to')];
    const alike = Map.groupBy(senders, (sender) =>
      rules.filter((rule) => sender.rules.has(rule)).join(),
    );
    return [...alike.values()].flatMap((group) => {
      const sender = group[turn % group.length];
      return sender ? pairsBetween(model, sender.c, receiver) : [];
    });
  });
}

function rulesOf(model: Model, c: StationClass, side: 'from' | 'to'): ReadonlySet<number> {
  const { policy } = model;
  const station = c.stations[0] as Station;
  const addresses =
    station.kind === 'host'
      ? station.host.addresses.map((a) => a.presented)
      : [...station.node.overlay, ...station.node.machine.addresses.map((a) => a.presented)];
  return new Set(
    addresses.flatMap((address) => {
      const found =
        side === 'from' ? policy?.classOfSource(address) : policy?.classOfDestination(address);
      return found?.rules ?? [];
    }),
  );
}

const pairsWithAll = (
  model: Model,
  a: StationClass,
  classes: readonly StationClass[],
): readonly Pair[] => classes.flatMap((b) => pairsBetween(model, a, b));

function pairsBetween(model: Model, a: StationClass, b: StationClass): readonly Pair[] {
  const from = a.stations[0] as Station;
  const unit = unitOf(model, from);
  const hub = unit.hub === undefined ? undefined : model.unitsByName.get(unit.hub);
  const kin = new Set([
    unit.name,
    ...unit.attached.map((member) => member.name),
    ...(hub ? [hub.name, ...hub.attached.map((member) => member.name)] : []),
  ]);
  const stranger = b.stations.find((station) => !kin.has(unitOf(model, station).name));
  const related = [
    (b.byUnit.get(unit.name) ?? []).find((station) => station.name !== from.name),
    b.byUnit.get(hub?.name ?? '')?.[0],
    unit.attached.flatMap((member) => b.byUnit.get(member.name) ?? [])[0],
    (hub?.attached ?? [])
      .filter((member) => member !== unit)
      .flatMap((member) => b.byUnit.get(member.name) ?? [])[0],
  ];
  return [stranger, ...related].flatMap((to) => (to ? [{ from, to }] : []));
}
