import { by } from '#base';
import type { Network } from '#spec';
import type { Change } from '#state';
import { wireguardMachines } from '../allocate.ts';
import type { Facts, MachineKeys } from '../inputs.ts';
import { placeholderKey } from '../link.ts';
import type { Model } from '../model.ts';

interface Known {
  readonly network: Network;
  readonly facts: Facts;
}

/**
 * Facts of one of two files that are compared, with the keys and addresses which only the other's facts
 * know: what one file has not heard of yet is no change.
 */
export function sharedFacts({ network, facts }: Known, other: Known): Facts {
  const machines = wireguardMachines(other.network);
  const alias = <T>(known: Readonly<Record<string, T>>): Record<string, T> => ({
    ...Object.fromEntries(
      machines.flatMap(({ name, was }) => {
        const value = known[name];
        return was !== undefined && value !== undefined ? [[was, value] as const] : [];
      }),
    ),
    ...known,
  });
  const written: Record<string, MachineKeys> = Object.fromEntries(
    machines.flatMap(({ name, publicKey }) => (publicKey ? [[name, { '0': publicKey }]] : [])),
  );
  const names = new Set(wireguardMachines(network).flatMap(({ name, was }) => [name, was ?? name]));
  const ours = <T>(known: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(alias(known)).filter(([name]) => names.has(name)));
  const adopted = { ...other.facts.adopted, ...facts.adopted };
  return {
    ...facts,
    ...(Object.keys(adopted).length > 0 && { adopted }),
    keys: { ...ours({ ...other.facts.keys, ...written }), ...facts.keys },
    ledger: {
      ...facts.ledger,
      addresses: { ...ours(other.facts.ledger.addresses), ...facts.ledger.addresses },
    },
  };
}

/** Changes in which made-up keys stand as whose they are: a person may take them for real ones. */
export function withoutMadeUpKeys(models: readonly Model[]): (change: Change) => Change {
  const madeUp = new Map(
    models
      .flatMap((model) => model.nodes)
      .filter(({ machine, publicKey }) => publicKey === placeholderKey(machine))
      .sort(by(({ name }) => name))
      .map(({ name, publicKey }) => [publicKey ?? '', `<key of ${name}>`]),
  );
  const shown = (value: unknown): unknown => {
    if (typeof value === 'string') {
      if (!value.includes('=')) return value;
      return value
        .split(' ')
        .map((word) => madeUp.get(word) ?? word)
        .join(' ');
    }
    if (Array.isArray(value)) return value.map(shown);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
  };
  return (change) => shown(change) as Change;
}
