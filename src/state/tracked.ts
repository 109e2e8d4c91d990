import { facilities, type ItemTypes, idOf, type NftTableItem } from './items.ts';
import { emptyNamespace, type NamespaceBuilder, type NamespaceView, type View } from './view.ts';

/** Where the switches of br_netfilter are, which shows what is bridged to the filters of IP. */
const ofBridges = 'net/bridge/';

const isSwitch = (path: string): boolean => path.startsWith(ofBridges);

const asks = ({ sysctls }: NamespaceView): boolean => [...sysctls.keys()].some(isSwitch);

/** Whether something wants to see what is bridged as IP's filters do. */
export const wantsBridged = (view: View): boolean => [...view.values()].some(asks);

/**
 * The same wish for a kernel without br_netfilter whose bridges track connections themselves
 * (`nf_conntrack_bridge`, Linux 5.3): tables of IP that stand beside one of the bridge with their name ask in the bridge,
 * in words that mean the same there.
 */
export const trackedByBridge = (view: View): View =>
  new Map([...view].map(([name, items]) => [name, asks(items) ? moved(items) : items]));

type OfNft = Extract<keyof ItemTypes, `nft-${string}`>;

const isOfNft = (facility: keyof ItemTypes): facility is OfNft => facility.startsWith('nft-');

/** What such a table is called in the bridge. */
export const inBridge = (name: string): string => `${name}-tracked`;

function moved(items: NamespaceView): NamespaceView {
  const into: NamespaceBuilder = emptyNamespace();
  const isShown = (table: string): boolean =>
    items['nft-tables'].has(`inet ${table}`) && items['nft-tables'].has(`bridge ${table}`);
  for (const facility of facilities) {
    if (isOfNft(facility)) put(into, items, facility, isShown);
    else keep(into, items, facility);
  }
  return into;
}

function keep<F extends keyof ItemTypes>(into: NamespaceBuilder, from: NamespaceView, facility: F) {
  const all: Map<string, ItemTypes[F]> = into[facility];
  const own: ReadonlyMap<string, ItemTypes[F]> = from[facility];
  for (const [id, item] of own) {
    if (facility !== 'sysctls' || !isSwitch(id)) all.set(id, item);
  }
}

/** Frames that are none of IP are no flow, and the border has judged them. */
const arp = 'meta protocol == arp accept';

function put<F extends OfNft>(
  into: NamespaceBuilder,
  from: NamespaceView,
  facility: F,
  isShown: (table: string) => boolean,
): void {
  const all: Map<string, ItemTypes[F]> = into[facility];
  const own: ReadonlyMap<string, ItemTypes[F]> = from[facility];
  for (const item of own.values()) {
    const table = 'table' in item ? item.table : item.name;
    const other = item.family === 'inet' && isShown(table) ? ofBridge(item, table) : item;
    all.set(idOf[facility](other), other);
  }
}

function ofBridge<T extends ItemTypes[OfNft]>(item: T, table: string): T {
  const named: Partial<NftTableItem & { table: string }> =
    'table' in item ? { table: inBridge(table) } : { name: inBridge(table) };
  const rules = 'hook' in item && { rules: [arp, ...item.rules] };
  return { ...item, family: 'bridge', ...named, ...rules };
}
