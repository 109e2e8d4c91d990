import { canonicalJson } from '#base';
import type { Underlay } from './plan.ts';

/**
 * In what two underlays differ, in words; undefined where one can stand for the other, but for an end that is plugged
 * in elsewhere.
 */
export function underlayDifference(built: Underlay, next: Underlay): string | undefined {
  const [before, after] = [unplugged(built), unplugged(next)];
  const names = (underlay: Underlay) => underlay.stations.map(({ name }) => name);
  const added = names(after).filter((name) => !names(before).includes(name));
  const removed = names(before).filter((name) => !names(after).includes(name));
  if (added.length + removed.length > 0) {
    return [
      ...(added.length > 0 ? [`${few(added)} would be new`] : []),
      ...(removed.length > 0 ? [`${few(removed)} would go`] : []),
    ].join(', ');
  }
  const moved = differing(before.stations, after.stations);
  if (moved.length > 0) return `addresses, MTU or endpoint of ${few(moved)} differ`;
  const laid = differing(before.namespaces, after.namespaces);
  if (laid.length > 0) return `addresses or routes of ${few(laid)} differ`;
  const same = canonicalJson(plain(before)) === canonicalJson(plain(after));
  return same ? undefined : 'its cables or endpoints differ';
}

const unplugged = (underlay: Underlay): Underlay => ({
  ...underlay,
  plugs: underlay.plugs.map((plug) => ({ ...plug, isInRouter: false })),
});

const differing = (before: readonly Named[], after: readonly Named[]): readonly string[] => {
  const old = new Map(before.map((item) => [item.name, canonicalJson(plain(item))]));
  return after.filter((item) => old.get(item.name) !== canonicalJson(plain(item))).map(nameOf);
};

interface Named {
  readonly name: string;
}

const nameOf = ({ name }: Named): string => name;

/** Addresses as text. */
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));

const few = (names: readonly string[]): string =>
  names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
