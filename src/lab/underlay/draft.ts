import { by } from '#base';
import type { Address, Family } from '#ip';
import type {
  Bridge,
  Cable,
  End,
  Interface,
  NetNs,
  Plug,
  Station,
  Underlay,
  UnderlayRoute,
  Uplink,
  Vlan,
} from './plan.ts';
import { internet } from './plan.ts';
import type { Space } from './space.ts';

/** A namespace while it is being planned. */
export interface NsDraft {
  readonly name: string;
  forwards: boolean;
  nft: string;
  readonly vlans: Vlan[];
  readonly bridges: Bridge[];
  readonly interfaces: Interface[];
  readonly routes: UnderlayRoute[];
}

/** The underlay while it is being planned: what sites and members add themselves to. */
export class Draft {
  readonly space: Space;
  /** The families in which the internet is reached. */
  readonly families: readonly Family[];
  readonly stations: Station[] = [];
  readonly uplinks: Uplink[] = [];
  readonly plugs: Plug[] = [];
  readonly #names = new Map<string, readonly Address[]>();
  readonly core: NsDraft;
  /** The next hop of all that faces the internet over IPv4. */
  readonly coreAddress: Address;
  readonly #namespaces = new Map<string, NsDraft>();
  readonly #cables: Cable[] = [];

  constructor(space: Space, families: readonly Family[]) {
    this.space = space;
    this.families = families;
    this.core = this.namespace(internet, true);
    this.coreAddress = space.publicAddress(4);
    // Errors about packets too big come from here; a link-local source would not get far.
    const own = [`${this.coreAddress}/32`, `${space.publicAddress(6)}/128`];
    this.core.interfaces.push({ device: 'lo', addresses: own });
  }

  namespace(name: string, forwards = false): NsDraft {
    const draft = { name, forwards, nft: '', vlans: [], bridges: [], interfaces: [], routes: [] };
    this.#namespaces.set(name, draft);
    return draft;
  }

  find(name: string): NsDraft | undefined {
    return this.#namespaces.get(name);
  }

  cable(a: End, b: End, mtu: number): void {
    this.#cables.push({ ends: [a, b], mtu });
  }

  /** The address of a DNS name by a family, invented when it is first asked for. */
  named(host: string, family: Family = 4): Address {
    const known = this.#names.get(host) ?? [];
    const own = known.find((one) => one.family === family);
    if (own) return own;
    const address = this.space.publicAddress(family);
    this.#names.set(host, [...known, address]);
    return address;
  }

  /** A device name that no other cable has in the internet's namespace. */
  nextCoreDevice(): string {
    return `net${this.uplinks.length}`;
  }

  finish(): Underlay {
    return {
      namespaces: [...this.#namespaces.values()] satisfies NetNs[],
      cables: this.#cables,
      stations: this.stations.toSorted(by((station) => station.name)),
      plugs: this.plugs,
      uplinks: this.uplinks,
      names: Object.fromEntries(
        [...this.#names].map(([host, addresses]) => [host, addresses.map(String)]),
      ),
    };
  }
}
