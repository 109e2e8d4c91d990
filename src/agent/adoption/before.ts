import Type, { type Static } from 'typebox';
import { byText } from '#base';
import type { Existing } from '#host';
import { adoptedKey, adoptedPair, emptyNamespace, idOf, putItem, type View } from '#state';

const Route = Type.Object({
  prefix: Type.String(),
  table: Type.Integer(),
  metric: Type.Integer(),
  device: Type.String(),
  via: Type.Optional(Type.String()),
  mtu: Type.Optional(Type.Integer()),
  source: Type.Optional(Type.String()),
});

/** What a tunnel was before Hawser, for the day when it is given back; secrets by their names alone. */
export const Before = Type.Object({
  alias: Type.Optional(Type.String()),
  publicKey: Type.String(),
  listenPort: Type.Integer(),
  fwmark: Type.Integer(),
  mtu: Type.Integer(),
  /** With their lengths. */
  addresses: Type.Array(Type.String()),
  peers: Type.Array(
    Type.Object({
      publicKey: Type.String(),
      endpoint: Type.Optional(Type.String()),
      keepalive: Type.Integer(),
      allowedIps: Type.Array(Type.String()),
      isPreshared: Type.Boolean(),
    }),
  ),
  routes: Type.Array(Type.Object({ route: Route, protocol: Type.String() })),
});
export type Before = Static<typeof Before>;

export const beforeOf = ({ tunnel, mtu, alias, addresses, peers, routes }: Existing): Before => ({
  ...(alias !== undefined && { alias }),
  publicKey: tunnel.publicKey,
  listenPort: tunnel.listenPort,
  fwmark: tunnel.fwmark,
  mtu,
  addresses: [...addresses],
  peers: peers.map(({ publicKey, endpoint, keepalive, allowedIps, presharedKey }) => ({
    publicKey,
    ...(endpoint !== undefined && { endpoint }),
    keepalive,
    allowedIps: allowedIps.toSorted(byText),
    isPreshared: presharedKey !== undefined,
  })),
  routes: routes.map(({ route, protocol }) => {
    const { prefix, table, metric, device, via, mtu: largest, source } = route;
    return {
      route: {
        ...{ prefix, table, metric, device },
        ...(via !== undefined && { via }),
        ...(largest !== undefined && { mtu: largest }),
        ...(source !== undefined && { source }),
      },
      protocol,
    };
  }),
});

const hostOf = (address: string): string => address.slice(0, address.indexOf('/'));

/**
 * A wish in the form that a device had before: its own address with the length of its network, and an
 * MTU that is small enough. What serves as well as what is wished is not touched.
 */
export function asBefore(view: View, device: string, { addresses, mtu }: Before): View {
  const root = view.get('root');
  if (!root) return view;
  const held = new Map(addresses.map((address) => [hostOf(address), address]));
  const wished = [...root.addresses.values()].map((item) => {
    const before = item.device === device ? held.get(hostOf(item.address)) : undefined;
    return before === undefined ? item : { ...item, address: before };
  });
  const links = [...root.links.values()].map((item) =>
    item.name === device && mtu < item.mtu ? { ...item, mtu } : item,
  );
  const inside = {
    ...root,
    addresses: new Map(wished.map((item) => [idOf.addresses(item), item])),
    links: new Map(links.map((item) => [idOf.links(item), item])),
  };
  return new Map(view).set('root', inside);
}

/** What a device is to be again; of its peers those alone that are still there. */
export function viewBefore(device: string, before: Before, peers: ReadonlySet<string>): View {
  const into = emptyNamespace();
  const { publicKey: own, listenPort, fwmark, mtu, addresses } = before;
  const tunnel = { interface: device, bornIn: 'root', listenPort, fwmark, publicKey: own };
  putItem(into, 'tunnels', tunnel);
  putItem(into, 'links', { name: device, mtu, up: true });
  for (const address of addresses) putItem(into, 'addresses', { device, address });
  for (const { isPreshared, ...peer } of before.peers) {
    if (!peers.has(peer.publicKey)) continue;
    const { id, version } = adoptedKey(adoptedPair(own, peer.publicKey));
    const secret = isPreshared && { presharedKey: `${id}@${version}` };
    putItem(into, 'peers', { interface: device, ...peer, ...secret });
  }
  return new Map([['root', into]]);
}
