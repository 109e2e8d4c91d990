import { inParallel } from '#base';
import { flowClasses, type Model } from '#compile';
import { labErrors } from './errors.ts';
import { inNetwork, type Lab, stationOf } from './lab.ts';
import { outsidePorts } from './outside-ports.ts';
import { until } from './run.ts';
import { ask } from './station/client.ts';
import type { Station } from './underlay/plan.ts';

/** All addresses a station answers on: those of its networks and of the overlay. */
export const addressesOf = (model: Model, { name, addresses }: Station): readonly string[] => {
  const node = model.nodesByName.get(name);
  // Those that a member has in a segment.
  const inside = model.network.segments.flatMap(({ stations }) =>
    stations.filter((one) => node && one.name === name).flatMap((one) => one.addresses),
  );
  return [...(node?.overlay ?? []), ...inside, ...addresses].map(String);
};

/** Every machine listens on every class of flows. Throws `lab/station-silent` where it cannot. */
export async function listenEverywhere(lab: Lab): Promise<void> {
  await inParallel(inNetwork(lab), 8, async (station) => {
    const client = stationOf(lab, station.name);
    const addresses = addressesOf(lab.model, station);
    let missing: readonly string[] = addresses;
    const request = { do: 'listen', ...portsOf(lab, station) } as const;
    const bound = async () => {
      missing = (await ask(client, { ...request, addresses })).missing;
      return missing.length === 0;
    };
    if (await until(bound, { withinMs: 5000, everyMs: 100 })) return;
    const reason = `it cannot listen on ${missing.join(', ')}`;
    const { name: machine, log } = client;
    throw labErrors.error('lab/station-silent', { machine, log, reason });
  });
}

/** On what a machine listens; what is outside behind a router, on what the router's list names as well. */
function portsOf({ network }: Lab, { router: name }: Station) {
  const router = network.routers.find((one) => one.name === name);
  const classes = router ? outsidePorts(network, router) : flowClasses(network);
  const of = (protocol: 'tcp' | 'udp') =>
    classes.flatMap((port) => (port.protocol === protocol ? [port.first] : []));
  return { tcp: of('tcp'), udp: of('udp') };
}
