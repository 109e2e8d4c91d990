import type { Change } from '#state';
import { address } from './address/index.ts';
import { bridge } from './bridge/index.ts';
import type { Context, LinuxFacility } from './context.ts';
import type { Failure } from './contract.ts';
import { dhcp } from './dnsmasq/dhcp.ts';
import { dnsmasq } from './dnsmasq/index.ts';
import { hostErrors } from './errors.ts';
import { findingOf } from './failure.ts';
import { fdb } from './fdb/index.ts';
import { forwarding } from './forwarding/index.ts';
import { link } from './link/index.ts';
import { names } from './names/index.ts';
import { Missing, neededDevice, needs } from './needs.ts';
import { neighbour } from './neighbour/index.ts';
import { nft } from './nft/index.ts';
import { port } from './port/index.ts';
import { proxy } from './proxy/index.ts';
import { resolved } from './resolved/index.ts';
import { route, unreachable } from './route/index.ts';
import { notClosed, opens } from './segment-guard.ts';
import { isExternal, isOurSpace, space } from './space/index.ts';
import { sysctl } from './sysctl/index.ts';
import { veth } from './veth/index.ts';
import { vlan } from './vlan/index.ts';
import { vxlan } from './vxlan/index.ts';
import { greet } from './wireguard/greet.ts';
import { wireguard } from './wireguard/index.ts';

/** Tunnels are observed before what lies on them. */
const rootFacilities: readonly LinuxFacility[] = [
  wireguard,
  link,
  address,
  route,
  nft,
  sysctl,
  forwarding,
  dnsmasq,
  names,
  resolved,
];

/** What the namespaces of segments and routers have. */
const spaceFacilities: readonly LinuxFacility[] = [
  space,
  nft,
  link,
  bridge,
  vxlan,
  port,
  vlan,
  fdb,
  neighbour,
  route,
  sysctl,
  forwarding,
  proxy,
  veth,
  address,
  dhcp,
  names,
];

/** What is added to a namespace of others. */
const externalFacilities: readonly LinuxFacility[] = [
  nft,
  link,
  route,
  sysctl,
  forwarding,
  veth,
  address,
];

/** Whether the namespace is there: every one has a `lo`. */
const isThere = ({ devices }: Context): boolean => devices.all.length > 0;

/** The facilities that look at a namespace; none where it is another's, or not there. */
export const facilitiesOf = (context: Context): readonly LinuxFacility[] => {
  if (context.namespace === 'root') return rootFacilities;
  if (isExternal(context)) return isThere(context) ? externalFacilities : [];
  return isOurSpace(context) ? spaceFacilities : [];
};

type Verb = 'establish' | 'withdraw';

/** What moved is up again by then, and leads somewhere. */
const greeting: Pick<LinuxFacility, Verb> = { establish: greet, withdraw: async () => [] };

/**
 * The order of all work, such that an interruption leaves neither an open filter nor a route into
 * nothing nor a way around a tunnel: filters and unreachable routes first, then what goes, then tunnels
 * and bridges from the device up, then routes, then names; unreachable routes and filters go last.
 */
const order: readonly (readonly [Pick<LinuxFacility, Verb>, Verb])[] = [
  [space, 'establish'],
  [nft, 'establish'],
  [unreachable, 'establish'],
  [resolved, 'withdraw'],
  [dhcp, 'withdraw'],
  [route, 'withdraw'],
  [neighbour, 'withdraw'],
  [address, 'withdraw'],
  [wireguard, 'withdraw'],
  [proxy, 'withdraw'],
  [port, 'withdraw'],
  [vlan, 'withdraw'],
  [fdb, 'withdraw'],
  [vxlan, 'withdraw'],
  [veth, 'withdraw'],
  [bridge, 'withdraw'],
  [wireguard, 'establish'],
  [link, 'establish'],
  [bridge, 'establish'],
  [veth, 'establish'],
  [vxlan, 'establish'],
  [fdb, 'establish'],
  [port, 'establish'],
  [vlan, 'establish'],
  [neighbour, 'establish'],
  [address, 'establish'],
  [sysctl, 'establish'],
  [forwarding, 'establish'],
  [route, 'establish'],
  [greeting, 'establish'],
  [proxy, 'establish'],
  [names, 'establish'],
  [dnsmasq, 'establish'],
  [dhcp, 'establish'],
  [resolved, 'establish'],
  [names, 'withdraw'],
  [dnsmasq, 'withdraw'],
  [forwarding, 'withdraw'],
  [sysctl, 'withdraw'],
  [unreachable, 'withdraw'],
  [nft, 'withdraw'],
  [space, 'withdraw'],
];

/** What is to be added to a namespace that is not there. */
const waits =
  ({ namespace }: Context) =>
  (change: Change): Failure => ({
    change,
    error: findingOf(hostErrors.error('host/no-namespace', { name: namespace })),
  });

/** What could not be made, since the namespace could not. */
function withoutSpace(
  { namespace }: Context,
  changes: readonly Change[],
  failed: readonly Failure[],
): readonly Failure[] {
  const others = changes.filter(({ facility }) => facility !== 'spaces');
  return [...failed, ...others.map((change) => needs(change, namespace))];
}

/**
 * Makes all changes of one namespace in order; what depends on a device that could not be made is not tried.
 * `absent`: those that were to come from another namespace.
 */
export async function applyInOrder(
  context: Context,
  changes: readonly Change[],
  absent: readonly string[] = [],
): Promise<readonly Failure[]> {
  if (isExternal(context) && !isThere(context)) return changes.map(waits(context));
  const failures: Failure[] = [];
  const missing = new Missing(context.namespace, changes, absent);
  let isShut = false;
  for (const [facility, verb] of order) {
    const possible = changes.filter(
      (change) => !missing.stops(change) && !(isShut && opens(change)),
    );
    const failed = [...(await facility[verb](context, possible))];
    if (facility === space && verb === 'establish' && failed.length > 0)
      return withoutSpace(context, changes, failed);
    if (facility === nft && verb === 'establish' && failed.length > 0) {
      isShut = context.namespace !== 'root';
      if (isShut) failed.push(...changes.filter(opens).map(notClosed));
    }
    failures.push(...failed);
    missing.add(failed);
  }
  const told = new Set(failures.map(({ change }) => change));
  const rest = changes.filter((change) => missing.stops(change) && !told.has(change));
  return [...failures, ...rest.map((change) => needs(change, neededDevice(change)))];
}
