import { byText } from '#base';
import type { Change, EditOf, Move } from './change.ts';
import type { Facility, ItemTypes, PeerItem } from './items.ts';
import { differences } from './same.ts';

type Names = { readonly [F in Facility]: (item: ItemTypes[F]) => string };

const key = ({ label, publicKey }: PeerItem): string => label ?? `${publicKey.slice(0, 8)}…`;

const inTable = (item: { readonly family: string; readonly table: string }): string =>
  `of table ${item.family} ${item.table}`;

const named: Names = {
  tunnels: (item) => `tunnel ${item.interface}`,
  links: (item) => `link ${item.name}`,
  peers: (item) => `peer ${key(item)} of ${item.interface}`,
  addresses: (item) => `address ${item.address} of ${item.device}`,
  routes: (item) =>
    `${item.type === undefined ? '' : `${item.type} `}route ${item.prefix}${item.table === 254 ? '' : ` in table ${item.table}`}`,
  rules: (item) =>
    `IPv${item.family} rule ${item.priority}: ${item.not ? 'not ' : ''}fwmark ${item.fwmark} looks up table ${item.table}`,
  sysctls: (item) => `sysctl ${item.path}`,
  forwarding: (item) => `IPv${item.family} forwarding from ${item.device}`,
  'nft-tables': (item) => `table ${item.family} ${item.name}`,
  'nft-counters': (item) => `counter ${item.name} ${inTable(item)}`,
  'nft-chains': (item) => `chain ${item.name} ${inTable(item)}`,
  'nft-sets': (item) => `${item.map ? 'map' : 'set'} ${item.name} ${inTable(item)}`,
  'nft-elements': (item) => `element ${item.element} of ${item.set} ${inTable(item)}`,
  resolvers: (item) => `resolver for ${item.zones[0] ?? 'nothing'}`,
  names: (item) =>
    `name ${item.names[0] ?? item.address}${item.place === 'resolver' ? ' of the resolver' : ''}`,
  'split-dns': (item) => `DNS by ${item.device}`,
  spaces: (item) => `network namespace ${item.name}`,
  bridges: (item) => `bridge ${item.name}`,
  vxlans: (item) => `VXLAN device ${item.name}`,
  fdb: (item) => `MAC address ${item.mac} behind ${item.device}`,
  ports: (item) => `port ${item.device}`,
  vlans: (item) => `port ${item.name}`,
  floods: (item) => `what is for all, from ${item.device} to ${item.to}`,
  neighbours: (item) => `neighbour ${item.address} of ${item.device}`,
  proxies: (item) => `answers for ${item.address} on ${item.device}`,
  veths: (item) =>
    `pair of ${item.name} and ${item.peer}${item.namespace === 'root' ? '' : ` in ${item.namespace}`}`,
  'dhcp-servers': (item) => `DHCP server on ${item.device}`,
};

const show = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' || typeof value === 'number' ? String(value || 'none') : 'none';
};

/** What goes without saying: main is table 254, and 1024 the metric of IPv6 (rtnetlink(7)). */
const unsaid: Readonly<Record<string, readonly unknown[]>> = { table: [254], metric: [0, 1024] };

/** The metric of an unreachable route says whose it is, to machines. */
const isKnown = (item: object, field: string): boolean => field === 'metric' && 'type' in item;

const isTelling = (field: string, value: unknown): boolean =>
  field !== 'label' &&
  field !== 'previous' &&
  field !== 'place' &&
  value !== '' &&
  value !== 0 &&
  typeof value !== 'boolean' &&
  !Array.isArray(value) &&
  !unsaid[field]?.includes(value);

/** Whether a name has the value as a word of its own: `wg0` does not say `0`. */
const mentions = (name: string, value: string): boolean =>
  ` ${name.replace(/IPv(?=\d)/, 'IPv ').replace(/:(?= )/, '')} `.includes(` ${value} `);

/** Lists that an added item tells, and what they are called. */
const lists: Readonly<Record<string, string>> = {
  allowedIps: 'allowed IPs',
  listen: 'on',
  forward: 'all else from',
  servers: 'from',
  domains: 'for',
  pools: 'gives',
  routers: 'router',
  dns: 'DNS',
};

/** What an added item says beyond its name. */
function details(item: object, name: string): string {
  const said = Object.entries(item)
    .filter(
      ([field, value]) =>
        isTelling(field, value) && !isKnown(item, field) && !mentions(name, String(value)),
    )
    .map(([field, value]) => `${field} ${show(value)}`);
  for (const [field, called] of Object.entries(lists)) {
    const list = (item as Readonly<Record<string, unknown>>)[field];
    if (Array.isArray(list) && (list.length > 0 || field === 'allowedIps'))
      said.push(`${called} ${show(list)}`);
  }
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

/** A tunnel that says nothing else lives where it was born. */
function fieldOf(item: object, field: string): string {
  const { [field]: value, bornIn } = item as Readonly<Record<string, unknown>>;
  return show(field === 'livesIn' ? (value ?? bornIn) : value);
}

function listChange(before: readonly string[], after: readonly string[]): string {
  const gone = before.filter((line) => !after.includes(line));
  const come = after.filter((line) => !before.includes(line));
  if (gone.length + come.length === 0) return 'in another order';
  return [...gone.map((line) => `-[${line}]`), ...come.map((line) => `+[${line}]`)].join(' ');
}

function fieldChange(before: object, after: object, field: string): string {
  const [a, b] = [before, after].map((item) => (item as Record<string, unknown>)[field]);
  if (Array.isArray(a) && Array.isArray(b)) return `${field} ${listChange(a, b)}`;
  return `${field} ${fieldOf(before, field)} -> ${fieldOf(after, field)}`;
}

/** A sysctl is not removed: it gets back what it had before us. */
function describeRemoval<F extends Facility>(facility: F, item: ItemTypes[F]): string {
  const name = named[facility](item);
  if (facility !== 'sysctls') return `remove ${name}`;
  const { previous } = item as ItemTypes['sysctls'];
  return `restore ${name}${previous === undefined ? '' : ` to ${previous}`}`;
}

function describeEdit<F extends Facility>(edit: EditOf<F>): string {
  const name = named[edit.facility];
  if (edit.kind === 'add') {
    const text = name(edit.after);
    return `add ${text}${details(edit.after, text)}`;
  }
  if (edit.kind === 'remove') return describeRemoval(edit.facility, edit.before);
  const fields = differences(edit.before, edit.after);
  const told = fields.map((field) => fieldChange(edit.before, edit.after, field));
  return `change ${name(edit.after)}: ${told.join(', ')}`;
}

const without = (peers: readonly PeerItem[], others: readonly PeerItem[]): readonly PeerItem[] =>
  peers.filter((peer) => !others.some(({ publicKey }) => publicKey === peer.publicKey));

function describeMove({ before, after }: Move): string {
  const holders = new Map(
    before.flatMap((peer) => peer.allowedIps.map((ip) => [ip, peer] as const)),
  );
  const told = after.flatMap((peer) =>
    peer.allowedIps.flatMap((prefix) => {
      const from = holders.get(prefix);
      if (!from || from.publicKey === peer.publicKey) return [];
      return [`${prefix} from peer ${key(from)} to peer ${key(peer)}`];
    }),
  );
  const [first] = [...after, ...before];
  const ends = [
    ...without(before, after).map((peer) => `; remove ${named.peers(peer)}`),
    ...without(after, before).map((peer) => `; add ${named.peers(peer)}`),
  ];
  return `move ${told.sort(byText).join(', ')} on ${first?.interface ?? ''}${ends.join('')}`;
}

/** One line for people, without its namespace unless that is another than the agent's own. */
export function describeChange(change: Change): string {
  const text = change.kind === 'move' ? describeMove(change) : describeEdit<Facility>(change);
  return change.namespace === 'root' ? text : `${text} (namespace ${change.namespace})`;
}
