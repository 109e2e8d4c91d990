import { formatEndpoint } from '#ip';
import { endpointOf, type Known, saidKeepalive } from './known.ts';
import type { Machine } from './machines.ts';
import type { Left } from './source.ts';

/** Endpoints beside the one that was taken. */
const otherEndpoints = (machine: Machine, known: Known): readonly Left[] => {
  const chosen = endpointOf(machine, known);
  const text = chosen && formatEndpoint(chosen);
  return machine.seen.flatMap(({ view: { endpoint, place } }) => {
    const other = endpoint && formatEndpoint(endpoint);
    if (other === undefined || other === text) return [];
    return [{ what: `endpoint ${other} of ${machine.name}`, why: `${text} was taken`, place }];
  });
};

/** Addresses inside the overlay beside the one in each of its ranges. */
const otherAddresses = (machine: Machine, { addresses, overlay }: Known): readonly Left[] =>
  overlay.flatMap((range) => {
    const [first, ...others] = (addresses.get(machine) ?? []).filter((one) => range.contains(one));
    const place = (machine.owns[0] ?? machine.seen[0]?.view)?.place;
    return others.map((other) => ({
      what: `${other} of ${machine.name}`,
      why: `a machine has one address in ${range}, and ${first} was taken`,
      ...(place && { place }),
    }));
  });

/** A machine has one for all its peers. */
const keepalives = (machine: Machine, known: Known): readonly Left[] => {
  const seconds = saidKeepalive(machine, known);
  if (seconds === undefined || !endpointOf(machine, known)) return [];
  return machine.says
    .filter(({ keepalive = 0 }) => keepalive !== seconds)
    .map(({ keepalive = 0, place }) => ({
      what: `PersistentKeepalive ${keepalive} of ${machine.name} towards one peer`,
      why: `it sends to all its peers every ${seconds} s`,
      place,
    }));
};

/** Whoever stands at the edge may send everything into the tunnel; others may not. */
const defaultRoutes = (machine: Machine, { shape }: Known): readonly Left[] =>
  machine.seen
    .filter(
      ({ by, view }) => !shape.hubs.has(by) && view.allowed.some(({ length }) => length === 0),
    )
    .map(({ view: { allowedAt: place } }) => ({
      what: `the default route to ${machine.name}`,
      why: 'Hawser carries what is inside the network; only members with `allowed_ips` send more',
      place,
    }));

/** What the files say of machines, and the new file cannot. */
export const extrasOf = (known: Known, machines: readonly Machine[]): readonly Left[] =>
  machines.flatMap((machine) => [
    ...otherEndpoints(machine, known),
    ...otherAddresses(machine, known),
    ...keepalives(machine, known),
    ...defaultRoutes(machine, known),
  ]);
