import { HawserError, type Place } from '#base';
import { Address, Prefix, parseEndpoint } from '#ip';
import type { MapNode, YamlNode } from '#spec';
import { type InterfaceAddress, isKey } from '#wireguard';
import { isAnyInterface, labelOf } from './names.ts';
import type { ImportFile, Left, Own, Sources, View } from './source.ts';
import { asItems, asMap, asText, badValue, entryOf, readJson, textOf } from './tree.ts';

/**
 * MuPIF makes its VPN with github.com/mupif/wireguard-generator. Its JSON names the hub (`iface`, `net`,
 * in some versions `addr`, `extAddr`, `extPort`, `keepalive`) and the peers, `[name, address]` each; a
 * second file, the peer map, gives names by public key. Keys and preshared keys are in neither, but in
 * the hub's own WireGuard configuration.
 */
const understood = new Set(['iface', 'net', 'addr', 'extAddr', 'extPort', 'keepalive', 'peers']);

const itsOwnAffair: ReadonlyMap<string, string> = new Map(
  Object.entries({
    hubDir: 'where the generator writes',
    peerDir: 'where the generator writes',
    peerMap: 'where the generator writes',
    restart: 'Hawser restarts no interface: a peer more is one peer more',
    iptables: 'Hawser opens the port in its own table; a firewall of yours stays yours',
  }),
);

const leftOf = (map: MapNode): readonly Left[] =>
  map.entries
    .filter(({ key }) => !understood.has(key))
    .map(({ key, place }) => ({
      what: key,
      why: itsOwnAffair.get(key) ?? 'Hawser does not know this setting of the generator',
      place,
    }));

/** A text that `read` understands. */
function read<T>(node: YamlNode, key: string, expected: string, read: (text: string) => T): T {
  try {
    return read(asText(node, key));
  } catch (error) {
    if (error instanceof HawserError && error.place === undefined) {
      throw badValue(key, `${expected}: ${error.message}`, node.place);
    }
    throw error;
  }
}

function networked(text: string): InterfaceAddress {
  const [host = '', length = ''] = text.split('/');
  const { first: address } = Prefix.single(Address.parse(host));
  const prefix = Prefix.of(
    address,
    Number(length === '' ? (address.family === 4 ? 32 : 128) : length),
  );
  return { address, length: prefix.length };
}

function hubOf(map: MapNode): Own {
  const net = entryOf(map, 'net') ?? entryOf(map, 'addr');
  const [host, port] = [entryOf(map, 'extAddr'), textOf(map, 'extPort')];
  const device = textOf(map, 'iface');
  const network = device === undefined || isAnyInterface(device) ? undefined : labelOf(device);
  const endpoint =
    host &&
    read(host.value, 'extAddr', 'an address, with `extPort` beside it', (text) =>
      parseEndpoint(`${text.includes(':') ? `[${text}]` : text}:${port ?? ''}`),
    );
  return {
    place: map.place,
    names: ['hub'],
    pathNames: [],
    ...(network !== undefined && { network }),
    addresses: net ? [read(net.value, net.key, 'an address with its length', networked)] : [],
    ...(endpoint && { endpoint, listenPort: endpoint.port }),
    ...(device !== undefined && { interface: device }),
  };
}

function keepaliveOf(map: MapNode): number | undefined {
  const entry = entryOf(map, 'keepalive');
  if (!entry) return undefined;
  const seconds = Number(asText(entry.value, 'keepalive'));
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 65535) return seconds;
  throw badValue('keepalive', 'a number of seconds, up to 65535', entry.value.place);
}

function peerOf(node: YamlNode, keepalive: number | undefined): View {
  const [name, address, ...rest] = asItems(node, 'peers');
  if (!name || !address || rest.length > 0) {
    throw badValue('peers', 'a list of [name, address]', node.place);
  }
  const label = labelOf(asText(name, 'peers'));
  const host = read(address, 'peers', 'an address', Address.parse);
  return {
    place: node.place,
    names: label === undefined ? [] : [label],
    allowed: [Prefix.single(host)],
    allowedAt: address.place,
    ...(keepalive !== undefined && { itsKeepalive: keepalive }),
  };
}

const isPeerMap = ({ entries }: MapNode): boolean =>
  entries.length > 0 && entries.every(({ key }) => isKey(key));

const notTaken = (place: Place): Left => ({
  what: 'keys and preshared keys of the peers',
  why: "they are not in this file: give the hub's configuration ({hubDir}/{iface}.conf) as well",
  place,
});

/**
 * Reads the JSON of MuPIF's generator, or its map of names. `hasKeys`: another file has the keys.
 * @throws compile/import-not-json, compile/import-bad-value
 */
export function readMupif(file: ImportFile, hasKeys: boolean): Sources {
  const map = asMap(readJson(file), 'the file');
  if (isPeerMap(map)) return { sources: [], names: namesOf(map), left: [] };
  const peers = entryOf(map, 'peers');
  const keepalive = keepaliveOf(map);
  const items = peers ? asItems(peers.value, 'peers') : [];
  const source = { own: hubOf(map), peers: items.map((item) => peerOf(item, keepalive)) };
  return {
    sources: [source],
    names: new Map(),
    left: [...(hasKeys ? [] : [notTaken(map.place)]), ...leftOf(map)],
  };
}

const namesOf = (map: MapNode): ReadonlyMap<string, string> =>
  new Map(
    map.entries.flatMap(({ key, value }) => {
      const label = labelOf(asText(value, key));
      return label === undefined ? [] : [[key, label] as const];
    }),
  );
