import type { Address } from '#ip';
import type { Dns } from '#spec';
import type { NameEntry } from '#state';
import type { Model } from '../model.ts';

interface Named {
  /** Below the zone, the machine's own name first. */
  readonly names: readonly string[];
  /** Bare names, for machines that look them up in a file. */
  readonly bare: readonly string[];
  readonly addresses: readonly Address[];
}

const tables = new WeakMap<Model, NameEntry[]>();

/**
 * Every address with the names that lead to it, sorted by address: machines by their overlay addresses,
 * plain hosts by those that others see, then records. In full and, last, bare. One list for all who
 * have it, never written. Empty without `dns`.
 */
export function nameTable(model: Model): NameEntry[] {
  const { dns } = model.network;
  const known = tables.get(model) ?? (dns ? makeTable(model, dns) : []);
  tables.set(model, known);
  return known;
}

function makeTable(model: Model, dns: Dns): NameEntry[] {
  const entries = new Map<string, { address: Address; full: string[]; bare: string[] }>();
  for (const { names, bare, addresses } of [...machinesIn(model), ...recordsIn(model, dns)]) {
    for (const address of addresses) {
      const entry = entries.get(`${address}`) ?? { address, full: [], bare: [] };
      entry.full.push(...names.map((name) => `${name}.${dns.zone}`));
      entry.bare.push(...bare);
      entries.set(`${address}`, entry);
    }
  }
  return [...entries.values()]
    .sort((a, b) => a.address.compare(b.address))
    .map(({ address, full, bare }) => ({ address: `${address}`, names: [...full, ...bare] }));
}

function* machinesIn(model: Model): Generator<Named> {
  for (const { name, unit, overlay } of model.nodes) {
    yield namedIn(name, unit.site?.name, overlay);
  }
  for (const host of model.hostsByName.values()) {
    yield namedIn(host.name, host.site, addressesOf(model, host.name));
  }
  for (const { stations } of model.network.segments) {
    for (const { name, site, addresses } of stations) {
      // A member is found by all at its overlay address.
      if (name !== site) yield namedIn(name, site, addresses);
    }
  }
}

const namedIn = (name: string, site: string | undefined, addresses: readonly Address[]): Named => ({
  names: site === undefined ? [name] : [name, `${name}.${site}`],
  bare: [name],
  addresses,
});

/** By which others reach a machine or host. */
export const addressesOf = (model: Model, name: string): readonly Address[] =>
  model.nodesByName.get(name)?.overlay ??
  model.hostsByName.get(name)?.addresses.map(({ presented }) => presented) ??
  [];

const recordsIn = (model: Model, { records }: Dns): readonly Named[] =>
  records.map(({ name, addresses, machines }) => ({
    names: [name],
    bare: [name],
    addresses: [...addresses, ...machines.flatMap((machine) => addressesOf(model, machine))],
  }));

/** The lines of hosts(5) that say the same, canonical name first. */
export const hostsLines = (model: Model): readonly string[] =>
  nameTable(model).map(({ address, names }) => `${address}\t${names.join(' ')}`);
