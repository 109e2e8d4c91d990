import type { Lab } from './lab.ts';
import { addressesOf } from './listening.ts';
import { parseHandshakes } from './prove/handshakes.ts';
import { inParallel } from './run.ts';
import { ask, type StationClient } from './station/client.ts';

/** One machine of a lab, as `lab status` shows it. */
export interface MachineStatus {
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
  readonly addresses: readonly string[];
  /** Addresses the rest of the world sees it by. */
  readonly publics: readonly string[];
  readonly tunnels: { readonly peers: number; readonly up: number };
}

/** A handshake is renewed every two minutes while there is traffic (WireGuard, section 6.1). */
const freshSeconds = 180;

export async function statusOf(lab: Lab): Promise<readonly MachineStatus[]> {
  const now = Date.now() / 1000;
  return inParallel(lab.underlay.stations, 8, async (station) => {
    const client = lab.stations.get(station.name) as StationClient;
    const argv = ['wg', 'show', 'all', 'latest-handshakes'];
    const { stdout } = await ask(client, { do: 'run', argv });
    const times = [...parseHandshakes(stdout).values()];
    return {
      name: station.name,
      kind: station.kind,
      unit: station.unit,
      addresses: addressesOf(lab.model, station),
      publics: station.edge.publics.map(String),
      tunnels: { peers: times.length, up: times.filter((t) => now - t < freshSeconds).length },
    };
  });
}
