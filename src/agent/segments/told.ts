import type { Announcement } from '#host';
import type { ItemTypes, Table } from '#state';
import { isMac } from './element.ts';
import { type LearnedFacility, learnedFacilities } from './learned.ts';
import type { Holder } from './registry.ts';

/** What a kernel is to know of an address, or MAC address, beside what the file says. */
export type Told = { readonly [F in LearnedFacility]: readonly ItemTypes[F][] };

const nothing: Told = { fdb: [], neighbours: [], 'nft-elements': [], routes: [], proxies: [] };

export const isNothing = (told: Told): boolean =>
  learnedFacilities.every((facility) => told[facility].length === 0);

/** How a gateway sends to whoever has it, answers for it, and lets it cross the border. */
export function toldOf(of: string, holder: Holder | undefined, table: Table): Told {
  if (!holder) return nothing;
  if (isMac(of)) return { ...nothing, fdb: fdbOf(of, holder, table) };
  const ways = holder.at === '' ? hereOf(of, holder, table) : elsewhereOf(of, holder, table);
  return { ...nothing, ...ways };
}

/** Behind which MAC address all machines at that gateway are, where it routes to its port. */
const proxyAt = (at: string, { peers }: Pick<Table, 'peers'>): string | undefined =>
  peers.find(({ address }) => address === at)?.mac;

/** Where frames to a MAC address are to be sent; that of a gateway that routes the file says. */
const fdbOf = (mac: string, { at }: Holder, table: Table): Told['fdb'] =>
  at === '' || proxyAt(at, table) !== undefined ? [] : [{ device: table.vxlan, mac, to: at }];

type OfAddress = Omit<Told, 'fdb'>;

function hereOf(address: string, { mac }: Holder, table: Table): OfAddress {
  const { routed } = table;
  const pairs = pairOf(address, mac, table, table.pairs.near);
  if (!routed) return { ...nothing, 'nft-elements': pairs };
  const isSix = address.includes(':');
  const prefix = `${address}/${isSix ? 128 : 32}`;
  const { port: device, answering } = routed;
  return {
    'nft-elements': pairs,
    neighbours: [{ device, address, mac }],
    routes: [{ prefix, device, table: 254, metric: isSix ? 1024 : 0 }],
    proxies: answering.filter((one) => one !== device).map((one) => ({ device: one, address })),
  };
}

function elsewhereOf(address: string, { at, mac: own }: Holder, table: Table): OfAddress {
  const mac = proxyAt(at, table) ?? own;
  return {
    'nft-elements': pairOf(address, mac, table, table.pairs.far),
    neighbours: [{ device: table.bridge, address, mac }],
    routes: [],
    proxies: table.routed ? [{ device: table.routed.port, address }] : [],
  };
}

/**
 * Where machines find an address that a device of ours answers: those on the port; and beyond a port that is routed to a router of ours
 * on the bridge, to which machines of the site are behind that.
 */
export function announcementsOf(
  address: string,
  holder: Holder | undefined,
  { bridge, peers, routed }: Table,
): readonly Announcement[] {
  if (!holder || isMac(address)) return [];
  const { at } = holder;
  const mac = at === '' ? holder.mac : (proxyAt(at, { peers }) ?? holder.mac);
  return (routed?.answering ?? [bridge]).map((device) => {
    const isBeside = at === '' || !routed ? device === (routed?.port ?? bridge) : device === bridge;
    if (!isBeside) return { device, address };
    return { device, address, mac, ...(at === '' && { isNear: true }) };
  });
}

/** Who may send from an address, by the side of the border, wherever its frames are looked at. */
function pairOf(
  address: string,
  mac: string,
  { pairs, routed }: Table,
  side: string,
): Told['nft-elements'] {
  const item = {
    table: pairs.table,
    set: `${side}${address.includes(':') ? 6 : 4}`,
    element: `${mac} . ${address}`,
  };
  const families = routed ? ['bridge', 'inet'] : ['bridge'];
  return families.map((family) => ({ family, ...item }));
}
