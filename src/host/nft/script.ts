import type { Change, NamespaceView, NftElementItem } from '#state';
import { markOf } from '../mark.ts';
import { editsOf, removalsOf, wishesOf } from '../pick.ts';
import { stampOf } from './stamp.ts';

interface Named {
  readonly family: string;
  readonly table: string;
  readonly name: string;
}

const at = ({ family, table, name }: Named): string => `${family} ${table} ${name}`;
const tableOf = ({ family, table }: { family: string; table: string }): string =>
  `${family} ${table}`;

/** Elements of one set in one command; nft splits what the kernel cannot take at once. */
function elementLines(verb: 'add' | 'delete', elements: readonly NftElementItem[]): string[] {
  const sets = Map.groupBy(elements, (item) => `${item.family} ${item.table} ${item.set}`);
  return [...sets].map(([set, items]) => {
    const texts = items.map(({ element, verdict }) =>
      verdict === undefined || verb === 'delete' ? element : `${element} : ${verdict}`,
    );
    return `${verb} element ${set} { ${texts.join(', ')} }`;
  });
}

/** Chains to write anew: those that differ, and all of a table one of whose sets is of another make. */
function chainsToWrite(changes: readonly Change[], wanted: NamespaceView): readonly string[] {
  const remade = new Set(
    editsOf(changes, 'nft-sets')
      .filter(({ kind }) => kind === 'change')
      .map((change) => tableOf((change as { after: Named }).after)),
  );
  const changed = new Set(wishesOf(changes, 'nft-chains').map(({ change }) => change.id));
  return [...wanted['nft-chains']]
    .filter(([id, chain]) => changed.has(id) || remade.has(tableOf(chain)))
    .map(([id]) => id);
}

/** Base chains whose hook moves: they can only be made anew, in the same breath. */
const rehooked = (changes: readonly Change[]): string[] =>
  wishesOf(changes, 'nft-chains').flatMap(({ change, item, before }) =>
    before && before.hook !== item.hook ? [change.id] : [],
  );

/**
 * One transaction that brings our tables to what is wanted, except for tables that go: counters first,
 * then chains (maps jump to them), then sets with their elements, then rules. Nothing that stays is
 * taken away, so that counters and the other rules go on.
 */
export function transaction(
  network: string,
  changes: readonly Change[],
  wanted: NamespaceView,
): string {
  const leaving = new Set(removalsOf(changes, 'nft-tables').map(({ change }) => change.id));
  const staying = changes.filter((change) => {
    if (!change.facility.startsWith('nft-') || change.facility === 'nft-tables') return true;
    const item = ('after' in change ? change.after : change.before) as Named;
    return !leaving.has(tableOf(item));
  });
  return [
    ...addTables(network, staying),
    ...declare(staying, wanted),
    ...changeSets(staying, wanted),
    ...writeRules(staying, wanted),
    ...dropRest(staying),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function addTables(network: string, changes: readonly Change[]): string[] {
  return [
    ...wishesOf(changes, 'nft-tables').map(
      ({ item }) =>
        `add table ${item.family} ${item.name} { comment "${markOf(network, item.name)}"; }`,
    ),
    ...wishesOf(changes, 'nft-counters').map(({ item }) => `add counter ${at(item)}`),
  ];
}

function declare(changes: readonly Change[], wanted: NamespaceView): string[] {
  const chains = wishesOf(changes, 'nft-chains');
  const added = new Set(chains.filter(({ before }) => !before).map(({ change }) => change.id));
  const flushed = [
    ...chainsToWrite(changes, wanted).filter((id) => !added.has(id)),
    ...removalsOf(changes, 'nft-chains').map(({ change }) => change.id),
  ];
  const remade = rehooked(changes);
  const declared = chains.map(({ item }) =>
    item.hook === undefined ? `add chain ${at(item)}` : `add chain ${at(item)} { ${item.hook} }`,
  );
  return [
    ...flushed.map((id) => `flush chain ${id}`),
    ...remade.map((id) => `delete chain ${id}`),
    ...declared,
  ];
}

function changeSets(changes: readonly Change[], wanted: NamespaceView): string[] {
  const remade = wishesOf(changes, 'nft-sets').filter(({ before }) => before);
  const remadeIds = new Set(remade.map(({ change }) => change.id));
  const setOf = (item: NftElementItem): string => `${item.family} ${item.table} ${item.set}`;
  const droppedSets = new Set(removalsOf(changes, 'nft-sets').map(({ change }) => change.id));
  const old = wishesOf(changes, 'nft-elements').flatMap(({ before }) => (before ? [before] : []));
  const gone = removalsOf(changes, 'nft-elements').map(({ item }) => item);
  const fresh = wishesOf(changes, 'nft-elements').map(({ item }) => item);
  const refilled = [...wanted['nft-elements'].values()].filter((item) =>
    remadeIds.has(setOf(item)),
  );
  const untouched = (item: NftElementItem): boolean =>
    !remadeIds.has(setOf(item)) && !droppedSets.has(setOf(item));
  return [
    ...elementLines('delete', [...gone, ...old].filter(untouched)),
    ...remade.map(({ change, before }) => `delete ${before?.map ? 'map' : 'set'} ${change.id}`),
    ...wishesOf(changes, 'nft-sets').map(({ item }) => {
      const type = item.map ? `${item.type} : verdict` : item.type;
      const flags = item.interval ? ' flags interval;' : '';
      return `add ${item.map ? 'map' : 'set'} ${at(item)} { type ${type};${flags} }`;
    }),
    ...elementLines('add', [...fresh.filter(untouched), ...refilled]),
  ];
}

function writeRules(changes: readonly Change[], wanted: NamespaceView): string[] {
  return chainsToWrite(changes, wanted).flatMap((id) => {
    const rules = wanted['nft-chains'].get(id)?.rules ?? [];
    return rules.map((rule) => `add rule ${id} ${rule} comment "${stampOf(rule)}"`);
  });
}

function dropRest(changes: readonly Change[]): string[] {
  return [
    ...removalsOf(changes, 'nft-sets').map(
      ({ change, item }) => `delete ${item.map ? 'map' : 'set'} ${change.id}`,
    ),
    ...removalsOf(changes, 'nft-chains').map(({ change }) => `delete chain ${change.id}`),
    ...removalsOf(changes, 'nft-counters').map(({ change }) => `delete counter ${change.id}`),
  ];
}
