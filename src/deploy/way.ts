import type { Host, Machine, Network, Ssh } from '#spec';

/** How ssh gets to a machine. */
export interface Way {
  /** An address without brackets, or a name. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  readonly identity?: string;
  /** What is jumped over, the first hop first, as ssh's ProxyJump takes it. */
  readonly jumps: readonly string[];
}

/** What can be reached: machines of all kinds, and plain hosts. */
export type Station = Machine | Host;

/** All of a network by their names. */
export const stationsOf = ({ sites, members }: Network): ReadonlyMap<string, Station> =>
  new Map(
    [
      ...sites.flatMap(({ gateways, nodes, hosts }) => [...gateways, ...nodes, ...hosts]),
      ...members,
    ].map((station) => [station.name, station]),
  );

const isInSite = (station: Station): boolean => station.site !== undefined;

/** Over a machine of its own site it is found at its address there. */
function hostOf(station: Station, via: Station | undefined): string {
  const { name, ssh, addresses } = station;
  const inside = addresses[0]?.local.toString();
  const endpoint = 'endpoint' in station ? station.endpoint?.host : undefined;
  const isNeighbour = via !== undefined && isInSite(station) && via.site === station.site;
  return ssh.host ?? (isNeighbour ? inside : undefined) ?? endpoint ?? inside ?? name;
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** `[user@]host[:port]`. */
const hopText = ({ host, user, port }: Pick<Way, 'host' | 'user' | 'port'>): string =>
  `${user === undefined ? '' : `${user}@`}${bracketed(host)}${port === undefined ? '' : `:${port}`}`;

/** How a machine is reached, over others of the network or over hosts outside of it. */
export function wayTo(station: Station, stations: ReadonlyMap<string, Station>): Way {
  const { ssh }: { readonly ssh: Ssh } = station;
  const { host: _, via, ...own } = ssh;
  const over = via === undefined ? undefined : stations.get(via);
  return { ...own, host: hostOf(station, over), jumps: jumpsOver(via, over, stations) };
}

function jumpsOver(
  via: string | undefined,
  over: Station | undefined,
  stations: ReadonlyMap<string, Station>,
): readonly string[] {
  if (via === undefined) return [];
  if (!over) return [via];
  const way = wayTo(over, stations);
  return [...way.jumps, hopText(way)];
}

/** A way as people read it: `debian@192.168.66.11 over master.example.org`. */
export const wayText = (way: Way): string =>
  [hopText(way), ...(way.jumps.length > 0 ? [`over ${way.jumps.join(', ')}`] : [])].join(' ');
