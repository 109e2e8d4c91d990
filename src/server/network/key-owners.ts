import type { Basis } from './basis.ts';

/** WireGuard public keys by lane. */
export type LaneKeys = Readonly<Record<string, string>>;

/** Names of machines by every WireGuard key that is theirs, also of those that wait or are cut off. */
export function keyOwners({
  compiled,
  stored,
  machines,
}: Pick<Basis, 'compiled' | 'stored' | 'machines'>): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const add = (name: string, keys: LaneKeys | undefined): void => {
    for (const key of Object.values(keys ?? {})) owners.set(key, name);
  };
  for (const { name, keys } of machines.values()) add(name, keys);
  for (const { name, keys, publicKey } of compiled.model.nodes) {
    add(name, stored.facts.keys[name]);
    add(name, keys);
    if (publicKey !== undefined) owners.set(publicKey, name);
  }
  return owners;
}

/** Another machine that has one of these keys: one key on two machines would make their tunnels flap. */
export const otherOwner = (
  owners: ReadonlyMap<string, string>,
  name: string,
  keys: LaneKeys,
): string | undefined =>
  Object.values(keys)
    .map((key) => owners.get(key))
    .find((owner) => owner !== undefined && owner !== name);
