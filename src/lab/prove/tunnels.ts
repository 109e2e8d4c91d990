import { byText, inParallel } from '#base';
import { type Lab, stationOf } from '../lab.ts';
import type { Cut } from '../registry.ts';
import { type TunnelStatus, tunnelsOf } from '../status.ts';
import type { Station } from '../underlay/plan.ts';

/** A tunnel, whichever end names it. */
export const tunnelBetween = (a: string, b: string): string =>
  [a, b].toSorted(byText).join(' <-> ');

/** Tunnels that can carry nothing, machines without their device, and why, in words. */
export type Troubles = ReadonlyMap<string, string>;

/** What is known at once: cuts, and devices and peers that are not there. */
export async function troublesOf(lab: Lab): Promise<Troubles> {
  const seen = await inParallel([...lab.states], 8, async ([machine, state]) => {
    const tunnels = await tunnelsOf(stationOf(lab, machine), state);
    return tunnels.flatMap((tunnel) => troublesAt(lab, machine, tunnel));
  });
  return new Map(seen.flat());
}

function troublesAt(
  lab: Lab,
  machine: string,
  { device, there, peers }: TunnelStatus,
): readonly (readonly [string, string])[] {
  const tunnel = (peer: string) => tunnelBetween(machine, peer);
  if (!there) {
    const reason = `${machine} has no device ${device}`;
    return [machine, ...peers.map(({ name }) => tunnel(name))].map((key) => [key, reason]);
  }
  return peers.flatMap((peer) => {
    const missing = peer.there ? undefined : `${machine} has no peer ${peer.name}`;
    const reason = missing ?? cutBetween(lab, machine, peer.name);
    return reason === undefined ? [] : [[tunnel(peer.name), reason] as const];
  });
}

function cutBetween(lab: Lab, machine: string, peer: string): string | undefined {
  const [a, b] = [machine, peer].map((name) =>
    lab.underlay.stations.find((station) => station.name === name),
  );
  if (a === undefined || b === undefined || a.unit === b.unit) return undefined;
  const found = lab.record.cuts.find((which) => parts(which, a, b));
  return found && (found.length === 1 ? `${found[0]} is cut off` : found.join(' is cut off from '));
}

/** Whether a cut lies between two machines of different places. */
function parts([one, other]: Cut, a: Station, b: Station): boolean {
  const isOf = (name: string, { name: own, unit }: Station) => name === own || name === unit;
  if (other === undefined) return isOf(one, a) || isOf(one, b);
  return (isOf(one, a) && isOf(other, b)) || (isOf(one, b) && isOf(other, a));
}
