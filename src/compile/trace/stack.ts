import { countWhile } from '#base';
import { Address, Prefix } from '#ip';
import type { Binding, DeviceRef, HostState, Namespace, Route, Tunnel } from '#state';
import { Filter } from './filter.ts';

/** Where a machine sends a packet. */
export interface Way {
  /** Nowhere: an unreachable route, which has no device. */
  readonly refused?: true;
  readonly device: string;
  /** Instead of the device: those of which the one counts by which the other end lives. */
  readonly oneOf?: readonly string[];
  readonly via?: Address;
  readonly mtu?: number;
}

interface Ranged<T> {
  readonly prefix: Prefix;
  readonly value: T;
}

/** The site's own network, as a device name: what it is really called is the machine's affair. */
export const lan = 'lan';

const byRank = ({ candidates }: Binding) => candidates.toSorted((a, b) => a.rank - b.rank);

/** One end of a tunnel, by its keys and by cryptokey routing. */
export class TunnelEnd {
  readonly device: string;
  readonly publicKey: string | undefined;
  readonly #peers: Tunnel['peers'];
  readonly #carried: readonly Ranged<string>[];

  constructor(id: string, tunnel: Tunnel, { bindings }: HostState) {
    this.device = tunnel.interface;
    this.publicKey = tunnel.key.publicKey;
    this.#peers = tunnel.peers;
    this.#carried = bySpan(
      bindings.flatMap((binding) => {
        const first = byRank(binding).find(({ tunnel: other }) => other === id);
        if (!first) return [];
        return binding.prefixes.map((text) => ({ prefix: Prefix.parse(text), value: first.peer }));
      }),
    );
  }

  /** Name of the peer whose allowed IPs hold the address (cryptokey routing). */
  peerFor(address: Address): string | undefined {
    const before = countWhile(this.#carried, ({ prefix }) => prefix.first.compare(address) <= 0);
    const entry = this.#carried[before - 1];
    return entry?.prefix.contains(address) ? entry.value : undefined;
  }

  /** The public key that a peer is known by. */
  keyOf(peer: string): string | undefined {
    return this.#peers[peer]?.publicKey;
  }
}

/** One machine's network stack, read from its HostState and nothing else. */
export class Stack {
  readonly #tunnels: readonly TunnelEnd[];
  readonly addresses: readonly { readonly device: string; readonly address: Address }[];
  readonly #routes: readonly (readonly Ranged<Way>[])[];
  readonly #forwarding: ReadonlySet<string>;
  /** Of others: it forwards what comes by its own devices anyhow. */
  readonly #isRouter: boolean;
  readonly #filter: Filter | undefined;
  readonly #mtu: ReadonlyMap<string, number>;

  constructor(state: HostState) {
    const root = whereTunnelsLive(state);
    this.#tunnels = Object.entries(state.tunnels).map(
      ([id, tunnel]) => new TunnelEnd(id, tunnel, state),
    );
    this.addresses = (root.addresses?.items ?? []).map((item) => ({
      device: deviceName(item.device),
      address: Prefix.parse(item.address).first,
    }));
    this.#routes = tablesInOrder(state).map((routes) =>
      byLength(byMetric(routes).map((route) => rangedWay(route, state))),
    );
    this.#forwarding = new Set(
      (root.forwarding?.items ?? []).map((item) => `${deviceName(item.device)} ${item.family}`),
    );
    this.#isRouter = root.external !== undefined;
    const table = root.nft?.items[0];
    this.#filter = table && new Filter(table);
    this.#mtu = new Map((root.links?.items ?? []).map((link) => [link.name, link.mtu]));
  }

  /** The route of an unmarked packet among ours; undefined: the machine's own routes decide. */
  route(destination: Address): (Way & { readonly length: number }) | undefined {
    for (const table of this.#routes) {
      const found = table.find((entry) => entry.prefix.contains(destination));
      if (found) return { ...found.value, length: found.prefix.length };
    }
    return undefined;
  }

  /** The end of the tunnel that a device is. */
  tunnelOn(device: string): TunnelEnd | undefined {
    return this.#tunnels.find((tunnel) => tunnel.device === device);
  }

  /** The end of the tunnel whose own key this is. */
  tunnelOf(publicKey: string | undefined): TunnelEnd | undefined {
    return this.#tunnels.find((tunnel) => tunnel.publicKey === publicKey);
  }

  forwards(device: string, family: 4 | 6): boolean {
    return (this.#isRouter && device === lan) || this.#forwarding.has(`${device} ${family}`);
  }

  mtu(device: string): number | undefined {
    return this.#mtu.get(device);
  }

  get filter(): Filter | undefined {
    return this.#filter;
  }
}

/** The namespace that is a machine for all others. */
function whereTunnelsLive({ namespaces, tunnels }: HostState): Namespace {
  const [first] = Object.values(tunnels);
  return namespaces[first?.livesIn ?? 'root'] ?? {};
}

const deviceName = (device: DeviceRef): string => (typeof device === 'string' ? device : lan);

/** Tables that rules put before the main table, then the main table (254). */
function tablesInOrder(state: HostState): readonly (readonly Route[])[] {
  const root = whereTunnelsLive(state);
  const rules = [...(root.rules?.items ?? [])].sort((a, b) => a.priority - b.priority);
  const numbers = [...new Set([...rules.filter((r) => r.not).map((r) => r.table), 254])];
  const routes = root.routes?.items ?? [];
  return numbers.map((number) => routes.filter((route) => route.table === number));
}

const rangedWay = (route: Route, state: HostState): Ranged<Way> => ({
  prefix: Prefix.parse(route.prefix),
  value: route.type === 'unreachable' ? { device: '', refused: true } : leadingWay(route, state),
});

const leadingWay = ({ device, via, mtu }: Route, state: HostState): Way => ({
  ...devicesOf(device ?? lan, state),
  ...(via !== undefined && { via: Address.parse(via) }),
  ...(mtu !== undefined && { mtu }),
});

function devicesOf(
  device: NonNullable<Route['device']>,
  { bindings, tunnels }: HostState,
): Pick<Way, 'device' | 'oneOf'> {
  if (typeof device === 'string' || 'holding' in device) return { device: deviceName(device) };
  const binding = bindings.find(({ prefixes }) => prefixes.includes(device.carrying));
  const names = (binding ? byRank(binding) : []).map(({ tunnel }) => tunnels[tunnel]?.interface);
  const oneOf = names.filter((name) => name !== undefined);
  return { device: oneOf[0] ?? '', oneOf };
}

/** Of routes with one prefix the smaller metric wins. */
const byMetric = (routes: readonly Route[]): readonly Route[] =>
  routes.toSorted((a, b) => (a.metric ?? 0) - (b.metric ?? 0));

const byLength = <T>(entries: readonly Ranged<T>[]): readonly Ranged<T>[] =>
  [...entries].sort((a, b) => b.prefix.length - a.prefix.length || a.prefix.compare(b.prefix));

/** Disjoint prefixes in the order of their addresses, for binary search. */
const bySpan = <T>(entries: readonly Ranged<T>[]): readonly Ranged<T>[] =>
  [...entries].sort((a, b) => a.prefix.compare(b.prefix));
