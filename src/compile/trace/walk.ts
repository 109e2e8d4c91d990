import type { Address, Family } from '#ip';
import type { Site } from '#spec';
import type { Hop } from '../api.ts';
import { defaultUnderlayMtu } from '../link.ts';
import { canLink, type Node } from '../model.ts';
import type { Packet } from './filter.ts';
import {
  carrierOfSite,
  isPod,
  localAddress,
  type Places,
  type Station,
  siteNamed,
  siteOf,
} from './places.ts';
import { bestRoute } from './routes.ts';
import { lan, type Way } from './stack.ts';

/** A decision of a filter on the way. */
export interface Seen {
  readonly machine: string;
  readonly accepted: boolean;
  readonly counter?: string | undefined;
}

export interface Walk {
  readonly arrived: boolean;
  readonly hops: readonly Hop[];
  readonly decisions: readonly Seen[];
  /** Machines whose connection tracking saw the packet. */
  readonly tracked: ReadonlySet<string>;
  /** Why it did not arrive. */
  readonly reason: string;
  /** Whether it passed a tunnel with a machine of ours at one end at least. */
  readonly enforced: boolean;
}

/** More hops than any topology without a loop has. */
const hopLimit = 64;

interface Position {
  readonly station: Station;
  /** The device it came in by; undefined where it was sent. */
  readonly incoming: string | undefined;
}

type Step =
  | { readonly go: Position; readonly hop: Hop; readonly enforced: boolean }
  | { readonly stop: string };

/**
 * Follows one packet from a station to whoever owns its destination, machine by machine, through the
 * compiled states. `trackedBefore` are the machines that saw the flow's first packet, for replies.
 */
export function walk(
  places: Places,
  from: Station,
  packet: Packet,
  trackedBefore?: ReadonlySet<string>,
): Walk {
  const journey = new Journey(places, packet, trackedBefore);
  return journey.from(from);
}

class Journey {
  readonly #places: Places;
  readonly #packet: Packet;
  readonly #before: ReadonlySet<string> | undefined;
  readonly #hops: Hop[] = [];
  readonly #decisions: Seen[] = [];
  readonly #tracked = new Set<string>();
  #enforced = false;

  constructor(places: Places, packet: Packet, before: ReadonlySet<string> | undefined) {
    this.#places = places;
    this.#packet = packet;
    this.#before = before;
  }

  get #family(): Family {
    return this.#packet.destination.family;
  }

  from(station: Station): Walk {
    let position: Position = { station, incoming: undefined };
    for (let i = 0; i < hopLimit; i++) {
      this.#tracked.add(position.station.name);
      if (this.#isFor(position.station)) return this.#arrive(position);
      const step =
        position.station.kind === 'host'
          ? this.#fromHost(position)
          : this.#fromNode(position, position.station.node);
      if ('stop' in step) return this.#end(false, step.stop);
      this.#hops.push(step.hop);
      this.#enforced ||= step.enforced;
      position = step.go;
    }
    return this.#end(false, `it goes round in a loop (${hopLimit} hops)`);
  }

  #end(arrived: boolean, reason: string): Walk {
    return {
      arrived,
      hops: this.#hops,
      decisions: this.#decisions,
      tracked: this.#tracked,
      reason,
      enforced: this.#enforced,
    };
  }

  /** The packet is at the machine it is for: the last filter, then it is there. */
  #arrive(position: Position): Walk {
    this.#hops.push(this.#hop(position.station));
    const { station, incoming } = position;
    if (station.kind === 'node' && incoming !== undefined) {
      const refused = isPod(station.node, this.#packet.destination)
        ? this.#toPod(station.node, incoming)
        : this.#filtered(station.node, 'input', incoming, undefined);
      if (refused) return this.#end(false, refused);
    }
    return this.#end(true, '');
  }

  /** A pod is behind its node; what comes by the cluster's own network is the cluster's affair. */
  #toPod(node: Node, incoming: string): string | undefined {
    return incoming === lan ? undefined : this.#passes(node, incoming, 'pod');
  }

  #isFor(station: Station): boolean {
    const destination = this.#packet.destination;
    return this.#places.owner(destination)?.name === station.name;
  }

  #hop(station: Station, rest: Partial<Hop> = {}): Hop {
    return {
      machine: station.name,
      source: this.#packet.source.toString(),
      destination: this.#packet.destination.toString(),
      ...rest,
    };
  }

  #filtered(
    node: Node,
    hook: 'input' | 'forward' | 'output',
    incoming: string | undefined,
    outgoing: string | undefined,
  ): string | undefined {
    const seen = this.#before?.has(node.name) ?? true;
    const { filter } = this.#places.stack(node);
    if (!filter) return undefined;
    const packet: Packet = seen ? this.#packet : { ...this.#packet, state: 'invalid' };
    const outcome = filter.evaluate(packet, { hook, incoming, outgoing });
    if (outcome.counter !== undefined) {
      this.#decisions.push({
        machine: node.name,
        accepted: outcome.accepted,
        counter: outcome.counter,
      });
    }
    return outcome.accepted
      ? undefined
      : `${node.name} refuses it (${outcome.counter ?? 'policy'})`;
  }

  #fromNode(position: Position, node: Node): Step {
    const stack = this.#places.stack(node);
    const { destination } = this.#packet;
    const route = stack.route(destination);
    const linked = this.#onLink(position.station);
    const useLink = linked && (!route || linked.length > route.length);
    if (route?.refused && !useLink) return { stop: `${node.name} has no tunnel to ${destination}` };
    const device = route && this.#liveDevice(node, route);
    const outgoing = useLink || device === undefined ? lan : device;
    const refused = this.#passes(node, position.incoming, outgoing);
    if (refused) return { stop: refused };
    const sibling = route ? undefined : this.#podSibling(node);
    if (sibling) return this.#across(position, sibling);
    if (useLink) return this.#onLan(position, destination);
    if (!route) return this.#byRouter(position, `${node.name} has no route to ${destination}`);
    if (route.via) return this.#onLan(position, route.via);
    return this.#intoTunnel(node, outgoing, route.mtu ?? stack.mtu(outgoing));
  }

  /** Nodes of one cluster reach each other's pods by the cluster's own network. */
  #podSibling(node: Node): Station | undefined {
    const { site } = node.unit;
    const { destination } = this.#packet;
    const owner = site && this.#places.owner(destination, site.name);
    return owner?.kind === 'node' && isPod(owner.node, destination) ? owner : undefined;
  }

  /** Forwarding and filters between two devices of one machine. */
  #passes(node: Node, incoming: string | undefined, outgoing: string): string | undefined {
    const stack = this.#places.stack(node);
    if (incoming === undefined) return this.#filtered(node, 'output', undefined, outgoing);
    if (!stack.forwards(incoming, this.#family)) {
      return `${node.name} does not forward what comes in by ${incoming}`;
    }
    return this.#filtered(node, 'forward', incoming, outgoing);
  }

  /** Of several tunnels to a peer the one whose key it knows. */
  #liveDevice(node: Node, { device, oneOf = [] }: Way): string {
    const { destination } = this.#packet;
    const live = oneOf.find((name) => {
      const near = this.#places.stack(node).tunnelOn(name);
      const peer = this.#places.model.nodesByName.get(near?.peerFor(destination) ?? '');
      const far = peer && this.#places.stack(peer).tunnelOf(near?.keyOf(peer.name));
      return far !== undefined && far.keyOf(node.name) === near?.publicKey;
    });
    return live ?? device;
  }

  #intoTunnel(node: Node, device: string, mtu: number | undefined): Step {
    const { source, destination } = this.#packet;
    const near = this.#places.stack(node).tunnelOn(device);
    const peerName = near?.peerFor(destination);
    const peer = peerName === undefined ? undefined : this.#places.model.nodesByName.get(peerName);
    if (!peer) return { stop: `${node.name} has no peer whose allowed IPs hold ${destination}` };
    if (!canLink(node, peer))
      return { stop: `neither ${node.name} nor ${peer.name} has an endpoint` };
    const far = this.#places.stack(peer).tunnelOf(near?.keyOf(peer.name));
    const isKnown = far !== undefined && far.keyOf(node.name) === near?.publicKey;
    if (!isKnown || far.peerFor(source) !== node.name) {
      return { stop: `${peer.name} does not accept ${source} from ${node.name} (allowed IPs)` };
    }
    const hop = this.#hop(
      { kind: 'node', name: node.name, node },
      { interface: device, peer: peer.name, ...(mtu !== undefined && { mtu }) },
    );
    const station: Station = { kind: 'node', name: peer.name, node: peer };
    const enforced = node.machine.managed || peer.machine.managed;
    return { go: { station, incoming: far.device }, hop, enforced };
  }

  #fromHost(position: Position): Step {
    if (position.station.kind !== 'host') return { stop: 'not a host' };
    const { host } = position.station;
    if (position.incoming !== undefined) return { stop: `${host.name} does not forward` };
    const { destination } = this.#packet;
    if (this.#onLink(position.station)) return this.#onLan(position, destination);
    const route = bestRoute(this.#places.hostRoutes(this.#places.model, host.name), destination);
    if (route) return this.#onLan(position, route);
    return this.#byRouter(position, `${host.name} has no route to ${destination}`);
  }

  /** The subnet of the site's network that holds both the station and the destination. */
  #onLink(station: Station): { readonly length: number } | undefined {
    const site = siteNamed(this.#places.model, siteOf(station) ?? '');
    const own = localAddress(station, this.#family);
    return own && subnetOf(site, own, this.#packet.destination);
  }

  /** Hands the packet to the owner of an address on the site's network. */
  #onLan(position: Position, address: Address): Step {
    const site = siteOf(position.station);
    const owner = this.#places.owner(address, site);
    const name = position.station.name;
    if (!owner) return { stop: `nobody at ${site ?? name} has the address ${address}` };
    return this.#across(position, owner);
  }

  #across(position: Position, owner: Station): Step {
    const site = siteNamed(this.#places.model, siteOf(position.station) ?? '');
    const hop = this.#hop(position.station, {
      interface: lan,
      mtu: site?.mtu ?? defaultUnderlayMtu,
    });
    return { go: { station: owner, incoming: lan }, hop, enforced: false };
  }

  /** The default route of a site leads to its own router, which knows the site's subnets and the gateway. */
  #byRouter(position: Position, otherwise: string): Step {
    const { destination } = this.#packet;
    const { model } = this.#places;
    const name = siteOf(position.station);
    const site = siteNamed(model, name ?? '');
    if (!site || !localAddress(position.station, this.#family)) return { stop: otherwise };
    if (site.subnets.some((subnet) => subnet.local.contains(destination))) {
      return this.#onLan(position, destination);
    }
    const carrier = carrierOfSite(model, site.name);
    const via = bestRoute(this.#places.siteRouterRoutes(model, site.name), destination);
    if (!via || !carrier || carrier.name === position.station.name) return { stop: otherwise };
    return this.#onLan(position, via);
  }
}

function subnetOf(
  site: Site | undefined,
  own: Address,
  destination: Address,
): { readonly length: number } | undefined {
  const subnet = site?.subnets.find(
    ({ local }) => local.contains(own) && local.contains(destination),
  );
  return subnet?.local;
}
