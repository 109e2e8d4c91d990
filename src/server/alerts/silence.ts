import type { NetworkEvent, Silence } from '#api';
import type { Snapshot } from '../network/snapshot.ts';

type About = Pick<NetworkEvent, 'machine' | 'other' | 'service'>;

/** The machines that something is about: of a service, the one that looks at it. */
function machinesOf({ monitors }: Snapshot, { machine, other, service }: About): readonly string[] {
  const from = monitors.find(({ name }) => name === service)?.from;
  return [machine, other, from].filter((name) => name !== undefined);
}

/** The sites of these machines. */
export function sitesOf(snapshot: Snapshot, about: About): readonly string[] {
  const sites = machinesOf(snapshot, about).flatMap((name) => snapshot.names.get(name)?.site ?? []);
  return [...new Set(sites)];
}

/** The one of some silences that holds for something at a moment, RFC 3339. */
export function silenceOf(
  snapshot: Snapshot,
  silences: readonly Silence[],
  about: About,
  at: string,
): Silence | undefined {
  const holding = silences.filter(({ from, until }) => from <= at && at < until);
  if (holding.length === 0) return undefined;
  const machines = machinesOf(snapshot, about);
  const sites = sitesOf(snapshot, about);
  return holding.find(
    ({ machine, site }) =>
      (machine !== undefined && machines.includes(machine)) ||
      (site !== undefined && sites.includes(site)),
  );
}
