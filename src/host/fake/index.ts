import { type Diagnostic, Secret } from '#base';
import {
  type Change,
  type EditOf,
  type Facility,
  type ForwardingItem,
  facilities,
  type ItemTypes,
  idOf,
  type NamespaceBuilder,
  putItem,
  ViewBuilder,
} from '#state';
import type { Existing } from '../adoption/existing.ts';
import type { Failure, Host, Observation, Wish } from '../contract.ts';
import { type Device, Devices } from '../devices.ts';
import { hostErrors } from '../errors.ts';
import { forwardingOf } from '../forwarding/paths.ts';
import { emptyWish } from '../linux.ts';
import { adoptedMarkOf, isAdopted, markOf, networkOf } from '../mark.ts';
import { wishesOf } from '../pick.ts';
import { Hindered } from './hindered.ts';
import { deviceOf, isGivenBack, isSwitch } from './items.ts';
import { FakeKernel, Refusal } from './kernel.ts';
import { refuseLacking } from './lacking.ts';
import { sendHome, takeIn } from './moves.ts';
import { inOrder } from './order.ts';
import { refused } from './refused.ts';
import { settingOf } from './setting.ts';
import { takenVxlans } from './taken-vxlans.ts';

/** A machine in memory: the same contract and laws as the real one. */
export class FakeHost implements Host {
  readonly kernel: FakeKernel;
  /** Previous values of sysctls by network. */
  readonly #claims = new Map<string, Map<string, string>>();
  #writes = 0;

  constructor(kernel: FakeKernel = new FakeKernel()) {
    this.kernel = kernel;
  }

  writes(): number {
    return this.#writes;
  }

  splitsDns(): boolean {
    return this.kernel.splitsDns;
  }

  async tracksBridged(): Promise<boolean> {
    return this.kernel.tracksBridged;
  }

  holds(): boolean {
    return true;
  }

  async amend(network: string, _: string, changes: readonly Change[]) {
    return this.#apply(emptyWish(network), changes);
  }

  async announce(): Promise<void> {}

  async networks(): Promise<readonly string[]> {
    const owners = facilities.flatMap((facility) =>
      this.kernel.of(facility).flatMap(({ network }) => network ?? []),
    );
    return [...new Set([...owners, ...this.#claims.keys()])].sort();
  }

  async spaces(): Promise<readonly string[]> {
    return [...this.kernel.spaces.keys()];
  }

  async devices(namespaces: Iterable<string>): Promise<ReadonlyMap<string, Devices>> {
    const nothing = new Devices([]);
    const others = [...namespaces].map((name) => [name, nothing] as const);
    return new Map([...others, ['root', this.#rootDevices()]]);
  }

  #rootDevices(): Devices {
    const addresses = Map.groupBy(this.kernel.of('addresses'), ({ item }) => item.device);
    const all = this.kernel.of('links').map(({ item, network }): Device => {
      const held = addresses.get(item.name) ?? [];
      const mark = this.kernel.adopted.has(item.name) ? adoptedMarkOf : markOf;
      return {
        ...item,
        index: 0,
        kind: '',
        group: 0,
        ...(network !== undefined && { alias: mark(network, item.name) }),
        addresses: held.map((one) => one.item.address),
      };
    });
    return new Devices(all);
  }

  #claimsOf(network: string): Map<string, string> {
    const known = this.#claims.get(network) ?? new Map<string, string>();
    this.#claims.set(network, known);
    return known;
  }

  async existing({ name, mtu, addresses }: Device): Promise<Existing | undefined> {
    const tunnel = this.kernel.get('tunnels', name)?.item;
    if (!tunnel) return undefined;
    const on = <F extends 'peers' | 'routes'>(facility: F) => this.kernel.of(facility);
    const peers = on('peers').filter(({ item }) => item.interface === name);
    const routes = on('routes').filter(
      ({ item, network }) => item.device === name && network === undefined,
    );
    return {
      tunnel,
      mtu,
      addresses,
      peers: peers.map(
        ({ item: { publicKey, endpoint, allowedIps, keepalive, presharedKey } }) => ({
          publicKey,
          ...(endpoint !== undefined && { endpoint }),
          ...(presharedKey !== undefined && { presharedKey: new Secret(presharedKey) }),
          allowedIps,
          keepalive,
          latestHandshake: 0,
          rx: 0,
          tx: 0,
        }),
      ),
      routes: routes.map(({ item: route }) => ({ route, protocol: 'foreign' })),
    };
  }

  async adopt(network: string, { name }: Device): Promise<void> {
    this.#writes++;
    this.kernel.give(network, name);
    this.kernel.adopted.add(name);
  }

  #unmark(device: string): void {
    this.kernel.give(undefined, device);
    this.kernel.adopted.delete(device);
  }

  async release(
    _: string,
    { name }: Device,
    { routes }: Pick<Existing, 'routes'> = { routes: [] },
  ): Promise<void> {
    this.#writes++;
    this.#unmark(name);
    for (const { route } of routes) this.kernel.put(undefined, 'routes', route);
  }

  async observe(wish: Wish, devices: ReadonlyMap<string, Devices>): Promise<Observation> {
    if (this.kernel.lacks === 'nftables')
      throw hostErrors.error('host/no-nftables', { network: wish.network });
    const builder = new ViewBuilder();
    const into = builder.namespace('root');
    const seen = devices.get('root');
    for (const facility of facilities) this.#observe(wish, into, facility, seen);
    for (const [name, space] of this.kernel.spaces) {
      if (!devices.has(name)) continue;
      for (const facility of facilities) {
        for (const { network, item } of space.kernel.of(facility)) {
          if (network === wish.network) builder.put(name, facility, item);
        }
      }
    }
    return {
      view: builder.view,
      backends: Object.fromEntries([...into.tunnels.keys()].map((name) => [name, 'kernel'])),
      notes: [],
      collisions: async (changes) => this.#collisions(wish.network, changes),
      apply: async (changes) => this.#apply(wish, changes),
    };
  }

  #observe<F extends Facility>(
    wish: Wish,
    into: NamespaceBuilder,
    facility: F,
    devices: Devices | undefined,
  ): void {
    const wanted = wish.view.get('root')?.[facility];
    for (const { network, item } of this.kernel.of(facility)) {
      const alias = devices?.get(deviceOf(item) ?? '')?.alias;
      const id = idOf[facility](item);
      const wished = wanted?.get(id);
      const isOwn =
        (facility === 'routes' ? network : (networkOf(alias) ?? network)) === wish.network;
      const serves = isAdopted(alias) && networkOf(alias) === wish.network && wished !== undefined;
      if (facility === 'routes' && !isOwn && serves) putItem(into, facility, wished);
      const known = facility !== 'links' || wished !== undefined;
      if (isOwn && known && !isGivenBack(wish, facility, alias)) putItem(into, facility, item);
    }
    if (isSwitch(facility)) this.#observeSwitches(wish, into, facility);
  }

  #observeSwitches(wish: Wish, into: NamespaceBuilder, facility: 'sysctls' | 'forwarding'): void {
    for (const item of wish.view.get('root')?.[facility].values() ?? []) {
      const [path, value] = settingOf(facility, item);
      const now = this.kernel.sysctls.get(path);
      if (facility === 'sysctls' && now !== undefined)
        putItem(into, 'sysctls', { path, value: now });
      if (facility === 'forwarding' && now === value)
        putItem(into, 'forwarding', item as ForwardingItem);
    }
    for (const path of this.#claims.get(wish.network)?.keys() ?? []) {
      const now = this.kernel.sysctls.get(path);
      const forwards = forwardingOf(path);
      if (now === undefined) continue;
      if (forwards && facility === 'forwarding') putItem(into, 'forwarding', forwards);
      if (!forwards && facility === 'sysctls') putItem(into, 'sysctls', { path, value: now });
    }
  }

  #collisions(network: string, all: readonly Change[]): Diagnostic[] {
    const changes = all.filter(({ namespace }) => namespace === 'root');
    const foreign = <F extends Facility>(facility: F, id: string): boolean => {
      const thing = this.kernel.get(facility, id);
      return thing !== undefined && thing.network !== network;
    };
    const taken = <F extends Facility>(
      facility: F,
      kept: Facility,
      tell: (item: ItemTypes[F]) => Diagnostic,
    ): Diagnostic[] =>
      wishesOf(changes, facility).flatMap(({ change, item, before }) =>
        before === undefined && foreign(kept, change.id) ? [tell(item)] : [],
      );
    const spaces = wishesOf(all, 'spaces').flatMap(({ item: { name } }) => {
      const owner = this.kernel.spaces.get(name);
      if (!owner || owner.network === network) return [];
      return [hostErrors.diagnostic('host/namespace-taken', { name, network })];
    });
    return [
      ...spaces,
      ...takenVxlans(this.kernel, network, all),
      ...wishesOf(all, 'veths').flatMap(({ item: { namespace, peer }, before }) =>
        before || namespace !== 'root' || !foreign('links', peer)
          ? []
          : [hostErrors.diagnostic('host/interface-taken', { interface: peer, network })],
      ),
      ...taken('tunnels', 'links', (item) =>
        hostErrors.diagnostic('host/interface-taken', { interface: item.interface, network }),
      ),
      ...this.#takenPorts(changes),
      ...taken('routes', 'routes', ({ prefix, table }) =>
        hostErrors.diagnostic('host/route-taken', { prefix, table, network }),
      ),
      ...taken('nft-tables', 'nft-tables', ({ family, name }) =>
        hostErrors.diagnostic('host/table-taken', { family, name, network }),
      ),
    ];
  }

  #takenPorts(changes: readonly Change[]): Diagnostic[] {
    const tunnels = this.kernel.of('tunnels').map(({ item }) => item);
    return wishesOf(changes, 'tunnels').flatMap(({ item, before }) => {
      const { interface: name, listenPort: port } = item;
      const used = tunnels.some((one) => one.interface !== name && one.listenPort === port);
      if (port === before?.listenPort || !(used || this.kernel.ports.has(port))) return [];
      return [
        hostErrors.diagnostic('host/port-taken', {
          interface: name,
          port,
          holder: 'something else',
        }),
      ];
    });
  }

  #apply(wish: Wish, changes: readonly Change[]): readonly Failure[] {
    const hindered = new Hindered(this.kernel, changes);
    this.#claim(wish);
    sendHome(this.kernel, changes);
    for (const change of inOrder(changes)) {
      const known = hindered.find(change);
      const failure = known ?? this.#try(wish.network, change);
      if (failure) hindered.add(failure);
    }
    const { failures } = hindered;
    const unwanted = wish.view.size === 0 && failures.length === 0;
    if (unwanted) this.#claims.delete(wish.network);
    return failures;
  }

  #try(network: string, change: Change): Failure | undefined {
    try {
      this.#writes++;
      refuseLacking(this.kernel, change);
      if (change.namespace === 'root') this.#make(network, change);
      else this.#makeIn(change.namespace, network, change);
      takeIn(this.kernel);
      return undefined;
    } catch (error) {
      return { change, error: refused(error) };
    }
  }

  #makeIn(namespace: string, network: string, change: Change): void {
    if (change.kind === 'move') throw new Refusal('no tunnels in namespaces of segments');
    if (change.facility === 'spaces') {
      if (change.kind === 'remove') {
        const [lent] = this.kernel.spaces.get(namespace)?.kernel.of('links') ?? [];
        const device = lent?.item.name;
        if (device !== undefined)
          throw hostErrors.error('host/port-inside', { name: namespace, device });
        for (const { item } of this.kernel.spaces.get(namespace)?.kernel.of('veths') ?? [])
          if (item.namespace === 'root') this.kernel.remove('links', item.peer);
        this.kernel.spaces.delete(namespace);
        return;
      }
      this.kernel.spaces.set(namespace, { network, kernel: new FakeKernel() });
    }
    const space = this.kernel.spaces.get(namespace);
    if (!space) throw hostErrors.error('host/no-namespace', { name: namespace });
    if (change.facility === 'ports') this.#lend(space.kernel, change);
    if (change.facility === 'veths') this.#join(network, change);
    if (change.kind === 'remove') space.kernel.remove(change.facility, change.id, network);
    else space.kernel.put<Facility>(network, change.facility, change.after);
  }

  /** The other end of a pair, where it is in the agent's own namespace. */
  #join(network: string, change: EditOf<'veths'>): void {
    const { namespace, peer } = change.kind === 'remove' ? change.before : change.after;
    if (namespace !== 'root') return;
    if (change.kind === 'remove') this.kernel.remove('links', peer);
    else this.kernel.put(network, 'links', { name: peer, mtu: 1500, up: true });
  }

  /** A port leaves the agent's namespace, and comes back to it. */
  #lend(kernel: FakeKernel, change: EditOf<'ports'>): void {
    const [from, to] = change.kind === 'remove' ? [kernel, this.kernel] : [this.kernel, kernel];
    const device = from.get('links', change.id)?.item;
    if (!device) {
      if (change.kind === 'add') throw hostErrors.error('host/no-port', { device: change.id });
      return;
    }
    if (to.get('links', change.id)) throw new Refusal('An interface with the same name exists');
    from.remove('links', change.id);
    to.put(undefined, 'links', device);
  }

  #make(network: string, change: Change): void {
    const { facility } = change;
    if (change.kind === 'move') {
      for (const item of change.after) this.kernel.put(network, 'peers', item);
      const stay = new Set(change.after.map(idOf.peers));
      for (const item of change.before) {
        if (!stay.has(idOf.peers(item))) this.kernel.remove('peers', idOf.peers(item));
      }
      return;
    }
    if (change.kind === 'remove') {
      if (isSwitch(facility)) this.#restore(network, settingOf(facility, change.before)[0]);
      else if (facility === 'tunnels' && this.kernel.adopted.has(change.id))
        this.#unmark(change.id);
      else this.kernel.remove(facility, change.id, network);
    } else if (isSwitch(facility)) this.#set(network, settingOf(facility, change.after));
    else this.kernel.put<Facility>(network, facility, change.after);
  }

  /** Remembers what is wished as it is now, also where it needs no change: others may undo it. */
  #claim(wish: Wish): void {
    const claims = this.#claimsOf(wish.network);
    for (const facility of ['sysctls', 'forwarding'] as const) {
      for (const item of wish.view.get('root')?.[facility].values() ?? []) {
        const [path] = settingOf(facility, item);
        const now = this.kernel.sysctls.get(path);
        if (now !== undefined && !claims.has(path)) claims.set(path, this.#original(path) ?? now);
      }
    }
  }

  #set(network: string, [path, value]: readonly [string, string]): void {
    const before = this.kernel.sysctls.get(path);
    if (before === undefined) throw new Refusal(`No such file: ${path}`);
    const claims = this.#claimsOf(network);
    if (!claims.has(path)) claims.set(path, this.#original(path) ?? before);
    this.kernel.sysctls.set(path, value);
  }

  /** What another network knows was there before us all. */
  #original(path: string): string | undefined {
    return [...this.#claims.values()].find((claims) => claims.has(path))?.get(path);
  }

  #restore(network: string, path: string): void {
    const previous = this.#claimsOf(network).get(path);
    this.#claimsOf(network).delete(path);
    const isWanted = this.#original(path) !== undefined;
    if (!isWanted && previous !== undefined && this.kernel.sysctls.has(path)) {
      this.kernel.sysctls.set(path, previous);
    }
  }
}
