import { type Facility, facilities, type ItemTypes, idOf } from './items.ts';

/** The items of one namespace by facility and id. */
export type NamespaceView = { readonly [F in Facility]: ReadonlyMap<string, ItemTypes[F]> };

/** What a machine has or should have, by namespace. A namespace without items equals an absent one. */
export type View = ReadonlyMap<string, NamespaceView>;

/** A view under construction. */
export type NamespaceBuilder = { readonly [F in Facility]: Map<string, ItemTypes[F]> };

export const emptyNamespace = (): NamespaceBuilder => ({
  tunnels: new Map(),
  links: new Map(),
  peers: new Map(),
  addresses: new Map(),
  routes: new Map(),
  rules: new Map(),
  sysctls: new Map(),
  forwarding: new Map(),
  'nft-tables': new Map(),
  'nft-counters': new Map(),
  'nft-chains': new Map(),
  'nft-sets': new Map(),
  'nft-elements': new Map(),
  resolvers: new Map(),
  names: new Map(),
  'split-dns': new Map(),
  spaces: new Map(),
  bridges: new Map(),
  vxlans: new Map(),
  ports: new Map(),
  vlans: new Map(),
  fdb: new Map(),
  floods: new Map(),
  neighbours: new Map(),
  proxies: new Map(),
  veths: new Map(),
  'dhcp-servers': new Map(),
});

/** A namespace nothing is known of; shared, never written. */
export const nothing: NamespaceView = emptyNamespace();

export const emptyView: View = new Map();

/** Collects items into views. */
export class ViewBuilder {
  readonly #namespaces = new Map<string, NamespaceBuilder>();

  /** The namespace of that name, made when first asked for. */
  namespace(name: string): NamespaceBuilder {
    const known = this.#namespaces.get(name);
    if (known) return known;
    const made = emptyNamespace();
    this.#namespaces.set(name, made);
    return made;
  }

  put<F extends Facility>(namespace: string, facility: F, item: ItemTypes[F]): void {
    putItem(this.namespace(namespace), facility, item);
  }

  /** Adds all items of another view; of two with one id the later stays. */
  merge(view: View): void {
    for (const [name, items] of view) {
      for (const facility of facilities) mergeInto(this.namespace(name), items, facility);
    }
  }

  get view(): View {
    return this.#namespaces;
  }
}

export function putItem<F extends Facility>(
  into: NamespaceBuilder,
  facility: F,
  item: ItemTypes[F],
): void {
  const items: Map<string, ItemTypes[F]> = into[facility];
  items.set(idOf[facility](item), item);
}

function mergeInto<F extends Facility>(
  into: NamespaceBuilder,
  from: NamespaceView,
  facility: F,
): void {
  const items: Map<string, ItemTypes[F]> = into[facility];
  const more: ReadonlyMap<string, ItemTypes[F]> = from[facility];
  for (const [id, item] of more) items.set(id, item);
}

/** The items of one facility, none where the namespace is unknown. */
export function itemsOf<F extends Facility>(
  view: View,
  namespace: string,
  facility: F,
): ReadonlyMap<string, ItemTypes[F]> {
  return (view.get(namespace) ?? nothing)[facility];
}
