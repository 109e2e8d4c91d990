import { Address, Prefix } from '#ip';
import {
  type Change,
  diff,
  emptyView,
  type HostState,
  itemsOf as itemsIn,
  type PeerItem,
  type RouteItem,
  symbolic,
  type View,
  viewOf,
} from '#state';

/** The two ends of the connection to the server, as the machine sees them. */
export interface Path {
  readonly local: string;
  readonly remote: string;
}

/** An address as it came from a socket: IPv4 in IPv6 is IPv4. */
const addressOf = (text: string): Address | undefined =>
  Address.tryParse(text.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, ''));

const covers = (text: string, address: Address): boolean => {
  const prefix = Prefix.tryParse(text);
  return (
    prefix !== undefined &&
    prefix.family === address.family &&
    prefix.low <= address.value &&
    prefix.high >= address.value
  );
};

const isLoopback = (address: Address): boolean =>
  covers('127.0.0.0/8', address) || covers('::1/128', address);

/** What of both states leads towards the server. */
interface Way {
  readonly server: Address;
  /** Unknown where the text is no address. */
  readonly own: Address | undefined;
  readonly tables: ReadonlySet<number>;
  /** Tunnels that may carry packets to the server. */
  readonly tunnels: ReadonlySet<string>;
}

const routesOf = (views: readonly View[]): readonly RouteItem[] =>
  views.flatMap((view) => [...itemsIn(view, 'root', 'routes').values()]);

function wayOf(server: Address, own: Address | undefined, views: readonly View[]): Way {
  const routes = routesOf(views).filter(({ prefix }) => covers(prefix, server));
  return {
    server,
    own,
    tables: new Set(routes.map(({ table }) => table)),
    tunnels: new Set(routes.map(({ device }) => device)),
  };
}

/** The items on both sides of a change. */
function itemsOf(change: Change): readonly object[] {
  if (change.kind === 'move') return [...change.before, ...change.after];
  return [
    ...(change.kind === 'add' ? [] : [change.before]),
    ...(change.kind === 'remove' ? [] : [change.after]),
  ];
}

type Touches = (item: object, way: Way) => boolean;

const onTunnel =
  (key: 'interface' | 'name'): Touches =>
  (item, { tunnels }) =>
    tunnels.has(String((item as Readonly<Record<string, unknown>>)[key]));

const touchesPeer: Touches = (item, way) => {
  const { interface: device, allowedIps } = item as PeerItem;
  return way.tunnels.has(device) && allowedIps.some((prefix) => covers(prefix, way.server));
};

/** An address brings a route to its neighbours, and may be the one that we speak from. */
const touchesAddress: Touches = (item, { server, own }) => {
  const { address } = item as { readonly address: string };
  const [bare = '', length = ''] = address.split('/');
  const parsed = Address.tryParse(bare);
  if (!parsed) return true;
  if (own?.equals(parsed)) return true;
  return covers(String(Prefix.of(parsed, Number(length))), server);
};

/** Forwarding makes a router of a machine, which takes IPv6 routes from others no more. */
const touchesForwarding: Touches = (item, { server }) =>
  server.family === 6 && (item as { readonly family: number }).family === 6;

const always: Touches = () => true;
const never: Touches = () => false;
const overTunnel: Touches = (_, { tunnels }) => tunnels.size > 0;

const touchesBy: Readonly<Record<Change['facility'], Touches>> = {
  tunnels: onTunnel('interface'),
  links: onTunnel('name'),
  peers: touchesPeer,
  addresses: touchesAddress,
  routes: (item, { server }) => covers((item as RouteItem).prefix, server),
  rules: (item, { tables }) => tables.has((item as { readonly table: number }).table),
  sysctls: always,
  forwarding: touchesForwarding,
  'nft-tables': overTunnel,
  'nft-counters': never,
  'nft-chains': overTunnel,
  'nft-sets': overTunnel,
  'nft-elements': overTunnel,
  resolvers: never,
  names: never,
  // What asks for the server's name may come to ask somebody else.
  'split-dns': always,
  spaces: never,
  bridges: never,
  vxlans: never,
  fdb: never,
  neighbours: never,
  proxies: never,
  floods: never,
  vlans: never,
  ports: always,
  // Its other end may bring a network to the agent's namespace.
  veths: always,
  'dhcp-servers': never,
};

/** A rule that begins by asking for a device judges what passes that one. */
const deviceFirst = /^[io]ifname == "([^"]*)"/;

/** A rule about datagrams (probes, VXLAN) judges nothing of the connection, which is TCP. */
const ofDatagrams = /\budp dport\b/;

/** Whether some filter of the state also judges what passes no tunnel. */
function judgesAll(view: View): boolean {
  const tunnels = itemsIn(view, 'root', 'tunnels');
  const isElsewhere = (rule: string): boolean =>
    ofDatagrams.test(rule) || tunnels.has(deviceFirst.exec(rule)?.[1] ?? '');
  return [...itemsIn(view, 'root', 'nft-chains').values()].some(
    ({ hook, rules }) =>
      hook !== undefined && !(hook.includes('policy accept') && rules.every(isElsewhere)),
  );
}

const viewIn = (state: HostState | undefined): View =>
  state ? viewOf(state, symbolic) : emptyView;

/**
 * Whether going from one state to another may change how this machine reaches its server: then a server
 * that does not answer afterwards is reason to go back, and otherwise it is not. What cannot be told
 * counts as touched. Pure.
 */
export function touchesPath(
  before: HostState | undefined,
  after: HostState | undefined,
  path: Path | undefined,
): boolean {
  const server = path && addressOf(path.remote);
  if (!path || !server) return true;
  const own = addressOf(path.local);
  if (isLoopback(server) || own?.equals(server)) return false;
  const views = [viewIn(before), viewIn(after)] as const;
  const way = wayOf(server, own, views);
  const anyFilter = views.some(judgesAll);
  return diff(...views).some((change) => {
    // The way is through the agent's own namespace; a port is taken out of it.
    if (change.namespace !== 'root') return change.facility === 'ports';
    if (anyFilter && change.facility.startsWith('nft-')) return true;
    return itemsOf(change).some((item) => touchesBy[change.facility](item, way));
  });
}
