import type { MachineStatus, TunnelsStatus } from '#api';

/** A hub is what the others are told of, and of a machine without an agent the other end tells. */
const placeOf = (machine: MachineStatus): number => {
  if (machine.hub === true) return 2;
  return machine.enrolment === 'unmanaged' ? 0 : 1;
};

/**
 * Tunnels as one reads them: of one between a hub and another machine the other comes first, so that what it sent, and
 * from where, stands in one column whatever the two are called. Others stay as the server has them, by name.
 */
export function oriented(status: TunnelsStatus, machines: readonly MachineStatus[]): TunnelsStatus {
  const places = new Map(machines.map((machine) => [machine.name, placeOf(machine)]));
  const tunnels = status.tunnels.map((tunnel) => {
    const [a, b] = tunnel.ends;
    const isTurned = (places.get(a.machine) ?? 1) > (places.get(b.machine) ?? 1);
    return isTurned ? { ...tunnel, ends: [b, a] satisfies typeof tunnel.ends } : tunnel;
  });
  return { ...status, tunnels };
}
