import type { Diagnostic } from '#base';
import { type Change, idOf, type TunnelItem } from '#state';
import type { Context } from './context.ts';
import type { Device, Devices } from './devices.ts';
import { hostErrors } from './errors.ts';
import { groupOf, networkOf, pairMarkOf } from './mark.ts';
import { isOurTable, listTable, listTables } from './nft/read.ts';
import { wishesOf } from './pick.ts';
import { isOurRoute } from './route/index.ts';
import { allRoutes } from './route/read.ts';
import type { Run } from './run.ts';
import { isExternal, isOurSpace } from './space/index.ts';

const isOwnDevice = ({ network, devices, broken }: Context, name: string): boolean =>
  broken.has(name) || networkOf(devices.get(name)?.alias) === network;

/** Where a tunnel is made and where its device is to live; nowhere where it is there already. */
function placesOf({ livesIn }: TunnelItem, before: TunnelItem | undefined): readonly string[] {
  if (!before) return livesIn === undefined ? ['root'] : ['root', livesIn];
  return before.livesIn === livesIn ? [] : [livesIn ?? 'root'];
}

function takenNames(context: Context, changes: readonly Change[]): Diagnostic[] {
  const { network, everywhere } = context;
  const isTaken = (name: string, place: string): boolean => {
    const there = everywhere.get(place)?.get(name);
    if (!there || networkOf(there.alias) === network) return false;
    return place !== 'root' || !isOwnDevice(context, name);
  };
  return wishesOf(changes, 'tunnels').flatMap(({ item, before }) => {
    const { interface: name } = item;
    if (!placesOf(item, before).some((place) => isTaken(name, place))) return [];
    return [hostErrors.diagnostic('host/interface-taken', { interface: name, network })];
  });
}

/** Local ports of all UDP sockets: /proc/net/udp has `address:port` in hexadecimal (proc(5)). */
async function portsInUse(context: Context): Promise<ReadonlySet<number>> {
  const argv = ['cat', '/proc/net/udp', '/proc/net/udp6'];
  const lines = (await context.run('read', argv, { exits: [0, 1] })).split('\n');
  const ports = lines.map((line) => /^\s*\d+: [\dA-F]+:([\dA-F]{4}) /.exec(line)?.[1]);
  return new Set(ports.flatMap((port) => (port === undefined ? [] : [Number.parseInt(port, 16)])));
}

async function takenPorts(context: Context, changes: readonly Change[]): Promise<Diagnostic[]> {
  const asks = ({ item, before }: { item: TunnelItem; before?: TunnelItem }): boolean =>
    item.listenPort !== 0 &&
    item.listenPort !== before?.listenPort &&
    !context.broken.has(item.interface);
  const asked = wishesOf(changes, 'tunnels').filter(asks);
  if (asked.length === 0) return [];
  const inUse = await portsInUse(context);
  const taken = asked.filter(({ item }) => inUse.has(item.listenPort));
  if (taken.length === 0) return [];
  const holders = await holdersOfPorts(context);
  return taken.map(({ item }) => {
    const { interface: wanted, listenPort: port } = item;
    const holder = holders.get(port) ?? 'something else';
    return hostErrors.diagnostic('host/port-taken', { interface: wanted, port, holder });
  });
}

/**
 * WireGuard devices by their ports, with their networks where they are of Hawser. One of ours that lives in another namespace
 * has its socket in the agent's own; wherever a device of others lives, its socket may be there.
 */
async function holdersOfPorts({
  everywhere,
  runIn,
}: Context): Promise<ReadonlyMap<number, string>> {
  const spaces = [...everywhere.keys()].filter((space) => everywhere.get(space)?.all.length);
  // wireguard-go tells of its devices everywhere: where they are named with their network comes last, and counts.
  const order = ['root', ...spaces.filter((space) => space !== 'root')];
  const found = await Promise.all(
    order.map(async (space) => holdersIn(space, runIn(space), everywhere.get(space))),
  );
  return new Map(found.flat());
}

async function holdersIn(
  space: string,
  run: Run,
  devices: Devices | undefined,
): Promise<readonly (readonly [number, string])[]> {
  const text = await run('read', ['wg', 'show', 'all', 'listen-port'], { exits: [0, 1] });
  return text.split('\n').flatMap((line) => {
    const [name = '', port] = line.split('\t');
    const network = networkOf(devices?.get(name)?.alias);
    if (port === undefined || (network === undefined && space !== 'root')) return [];
    const owner = network === undefined ? '' : ` of the network ${network}`;
    const where = space === 'root' ? '' : ` in the namespace ${space}`;
    return [[Number(port), `the device ${name}${owner}${where}`] as const];
  });
}

/** Replacing a route would take a foreign one away (same prefix, table and metric). */
async function takenRoutes(context: Context, changes: readonly Change[]): Promise<Diagnostic[]> {
  const added = wishesOf(changes, 'routes').filter(({ before }) => !before);
  if (added.length === 0) return [];
  const foreign = (await allRoutes(context)).filter(
    ({ route, marked }) =>
      !context.broken.has(route.device) &&
      !isOwnDevice(context, route.device) &&
      !(marked && isOurRoute(context, route)),
  );
  const taken = new Set(foreign.map(({ route }) => idOf.routes(route)));
  return added.flatMap(({ item }) => {
    if (!taken.has(idOf.routes(item))) return [];
    const args = { prefix: item.prefix, table: item.table, network: context.network };
    return [hostErrors.diagnostic('host/route-taken', args)];
  });
}

async function takenTables(context: Context, changes: readonly Change[]): Promise<Diagnostic[]> {
  const added = new Set(wishesOf(changes, 'nft-tables').map(({ change }) => change.id));
  if (added.size === 0) return [];
  const same = (await listTables(context)).filter((table) => added.has(idOf['nft-tables'](table)));
  const found: Diagnostic[] = [];
  for (const table of same) {
    if (isOurTable(context, await listTable(context, table))) continue;
    const args = { family: table.family, name: table.name, network: context.network };
    found.push(hostErrors.diagnostic('host/table-taken', args));
  }
  return found;
}

/** A namespace of that name that is another's; one without any mark was left by who died making it. */
function takenSpaces({ devices, network }: Context, changes: readonly Change[]): Diagnostic[] {
  const alias = devices.get('lo')?.alias;
  const isEmpty = devices.all.length <= 1 && alias === undefined;
  if (isEmpty || networkOf(alias) === network) return [];
  return wishesOf(changes, 'spaces').map(({ item: { name } }) =>
    hostErrors.diagnostic('host/namespace-taken', { name, network }),
  );
}

/** The other end of a pair has a name in a namespace where others have names, too. */
function takenEnds({ everywhere, network }: Context, changes: readonly Change[]): Diagnostic[] {
  return wishesOf(changes, 'veths').flatMap(({ item: { namespace, peer }, before }) => {
    const found = everywhere.get(namespace)?.get(peer);
    if (before?.peer === peer || !found || networkOf(found.alias) === network) return [];
    return [hostErrors.diagnostic('host/interface-taken', { interface: peer, network })];
  });
}

/** A name that a device of others has in their own namespace. */
const takenInside = (
  { devices, network, namespace }: Context,
  changes: readonly Change[],
): Diagnostic[] =>
  wishesOf(changes, 'veths').flatMap(({ item: { name } }) => {
    const { alias, group } = devices.get(name) ?? {};
    const isOwn = alias === undefined && group === groupOf(pairMarkOf(network, namespace, name));
    if (!devices.get(name) || isOwn || networkOf(alias) === network) return [];
    return [hostErrors.diagnostic('host/interface-taken', { interface: name, network })];
  });

/** A VXLAN device that is none of the network's. */
interface OtherVxlan extends NonNullable<Device['vxlan']> {
  /** What a message calls it. */
  readonly holder: string;
  /** Whether another network made it. */
  readonly isHawsers: boolean;
}

function otherVxlans(context: Context): readonly OtherVxlan[] {
  const { namespace, network, devices } = context;
  if (namespace !== 'root' && isOurSpace(context)) return [];
  return devices.all.flatMap(({ name, alias, vxlan }) => {
    const owner = networkOf(alias) ?? networkOf(devices.get('lo')?.alias);
    if (!vxlan || owner === network) return [];
    const of = owner === undefined ? '' : ` of the network ${owner}`;
    const holder = `the device ${name}${of} in the namespace ${namespace}`;
    return [{ ...vxlan, holder, isHawsers: owner !== undefined }];
  });
}

/**
 * Each network closes its VXLAN port to all but its own gateways, and a packet passes only where the filters
 * of all networks take it. VNIs of others than Hawser are their own affair on ports of their own.
 */
export function takenVxlans(
  contexts: readonly Context[],
  changes: readonly Change[],
): readonly Diagnostic[] {
  const others = contexts.flatMap(otherVxlans);
  const [network = ''] = contexts.map((context) => context.network);
  return wishesOf(changes, 'vxlans').flatMap(({ item: { vni, port }, before }) => {
    if (before?.vni === vni && before.port === port) return [];
    const samePort = others.find((other) => other.port === port);
    const other = samePort ?? others.find(({ id, isHawsers }) => isHawsers && id === vni);
    if (!other) return [];
    const what = samePort ? `UDP port ${port}` : `VNI ${vni}`;
    return [hostErrors.diagnostic('host/vxlan-taken', { network, what, holder: other.holder })];
  });
}

/** What belongs to others and stands in the way of the changes. */
export async function findCollisions(
  context: Context,
  changes: readonly Change[],
): Promise<readonly Diagnostic[]> {
  const here = changes.filter(({ namespace }) => namespace === context.namespace);
  if (isExternal(context)) {
    if (context.devices.all.length === 0) return [];
    return [...takenInside(context, here), ...(await takenTables(context, here))];
  }
  if (context.namespace !== 'root')
    return [...takenSpaces(context, here), ...takenEnds(context, here)];
  const found = await Promise.all([
    takenPorts(context, here),
    takenRoutes(context, here),
    takenTables(context, here),
  ]);
  return [...takenNames(context, here), ...found.flat()];
}
