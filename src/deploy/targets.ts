import { by, didYouMean } from '#base';
import type { Network } from '#spec';
import { deployErrors } from './errors.ts';
import { type Station, stationsOf, type Way, wayTo } from './way.ts';

/** A machine on which an agent is to run. */
export interface Target {
  readonly name: string;
  readonly way: Way;
}

/** A machine of the file on which nothing of ours runs. */
export interface Skipped {
  readonly name: string;
  readonly why: string;
}

export interface Targets {
  readonly targets: readonly Target[];
  readonly skipped: readonly Skipped[];
}

/** Why no agent runs on a machine; undefined where one does. */
function whyNot(station: Station): string | undefined {
  if ('routes' in station) {
    return station.routes === 'agent' ? undefined : `routes: ${station.routes}`;
  }
  return station.managed ? undefined : 'managed: false';
}

/**
 * To whom is to be deployed, and by which way: all on which an agent runs, or those of them that are
 * named. Sorted by name.
 * @throws deploy/unknown-machine
 */
export function targetsOf(network: Network, only?: readonly string[]): Targets {
  const stations = stationsOf(network);
  const named = only?.map((name) => stationNamed(name, stations)) ?? [...stations.values()];
  const chosen = [...new Set(named)].toSorted(by(({ name }) => name));
  const targets = chosen.filter((station) => whyNot(station) === undefined);
  return {
    targets: targets.map((station) => ({ name: station.name, way: wayTo(station, stations) })),
    skipped: chosen.flatMap((station) => {
      const why = whyNot(station);
      // Plain hosts that nobody named are many, and nobody expects an agent there.
      const isExpected = only !== undefined || !('routes' in station);
      return why !== undefined && isExpected ? [{ name: station.name, why }] : [];
    }),
  };
}

function stationNamed(name: string, stations: ReadonlyMap<string, Station>): Station {
  const station = stations.get(name);
  if (station) return station;
  const hint = didYouMean(name, [...stations.keys()], 'machine');
  throw deployErrors.error('deploy/unknown-machine', { name, hint });
}
