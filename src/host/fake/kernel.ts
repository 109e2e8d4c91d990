import { type Facility, type ItemTypes, idOf, type PeerItem } from '#state';

/** Something in the fake kernel; without a network it is foreign. */
interface Thing<F extends Facility = Facility> {
  readonly facility: F;
  readonly network: string | undefined;
  readonly item: ItemTypes[F];
}

const keyOf = (facility: Facility, id: string, network: string | undefined): string =>
  facility === 'names' || facility === 'resolvers'
    ? `${facility} ${network} ${id}`
    : `${facility} ${id}`;

/** What a kernel answers when it cannot. */
export class Refusal extends Error {}

/** A namespace besides: without devices but those that are made there or lent to it. */
interface Space {
  readonly network: string | undefined;
  readonly kernel: FakeKernel;
}

/**
 * The state of a machine and the laws by which it changes: nothing lies on a device that is not there,
 * what lies on a device goes with it, a prefix belongs to one peer, routes go with their source.
 */
export class FakeKernel {
  readonly #things = new Map<string, Thing>();
  readonly sysctls = new Map<string, string>();
  /** Network namespaces by name. */
  readonly spaces = new Map<string, Space>();
  /** Devices that were there before us. */
  readonly adopted = new Set<string>();
  /** Whether systemd-resolved is there. */
  splitsDns = false;
  /** Whether bridges track connections, without br_netfilter. */
  tracksBridged = false;
  /** A namespace in which no filter can be set. */
  unfiltered: string | undefined;
  /** A facility that it does not have, or a family of nftables, or `nftables` itself. */
  lacks: string | undefined;
  /** Ports of foreign sockets. */
  readonly ports = new Set<number>();

  of<F extends Facility>(facility: F): readonly Thing<F>[] {
    const all = [...this.#things.values()];
    return all.filter((thing): thing is Thing<F> => thing.facility === facility);
  }

  get<F extends Facility>(facility: F, id: string, network?: string): Thing<F> | undefined {
    return this.#things.get(keyOf(facility, id, network)) as Thing<F> | undefined;
  }

  /** Adds or replaces. @throws Refusal */
  put<F extends Facility>(network: string | undefined, facility: F, item: ItemTypes[F]): void {
    const device = deviceNeeded(item);
    if (device !== undefined && !this.#hasDevice(device)) {
      throw new Refusal(`Cannot find device "${device}"`);
    }
    if (facility === 'tunnels') this.#makeDevice(network, item as ItemTypes['tunnels']);
    if (facility === 'peers') this.#takePrefixes(item as PeerItem);
    this.#things.set(keyOf(facility, idOf[facility](item), network), { facility, network, item });
  }

  #hasDevice(name: string): boolean {
    return (['links', 'tunnels', 'bridges', 'vxlans', 'vlans', 'veths'] as const).some((kind) =>
      this.get(kind, name),
    );
  }

  /** A tunnel's device goes to another namespace: down, without addresses and routes. */
  send(name: string, to: FakeKernel): void {
    const link = this.get('links', name);
    if (!link) return;
    for (const [key, { item }] of this.#things)
      if ('device' in item && item.device === name) this.#things.delete(key);
    this.#things.delete(`links ${name}`);
    for (const path of forwardingPaths(name)) this.sysctls.delete(path);
    to.put(link.network, 'links', { ...link.item, up: false });
    for (const path of forwardingPaths(name)) to.sysctls.set(path, '0');
  }

  /** Makes a device, and what is on it, somebody's; without a network, foreign. Routes have marks of their own. */
  give(network: string | undefined, device: string): void {
    for (const [key, thing] of this.#things) {
      const { facility, item } = thing;
      const lies = deviceNeeded(item) === device || key === `tunnels ${device}`;
      const isOn = lies || key === `links ${device}`;
      if (isOn && facility !== 'routes') this.#things.set(key, { ...thing, network });
    }
  }

  /** `network`: of names and resolvers, which each network has of its own. */
  remove(facility: Facility, id: string, network?: string): void {
    const key = keyOf(facility, id, network);
    const thing = this.#things.get(key);
    this.#things.delete(key);
    if (!thing) return;
    if (facility === 'tunnels') this.remove('links', id);
    if (['links', 'bridges', 'vxlans', 'vlans', 'veths'].includes(facility)) this.#removeFrom(id);
    if (facility === 'addresses')
      this.#removeRoutesFrom((thing as Thing<'addresses'>).item.address);
    if (facility === 'nft-tables') this.#removeInside(id);
  }

  #makeDevice(network: string | undefined, { interface: name }: ItemTypes['tunnels']): void {
    if (this.get('links', name)) return;
    this.put(network, 'links', { name, mtu: 1420, up: false });
    for (const path of forwardingPaths(name)) this.sysctls.set(path, '0');
  }

  /** Setting a prefix on one peer silently takes it from the other (cryptokey routing). */
  #takePrefixes({ interface: device, publicKey, allowedIps }: PeerItem): void {
    for (const thing of this.of('peers')) {
      const { item } = thing;
      if (item.interface !== device || item.publicKey === publicKey) continue;
      const left = item.allowedIps.filter((prefix) => !allowedIps.includes(prefix));
      if (left.length === item.allowedIps.length) continue;
      this.#things.set(`peers ${idOf.peers(item)}`, {
        ...thing,
        item: { ...item, allowedIps: left },
      });
    }
  }

  #removeFrom(device: string): void {
    for (const [key, { item }] of this.#things) {
      if (deviceNeeded(item) === device) this.#things.delete(key);
    }
    this.#things.delete(`tunnels ${device}`);
    this.adopted.delete(device);
    for (const path of forwardingPaths(device)) this.sysctls.delete(path);
  }

  #removeRoutesFrom(address: string): void {
    const source = address.slice(0, address.indexOf('/'));
    for (const { item } of this.of('routes')) {
      if (item.source === source) this.remove('routes', idOf.routes(item));
    }
  }

  #removeInside(table: string): void {
    for (const [key, { item }] of this.#things) {
      if ('table' in item && 'family' in item && `${item.family} ${item.table}` === table) {
        this.#things.delete(key);
      }
    }
  }
}

/** The device without which an item cannot be. */
function deviceNeeded(item: object): string | undefined {
  if ('type' in item && item.type === 'unreachable') return undefined;
  if ('device' in item) return String(item.device);
  return 'publicKey' in item && 'allowedIps' in item ? (item as PeerItem).interface : undefined;
}

export const forwardingPath = (device: string, family: 4 | 6): string =>
  `net/ipv${family}/conf/${device}/${family === 4 ? 'forwarding' : 'force_forwarding'}`;

const forwardingPaths = (device: string): readonly string[] => [
  forwardingPath(device, 4),
  forwardingPath(device, 6),
];
