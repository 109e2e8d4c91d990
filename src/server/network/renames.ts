import { type Facts, type PresharedChange, type Rotation, wireguardMachines } from '#compile';
import type { Network } from '#spec';
import type { StoredMachine } from '../store/contract.ts';
import type { Basis } from './basis.ts';
import type { Compiled } from './compiled.ts';
import type { Decision } from './edit.ts';

const formerNames = (network: Network): readonly (readonly [string, string])[] =>
  wireguardMachines(network).flatMap(({ name, was }) =>
    was === undefined ? [] : [[was, name] as const],
  );

/**
 * Machines that bear another name from one file to the next, by the name they had. Where the older file
 * named a machine anew and the next one has its former name, the naming is taken back.
 */
export function renames(before: Network, after: Network): ReadonlyMap<string, string> {
  const names = new Set(wireguardMachines(after).map(({ name }) => name));
  const back = formerNames(before).filter(([was, name]) => names.has(was) && !names.has(name));
  return new Map([...formerNames(after), ...back.map(([was, name]) => [name, was] as const)]);
}

/** What was known of machines under their old names. */
export function renamedFacts(facts: Facts, names: ReadonlyMap<string, string>): Facts {
  const move = <T>(known: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(
      Object.entries(known).map(([name, value]) => [names.get(name) ?? name, value]),
    );
  const { observations: seen, ledger, rotation, homes, preshared, revoked } = facts;
  const known = { ...facts.keys, ...ledger.addresses, ...revoked };
  if (![...names.keys()].some((name) => name in known)) return facts;
  return {
    ...facts,
    ...(rotation && { rotation: renamedRotation(rotation, names) }),
    ...(homes && { homes: move(homes) }),
    ...(preshared && { preshared: renamedChange(preshared, names) }),
    ...(revoked && { revoked: move(revoked) }),
    ledger: { ...ledger, addresses: move(ledger.addresses) },
    keys: move(facts.keys),
    observations: {
      ...{ mtu: move(seen.mtu), endpoints: move(seen.endpoints) },
      ...(seen.clouds && { clouds: move(seen.clouds) }),
    },
  };
}

function renamedRotation(rotation: Rotation, names: ReadonlyMap<string, string>): Rotation {
  const move = (name: string): string => names.get(name) ?? name;
  const moveAll = (all: readonly string[]): readonly string[] => all.map(move).sort();
  const { machine, partners, reached, without, files } = rotation;
  return {
    ...rotation,
    machine: move(machine),
    partners: moveAll(partners),
    reached: moveAll(reached),
    without: moveAll(without),
    ...(files && { files: moveAll(files) }),
  };
}

const renamedChange = (
  { from, have }: PresharedChange,
  names: ReadonlyMap<string, string>,
): PresharedChange => ({ from, have: have.map((name) => names.get(name) ?? name).sort() });

/** Enrolled machines under their new names. */
export function renamedMachines(
  { machines, compiled: before }: Basis,
  { network }: Compiled,
): Pick<Decision, 'put' | 'drop'> {
  const moves = [...renames(before.network, network)].flatMap(([was, name]) => {
    const machine = machines.get(was);
    return machine ? [{ machine, name }] : [];
  });
  return {
    drop: moves.map(({ machine }) => machine),
    put: moves.map(({ machine, name }): StoredMachine => ({ ...machine, name })),
  };
}
