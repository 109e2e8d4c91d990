import type { Diagnostic } from '#base';
import { formatEndpoint } from '#ip';
import { compileErrors } from '../errors.ts';
import { canLink, carrierOf, lanAddress, type Model, type Node } from '../model.ts';
import { ipv6MinimumMtu, tunnelMtu } from '../mtu.ts';

/** What is wrong with single machines and links, whatever the pairs. */
export function linkChecks(model: Model): readonly Diagnostic[] {
  return [
    ...endpointsInOverlay(model),
    ...impossibleLinks(model),
    ...sitesWithoutWayOut(model),
    ...smallTunnels(model),
    ...carriedTwice(model),
  ];
}

function endpointsInOverlay(model: Model): Diagnostic[] {
  return model.nodes.flatMap(({ name, machine }) => {
    const address = machine.endpoint?.address;
    const overlay = address && model.network.overlay.find((prefix) => prefix.contains(address));
    if (!machine.endpoint || !overlay) return [];
    const endpoint = formatEndpoint(machine.endpoint);
    return compileErrors.diagnostic(
      'compile/endpoint-in-overlay',
      { endpoint, machine: name, overlay: overlay.toString() },
      { place: machine.fields.endpoint ?? machine.place, text: endpoint },
    );
  });
}

function impossibleLinks(model: Model): Diagnostic[] {
  const { topology } = model.network;
  if (topology.kind !== 'links') return [];
  return topology.links.flatMap(({ ends, place }) => {
    const [a, b] = ends.map((name) => model.unitsByName.get(name));
    if (!a || !b || canLink(carrierOf(a), carrierOf(b))) return [];
    return compileErrors.diagnostic(
      'compile/link-impossible',
      { a: carrierOf(a).name, b: carrierOf(b).name },
      { place },
    );
  });
}

/** Hosts need an address of the gateway on their own network to send to. */
function sitesWithoutWayOut(model: Model): Diagnostic[] {
  return model.network.sites.flatMap((site) => {
    if (site.hosts.length === 0) return [];
    const unit = model.unitsByName.get(site.name);
    if (!unit) {
      const where = { place: site.place };
      return [compileErrors.diagnostic('compile/site-without-gateway', { site: site.name }, where)];
    }
    const carrier = carrierOf(unit);
    const families = new Set(site.hosts.flatMap((h) => h.addresses.map((a) => a.local.family)));
    return [...families]
      .filter((family) => !lanAddress(carrier, family))
      .map((family) =>
        compileErrors.diagnostic(
          'compile/gateway-without-address',
          { site: site.name, gateway: carrier.name, family: `IPv${family}` },
          { place: carrier.machine.place },
        ),
      );
  });
}

/** Tunnels too narrow for IPv6; looked for only where a network below is narrow at all. */
function smallTunnels(model: Model): Diagnostic[] {
  if (!model.inside.prefixes().some((prefix) => prefix.family === 6)) return [];
  return model.nodes
    .filter((node) => node.underlayMtu < ipv6MinimumMtu + 80)
    .flatMap((node) => smallTunnel(node, model));
}

function smallTunnel(node: Node, model: Model): Diagnostic[] {
  const upstream = model.paths.upstream(node);
  const peers = upstream ? [upstream] : [...model.paths.neighbours(node)];
  const peer = peers.find((other) => tunnelMtu(node, other) < ipv6MinimumMtu);
  if (!peer) return [];
  const site = node.unit.site;
  return [
    compileErrors.diagnostic(
      'compile/mtu-too-small',
      { a: node.name, b: peer.name, mtu: tunnelMtu(node, peer), underlay: node.underlayMtu },
      { place: node.machine.fields.mtu ?? site?.fields.mtu ?? node.machine.place },
    ),
  ];
}

/** No prefix is behind two machines: one sweep over all of them, sorted. */
function carriedTwice(model: Model): Diagnostic[] {
  return model.carried.flatMap((entry, index) => {
    const before = model.carried[index - 1];
    if (!before?.prefix.overlaps(entry.prefix)) return [];
    const args = {
      prefix: entry.prefix.toString(),
      a: entry.node.name,
      other: before.prefix.toString(),
      b: before.node.name,
    };
    const where = { place: entry.node.machine.place };
    return compileErrors.diagnostic('compile/prefix-carried-twice', args, where);
  });
}
