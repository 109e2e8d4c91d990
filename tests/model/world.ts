import type { Machine, Network, Presented, Site } from '#spec';
import type { HostState, Namespace, Peer, Route, Tunnel } from '#state';
import { contains, isAddress, same, span, splitEndpoint } from './address.ts';
import { remembered } from './remembered.ts';

/** Everything a packet meets: what the compiler put out, and the world the file describes around it. */
export interface World {
  readonly network: Network;
  /** Every WireGuard machine, and the hosts on which an agent keeps routes. */
  readonly states: ReadonlyMap<string, HostState>;
  /** Hosts without an agent: the routes somebody else sets there. */
  readonly hostRoutes: ReadonlyMap<string, readonly Route[]>;
  /** The LANs' own routers, by site. */
  readonly routerRoutes: ReadonlyMap<string, readonly Route[]>;
  /** Public endpoints beside those in the file, by machine. */
  readonly endpoints?: ReadonlyMap<string, string>;
}

/** Whoever can hold a packet. */
export interface Party {
  readonly name: string;
  readonly kind: 'gateway' | 'node' | 'member' | 'host' | 'router';
  readonly site?: Site;
  readonly machine?: Machine;
  readonly state?: HostState;
  /** True where what we compile is really in force: an unmanaged member only has a WireGuard file. */
  readonly ours: boolean;
  /** Its addresses on the site's network. */
  readonly lan: readonly string[];
  readonly pods: readonly string[];
  readonly root: Namespace;
}

/** Where a machine is part of the network: where its tunnels live, be it a router of others. */
export function networkSpace({ namespaces, tunnels }: HostState): Namespace {
  const [first] = Object.values(tunnels);
  return namespaces[first?.livesIn ?? 'root'] ?? {};
}

export const lan = 'lan';
export const uplink = 'uplink';
export const podDevice = 'pods';
export const loopback = 'lo';

const texts = (items: readonly Presented<{ toString(): string }>[]): string[] =>
  items.map((item) => {
    if (item.local.toString() !== item.presented.toString()) {
      throw new Error('model: 1:1 NAT is not modelled yet');
    }
    return item.local.toString();
  });

export const subnetsOf = (site: Site): string[] => texts(site.subnets);

export const routerName = (site: string): string => `${site} router`;

/** The world, indexed for walking. */
export class Terrain {
  readonly parties = new Map<string, Party>();
  readonly sites = new Map<string, Site>();
  readonly world: World;
  readonly #owners = new Map<string, { party: Party; tunnel: string }>();

  constructor(world: World) {
    this.world = world;
    for (const site of world.network.sites) this.#addSite(site);
    for (const member of world.network.members) this.#addMachine(member);
    for (const party of this.parties.values()) this.#addKeys(party);
  }

  party(name: string): Party {
    const found = this.parties.get(name);
    if (!found) throw new Error(`model: nobody is called ${name}`);
    return found;
  }

  /** Whose tunnel has this public key. */
  ownerOf(publicKey: string): { party: Party; tunnel: string } | undefined {
    return this.#owners.get(publicKey);
  }

  /** Who answers for an address on a site's network. */
  holderOnLan(site: Site, target: string): Party | undefined {
    for (const party of this.parties.values()) {
      if (party.site === site && party.lan.some((a) => same(a, target))) return party;
    }
    return undefined;
  }

  /**
   * Where a party's tunnel can be called, `host:port`: by all, and by those on its site's own network. Of a
   * port that is forwarded to it, those after it are forwarded too.
   */
  endpointsOf(party: Party, caller: Party, listenPort: number): string[] {
    const near = party.site !== undefined && party.site === caller.site ? party.lan : [];
    const local = near.map((address) =>
      address.includes(':') ? `[${address}]:${listenPort}` : `${address}:${listenPort}`,
    );
    const stated = party.machine?.endpoint;
    const seen = this.world.endpoints?.get(party.name);
    const beyond = listenPort - (party.machine?.listenPort ?? listenPort);
    const text = stated && `${stated.host}:${stated.port + beyond}`;
    return [text, seen, ...local].filter((e) => e !== undefined);
  }

  #addSite(site: Site): void {
    this.sites.set(site.name, site);
    for (const machine of [...site.gateways, ...site.nodes]) this.#addMachine(machine, site);
    for (const host of site.hosts) {
      const state = this.world.states.get(host.name);
      this.#add(
        { name: host.name, kind: 'host', site, lan: texts(host.addresses), pods: [] },
        state,
      );
    }
    this.#add({ name: routerName(site.name), kind: 'router', site, lan: [], pods: [] }, undefined);
  }

  #addMachine(machine: Machine, site?: Site): void {
    const state = this.world.states.get(machine.name);
    const base = {
      name: machine.name,
      kind: machine.kind,
      machine,
      ours: machine.managed,
      lan: texts(machine.addresses),
      pods: machine.pods.map(String),
      ...(site && { site }),
    };
    this.#add(base, state);
  }

  #add(
    party: Omit<Party, 'root' | 'ours'> & { ours?: boolean },
    state: HostState | undefined,
  ): void {
    if (this.parties.has(party.name)) throw new Error(`model: two are called ${party.name}`);
    const root = state ? networkSpace(state) : {};
    const ours = state !== undefined && (party.ours ?? true);
    this.parties.set(party.name, { ...party, ours, root, ...(state && { state }) });
  }

  #addKeys(party: Party): void {
    for (const [id, tunnel] of Object.entries(party.state?.tunnels ?? {})) {
      const key = tunnel.key.publicKey;
      if (key === undefined) continue;
      if (this.#owners.has(key)) throw new Error(`model: the key of ${party.name} is not its own`);
      this.#owners.set(key, { party, tunnel: id });
    }
  }
}

export const sameEndpoint = (a: string, b: string): boolean => {
  const x = splitEndpoint(a);
  const y = splitEndpoint(b);
  if (x.port !== y.port) return false;
  return isAddress(x.host) && isAddress(y.host) ? same(x.host, y.host) : x.host === y.host;
};

export const tunnelsOf = (party: Party): [string, Tunnel][] =>
  Object.entries(party.state?.tunnels ?? {});

/** The tunnel whose device has this name. */
export const tunnelOn = (party: Party, device: string): [string, Tunnel] | undefined =>
  tunnelsOf(party).find(([, tunnel]) => tunnel.interface === device);

export interface Allowed {
  readonly peer: string;
  readonly prefix: string;
}

/** What each peer of a tunnel may send and is sent: the prefixes of the bindings it carries now. */
export function allowedIps(state: HostState, tunnel: string): Allowed[] {
  return state.bindings.flatMap((binding) => {
    const here = binding.candidates.filter((candidate) => candidate.tunnel === tunnel);
    const [first] = here.sort((a, b) => a.rank - b.rank);
    if (!first) return [];
    return binding.prefixes.map((prefix) => ({ peer: first.peer, prefix }));
  });
}

const longestFirst = remembered((state: HostState, tunnel: string): Allowed[] =>
  allowedIps(state, tunnel).sort((a, b) => span(b.prefix).length - span(a.prefix).length),
);

/** Cryptokey routing: the peer with the longest allowed IP that contains the address. */
export const peerFor = (state: HostState, tunnel: string, target: string): string | undefined =>
  longestFirst(state, tunnel).find((entry) => contains(entry.prefix, target))?.peer;

export const peersOf = (tunnel: Tunnel): [string, Peer][] => Object.entries(tunnel.peers);
