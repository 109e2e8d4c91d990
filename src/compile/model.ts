import { type Diagnostic, didYouMean, type HawserError } from '#base';
import type { Address, Family, Prefix, PrefixSet } from '#ip';
import type { Host, Machine, Network, Site } from '#spec';
import { compileErrors } from './errors.ts';
import type { Inputs, MachineKeys, Rotation } from './inputs.ts';
import type { PolicyClasses } from './policy/partition.ts';

/** A machine that runs WireGuard, linked. */
export interface Node {
  readonly name: string;
  readonly machine: Machine;
  readonly unit: Unit;
  /** It carries what its site carries, and forwards for others. */
  readonly isCarrier: boolean;
  readonly overlay: readonly Address[];
  /** It is cut off: it has no peers, and is nobody's. */
  readonly isRevoked: boolean;
  /** Absent: the machine is pending or cut off, and in nobody's peers. */
  readonly publicKey: string | undefined;
  /** The lane of its usual tunnel. */
  readonly home: number;
  /** Its public keys by lane, as far as known. */
  readonly keys: MachineKeys;
  /** It has an address on its site's network in every family that the network uses. */
  readonly onWholeLan: boolean;
  /** Bytes that its own network passes towards the internet. */
  readonly underlayMtu: number;
  /** What all others send to it, as presented: disjoint between nodes, minimal, sorted. */
  readonly carries: readonly Prefix[];
}

/** A site or member as one vertex of the topology; its nodes are what links. */
export interface Unit {
  readonly name: string;
  readonly site: Site | undefined;
  readonly nodes: readonly Node[];
  /** The member's site, when it takes no part in the topology itself. */
  readonly hub: string | undefined;
  /** Members attached to this site. */
  readonly attached: readonly Unit[];
}

/** How packets find the next machine; see `topology/`. */
export interface Paths {
  /**
   * The node that `from` hands packets for `to` to: through a tunnel, or over the site's own network
   * if the two share one. Undefined: there is no way.
   */
  next(from: Node, to: Node): Node | undefined;
  /**
   * The node that carries everything which no other peer of `node` carries, for nodes at the edge of
   * the topology. Their state then does not grow with the network.
   */
  upstream(node: Node): Node | undefined;
  /** Nodes that `node` may exchange packets with directly, besides its upstream. */
  neighbours(node: Node): Iterable<Node>;
}

/** A part of the network that lies behind one node. */
export interface Behind {
  readonly prefix: Prefix;
  readonly node: Node;
}

/** A change of key under way, linked. */
export interface Turn extends Pick<Rotation, 'phase' | 'retired' | 'port'> {
  readonly node: Node;
  readonly partners: ReadonlySet<Node>;
  /** The lane that gets the new key, where the old one has to stay. */
  readonly beside: number | undefined;
}

/** The linked network: nothing of size n^2; everything else is asked for. */
export interface Model {
  readonly inputs: Inputs;
  readonly network: Network;
  readonly units: readonly Unit[];
  readonly unitsByName: ReadonlyMap<string, Unit>;
  readonly nodes: readonly Node[];
  readonly nodesByName: ReadonlyMap<string, Node>;
  readonly hostsByName: ReadonlyMap<string, Host>;
  readonly sitesByName: ReadonlyMap<string, Site>;
  readonly paths: Paths;
  /** Overlay, all subnets and pod ranges, as presented. */
  readonly inside: PrefixSet;
  /** Subnets and pod ranges with the node behind which they lie, sorted by prefix. */
  readonly ranges: readonly Behind[];
  /** Everything that any machine carries, sorted by prefix and disjoint. */
  readonly carried: readonly Behind[];
  /** Whether tunnels differ in size, so that routes have to say which takes what. */
  readonly uneven: boolean;
  readonly policy: PolicyClasses | undefined;
  readonly turn: Turn | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export const carrierOf = (unit: Unit): Node => unit.nodes[0] as Node;

/** The carrier of the site a host lives in; a site may have no machine of ours (and is reported). */
export const carrierOfHost = (model: Model, host: Host): Node | undefined => {
  const unit = model.unitsByName.get(host.site);
  return unit && carrierOf(unit);
};

/**
 * Whether a tunnel between two machines can come up: one must know where to find the other, by its
 * endpoint or on the network of their site.
 */
export const canLink = (a: Node, b: Node): boolean =>
  a.machine.endpoint !== undefined ||
  b.machine.endpoint !== undefined ||
  lanFamily(a, b) !== undefined;

/** The address of a machine on its site's network, as its site sees it. */
export const lanAddress = (node: Node, family: 4 | 6): Address | undefined =>
  node.machine.addresses.find((a) => a.local.family === family)?.local;

/** A family in which two machines of one site see each other on its network. */
export const lanFamily = (a: Node, b: Node): Family | undefined =>
  a.unit === b.unit
    ? ([4, 6] as const).find((family) => lanAddress(a, family) && lanAddress(b, family))
    : undefined;

/** Two machines of one site that need no tunnel: its network has all families that ours uses. */
export const shareLan = (a: Node, b: Node): boolean =>
  a.unit === b.unit && a.onWholeLan && b.onWholeLan;

/** A machine that others of its site have to speak for: it cannot be called, and carries nothing. */
export const needsHelp = (node: Node): boolean => !node.isCarrier && !node.machine.endpoint;

/** The error for a name that nobody in the network has. */
export function unknownMachine(model: Model, name: string): HawserError {
  const stations = model.network.segments.flatMap((segment) => segment.stations);
  const known = [
    ...new Set([
      ...model.nodesByName.keys(),
      ...model.hostsByName.keys(),
      ...stations.map((station) => station.name),
    ]),
  ].sort();
  const hint = didYouMean(name, known, 'machine');
  return compileErrors.error('compile/unknown-machine', { name, hint });
}
