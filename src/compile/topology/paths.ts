import type { Network } from '#spec';
import {
  canLink,
  carrierOf,
  type Node,
  needsHelp,
  type Paths,
  shareLan,
  type Unit,
} from '../model.ts';
import type { Core } from './core.ts';
import { hubCore } from './hub.ts';
import { linksCore } from './links.ts';
import { meshCore } from './mesh.ts';
import { meetAt } from './relay.ts';

export interface Units {
  readonly all: readonly Unit[];
  readonly byName: ReadonlyMap<string, Unit>;
}

function coreOf(network: Network, units: Units): Core {
  const core = units.all.filter((unit) => unit.hub === undefined);
  switch (network.topology.kind) {
    case 'mesh':
      return meshCore(core);
    case 'hub':
      return hubCore(core, network.topology.hubs);
    case 'links':
      return linksCore(
        core,
        network.topology.links.map((link) => link.ends),
      );
  }
}

/** The paths of a topology, with attached members behind the carriers of their sites. */
export function pathsOf(network: Network, units: Units): Paths {
  const core = coreOf(network, units);
  const hubOf = (node: Node): Unit | undefined =>
    node.unit.hub === undefined ? undefined : units.byName.get(node.unit.hub);

  const viaCore = (from: Node, to: Node): Node | undefined => {
    if (from.unit !== to.unit) return core.next(from, to);
    return shareLan(from, to) || canLink(from, to) ? to : undefined;
  };

  /** Between a site's machine and a member attached to the site. */
  const toMember = (machine: Node, member: Node): Node | undefined => {
    const carrier = carrierOf(machine.unit);
    if (canLink(machine, member)) return member;
    return meetAt(carrier, machine, member) ? carrier : undefined;
  };

  const next = (from: Node, to: Node): Node | undefined => {
    const fromHub = hubOf(from);
    if (fromHub) {
      const target = to.unit === fromHub && canLink(from, to) ? to : carrierOf(fromHub);
      return canLink(from, target) ? target : undefined;
    }
    const toHub = hubOf(to);
    if (!toHub) return viaCore(from, to);
    if (from.unit === toHub) return toMember(from, to);
    return viaCore(from, carrierOf(toHub));
  };

  const upstream = (node: Node): Node | undefined => {
    if (needsHelp(node)) return undefined;
    const hub = hubOf(node);
    if (!hub) return core.upstream(node);
    return canLink(node, carrierOf(hub)) ? carrierOf(hub) : undefined;
  };

  function* neighbours(node: Node): Iterable<Node> {
    const hub = hubOf(node);
    const others = hub ? hub.nodes : core.neighbours(node);
    for (const other of others) if (canLink(node, other)) yield other;
    for (const sibling of node.unit.nodes) {
      if (sibling !== node && !shareLan(node, sibling) && canLink(node, sibling)) yield sibling;
    }
    for (const member of node.unit.attached) {
      for (const other of member.nodes) if (canLink(node, other)) yield other;
    }
  }

  return { next, upstream, neighbours };
}
