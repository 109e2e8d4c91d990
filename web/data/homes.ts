import type { MachineStatus, TunnelStatus } from '#api';

/** What a machine is drawn on: its site, an island of its own, or, of many, one with others that have the same hub. */
export interface Home {
  /** `site:north`, `machine:lab`, `members:hub`; as an address names it. */
  readonly key: string;
  readonly kind: 'site' | 'machine' | 'members';
  readonly name: string;
}

const homeAt = (kind: Home['kind'], name: string): Home => ({ key: `${kind}:${name}`, kind, name });

/** What people read of a home, by its key. */
export function labelOfHome(key: string): string {
  const [, kind, name = ''] = /^([a-z]+):(.*)$/.exec(key) ?? [];
  if (kind !== 'members') return name;
  return name === '' ? 'members' : `members of ${name}`;
}

/** The home of a machine that nothing is drawn together with but its site. */
export const ownHome = ({ site, name }: MachineStatus): Home =>
  site === undefined ? homeAt('machine', name) : homeAt('site', site);

/**
 * Where machines are drawn of which there are many, by name: those of no site with the others that have a tunnel to the same
 * site or hub; of several, to the first by name.
 */
export function sharedHomes(
  machines: readonly MachineStatus[],
  tunnels: readonly TunnelStatus[],
): ReadonlyMap<string, Home> {
  const others = machines.filter(({ site, hub }) => site !== undefined || hub);
  const places = new Map(others.map((machine) => [machine.name, ownHome(machine)]));
  const nearest = new Map<string, string>();
  for (const { ends } of tunnels) {
    for (const [own, other] of [ends, ends.toReversed()]) {
      const place = other && places.get(other.machine)?.name;
      if (!own || place === undefined || places.has(own.machine)) continue;
      const before = nearest.get(own.machine);
      if (before === undefined || place < before) nearest.set(own.machine, place);
    }
  }
  return new Map(
    machines.map(({ name }) => [
      name,
      places.get(name) ?? homeAt('members', nearest.get(name) ?? ''),
    ]),
  );
}

/** What lies on some islands: their machines, and the tunnels between two of them, or within the one. */
export function within<Machine extends MachineStatus, Tunnel extends TunnelStatus>(
  machines: readonly Machine[],
  tunnels: readonly Tunnel[],
  keys: readonly string[],
): { readonly machines: readonly Machine[]; readonly tunnels: readonly Tunnel[] } {
  const homes = sharedHomes(machines, tunnels);
  const wanted = keys.toSorted().join();
  const isBetween = ({ ends }: Tunnel): boolean => {
    const ofEnds = ends.map(({ machine }) => homes.get(machine)?.key ?? '');
    return [...new Set(ofEnds)].sort().join() === wanted;
  };
  return {
    machines: machines.filter(({ name }) => keys.includes(homes.get(name)?.key ?? '')),
    tunnels: tunnels.filter(isBetween),
  };
}
