import { formatPlace, type Place } from '#base';
import type { Address } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { leastIpv6Mtu } from '../machine.ts';
import type { Egress, Machine, Network, Router, Segment, SegmentSite, Site } from '../network.ts';

/** UDP port of our VXLAN, inside the tunnels: not 4789, which others on the machine may use. */
export const vxlanPort = 14_789;

/** TCP port by which gateways tell each other who is where; at their overlay addresses alone. */
export const tablePort = 14_790;

type Sites = ReadonlyMap<string, Site>;

/** What several segments must not share, and what their sites must have for them. */
export function checkSegments(
  segments: readonly Segment[],
  sites: Network['sites'],
  routers: readonly Router[],
  draft: Draft,
): void {
  const byName: Sites = new Map(sites.map((site) => [site.name, site]));
  checkIdentifiers(segments, draft);
  checkPorts(segments, draft);
  checkListenPorts(segments, byName, draft);
  checkTaps(segments, sites, draft);
  checkAllowed(segments, draft);
  for (const segment of segments) {
    for (const here of segment.sites) {
      checkGateway(segment, here, byName, draft);
      checkDhcp(segment, here, draft);
      checkForward(segment, here, routers, draft);
    }
    checkNameServers(segment, routers, draft);
    checkPortName(segment, byName, draft);
    checkMtu(segment, byName, draft);
    if (!routers.some((one) => one.segments.includes(segment.name))) checkRouters(segment, draft);
    checkFlood(segment, draft);
  }
}

function checkIdentifiers(segments: readonly Segment[], draft: Draft): void {
  const first = new Map<number, Segment>();
  for (const segment of segments) {
    const { vni } = segment;
    const taken = first.get(vni);
    if (vni === 0) continue; // unreadable, and reported
    if (taken) {
      const args = {
        vni,
        other: taken.name,
        first: formatPlace(taken.fields['vni'] ?? taken.place),
      };
      const place = segment.fields['vni'] ?? segment.place;
      draft.report(errors.diagnostic('spec/vni-twice', args, { place, text: String(vni) }));
    } else first.set(vni, segment);
  }
}

/** A port is one segment's alone, or all of its segments have tags of their own. */
function checkPorts(segments: readonly Segment[], draft: Draft): void {
  const taken = new Map<string, { readonly here: SegmentSite; readonly segment: string }[]>();
  for (const segment of segments) {
    for (const here of segment.sites) {
      const key = `${here.site} ${here.port}`;
      const others = taken.get(key) ?? [];
      const other = others.find(({ here: { vlan } }) => isSameLink(vlan, here.vlan));
      if (other && here.port !== '') {
        const args = { port: here.port, segment: other.segment, site: here.site };
        const first = formatPlace(other.here.fields['port'] ?? other.here.place);
        const place = here.fields['vlan'] ?? here.fields['port'] ?? here.place;
        draft.report(errors.diagnostic('spec/port-taken', { ...args, first }, { place }));
      }
      taken.set(key, [...others, { here, segment: segment.name }]);
    }
  }
}

const isSameLink = (a: number | undefined, b: number | undefined): boolean =>
  a === undefined || b === undefined || a === b;

function checkGateway(segment: Segment, here: SegmentSite, sites: Sites, draft: Draft): void {
  const site = sites.get(here.site);
  if (!site || site.gateways.length > 0) return;
  const args = { segment: segment.name, site: site.name };
  draft.report(errors.diagnostic('spec/segment-without-gateway', args, { place: here.place }));
}

/** One of ours tells machines to ask it for addresses of the families that it has itself. */
function checkDhcp({ name }: Segment, here: SegmentSite, draft: Draft): void {
  const { site, dhcp, pools, mode, fields, place } = here;
  if (dhcp.by !== 'hawser' || pools.length === 0) return;
  if (mode === 'proxy') {
    const where = { place: fields['dhcp'] ?? place };
    draft.report(errors.diagnostic('spec/dhcp-behind-proxy', { site, segment: name }, where));
    return;
  }
  for (const address of dhcp.addresses) {
    const { family } = address;
    if (pools.some((pool) => pool.family === family)) continue;
    const args = { address: String(address), site, family, segment: name };
    draft.report(
      errors.diagnostic('spec/dhcp-without-pool', args, { place: fields['dhcp'] ?? place }),
    );
  }
}

/** It answers for names at all, and finds whom it asks: on the segment, or by the list of the segment's router. */
function checkForward(
  segment: Segment,
  { site, dhcp, fields, place }: SegmentSite,
  routers: readonly Router[],
  draft: Draft,
): void {
  const where = { place: fields['dhcp'] ?? place };
  const answers = segment.dns.some((one) => dhcp.addresses.some((own) => own.equals(one)));
  const args = { segment: segment.name, site };
  if (dhcp.forward.length > 0 && (dhcp.by !== 'hawser' || !answers)) {
    draft.report(errors.diagnostic('spec/forward-unanswered', args, where));
  }
  for (const one of dhcp.forward) {
    const address = String(one);
    if (dhcp.addresses.some((own) => own.equals(one))) {
      draft.report(errors.diagnostic('spec/forward-to-itself', { ...args, address }, where));
    }
    if (segment.subnets.some((subnet) => subnet.contains(one))) continue;
    const { family } = one;
    if (segment.routers.some((router) => router.family === family)) {
      checkLetOut(segment, one, routers, where, draft);
    } else {
      const unreached = { ...args, address, family };
      draft.report(errors.diagnostic('spec/forward-without-router', unreached, where));
    }
  }
}

/** A warning. */
function checkLetOut(
  { name }: Segment,
  server: Address,
  routers: readonly Router[],
  where: { readonly place: Place },
  draft: Draft,
): void {
  const ours = routers.find(({ segments }) => segments.includes(name));
  if (!ours || ours.egress.some((egress) => letsAsk(egress, server))) return;
  const args = { router: ours.name, address: String(server) };
  draft.report(
    errors.diagnostic('spec/forward-not-let-out', args, { ...where, severity: 'warning' }),
  );
}

/** Warnings: machines may have ways and servers of their own. */
function checkNameServers(segment: Segment, routers: readonly Router[], draft: Draft): void {
  const { name, subnets, dns, fields, place } = segment;
  const where = { place: fields['dns'] ?? place, severity: 'warning' } as const;
  for (const server of dns) {
    const { family } = server;
    const args = { segment: name, address: String(server), family };
    if (subnets.length === 0) continue; // unreadable, and reported
    if (!subnets.some((subnet) => subnet.family === family)) {
      draft.report(errors.diagnostic('spec/dns-family', args, where));
    } else if (subnets.some((subnet) => subnet.contains(server))) continue;
    else if (segment.routers.some((router) => router.family === family)) {
      checkLetOut(segment, server, routers, where, draft);
    } else draft.report(errors.diagnostic('spec/dns-without-router', args, where));
  }
}

const letsAsk = ({ to, host, ports }: Egress, address: Address): boolean =>
  host === undefined &&
  (to?.contains(address) ?? true) &&
  (ports.length === 0 ||
    ports.some((port) => port.protocol === 'udp' && port.first <= 53 && port.last >= 53));

/** What is closed to all but VXLAN would be closed to the tunnels of a gateway, too. */
function checkListenPorts(segments: readonly Segment[], sites: Sites, draft: Draft): void {
  const reached = new Set(segments.flatMap((segment) => segment.sites.map(({ site }) => site)));
  for (const site of reached) {
    const [gateway] = sites.get(site)?.gateways ?? [];
    if (gateway?.listenPort !== vxlanPort) continue;
    const { name, fields, place } = gateway;
    const where = { place: fields['port'] ?? place, text: String(vxlanPort) };
    draft.report(errors.diagnostic('spec/port-of-vxlan', { port: vxlanPort, name }, where));
  }
}

function checkTaps(segments: readonly Segment[], sites: readonly Site[], draft: Draft): void {
  const reached = new Set(segments.flatMap((segment) => segment.sites.map(({ site }) => site)));
  for (const site of sites.filter((one) => !reached.has(one.name))) {
    for (const { name, taps, fields, place } of site.gateways) {
      if (taps.length === 0) continue;
      const where = { place: fields['taps'] ?? place };
      draft.report(
        errors.diagnostic('spec/taps-without-segment', { name, site: site.name }, where),
      );
    }
  }
}

/** Names that a port cannot have: those of devices of ours in the namespace that it moves into. */
const namesInside = new Set(['lo', 'bridge', 'vxlan', 'router']);

function checkPortName(segment: Segment, sites: Sites, draft: Draft): void {
  for (const { site, port, vlan, fields, place } of segment.sites) {
    const where = { place: fields['port'] ?? place, text: port };
    const [gateway] = sites.get(site)?.gateways ?? [];
    if (gateway?.interface === port) {
      const args = { port, gateway: gateway.name };
      draft.report(errors.diagnostic('spec/port-is-tunnel', args, where));
    } else if (vlan === undefined && namesInside.has(port)) {
      draft.report(errors.diagnostic('spec/port-name', { port }, where));
    }
  }
}

/** What no machine of the file has is found by nobody at another site; a warning: each site may have its own. */
function checkRouters(
  { name, routers, sites, stations, fields, place }: Segment,
  draft: Draft,
): void {
  if (sites.length < 2) return;
  const known = new Set(stations.flatMap(({ addresses }) => addresses.map(String)));
  const where = { place: fields['router'] ?? place, severity: 'warning' } as const;
  for (const router of routers.map(String)) {
    if (known.has(router)) continue;
    const args = { router, segment: name };
    draft.report(errors.diagnostic('spec/router-at-home', args, { ...where, text: router }));
  }
}

/** A warning: it is what was asked for. */
function checkFlood({ name, flood, sites, fields, place }: Segment, draft: Draft): void {
  if (!flood) return;
  const bridged = sites.filter(({ mode }) => mode === 'bridge').length;
  const where = { place: fields['flood'] ?? place, severity: 'warning' } as const;
  const found =
    bridged < 2
      ? errors.diagnostic('spec/flood-to-nobody', { segment: name }, where)
      : errors.diagnostic('spec/flood-is-loud', { segment: name, times: bridged - 1 }, where);
  draft.report(found);
}

/** Addresses of the overlay and of other segments are those of their own machines; what reaches into its own segment is told already. */
function checkAllowed(segments: readonly Segment[], draft: Draft): void {
  const taken = [
    ...draft.overlay.map((range) => ({ of: '', range, what: 'the overlay' })),
    ...segments.flatMap(({ name, subnets }) =>
      subnets.map((range) => ({ of: name, range, what: `segment \`${name}\`` })),
    ),
  ];
  for (const segment of segments) {
    for (const { name, allow, fields, place } of segment.stations) {
      for (const prefix of allow) {
        const found = taken.filter(({ range }) => range.overlaps(prefix));
        const [other] = found;
        if (!other || found.some(({ of }) => of === segment.name)) continue;
        const args = { name, allow: String(prefix), what: other.what, range: String(other.range) };
        const where = { place: fields['allow'] ?? place, text: String(prefix) };
        draft.report(errors.diagnostic('spec/allow-elsewhere', args, where));
      }
    }
  }
}

/** Outer headers of a frame in VXLAN: Ethernet 14, VXLAN 8, UDP 8, IP (RFC 7348, 5). */
const vxlanOverhead = { 4: 50, 6: 70 } as const;
/** Those of WireGuard's packets: UDP 8, message 32, IP. */
const tunnelOverhead = { 4: 60, 6: 80 } as const;

/** As far as the file says what the machines' own networks carry. */
function checkMtu(segment: Segment, sites: Sites, draft: Draft): void {
  if (!segment.subnets.some(({ family }) => family === 6)) return;
  const inner = draft.overlay.some(({ family }) => family === 4) ? 4 : 6;
  for (const here of segment.sites) {
    const site = sites.get(here.site);
    const [gateway] = site?.gateways ?? [];
    const underlay = gateway?.mtu ?? site?.mtu;
    if (!gateway || underlay === undefined) continue;
    const mtu = underlay - tunnelOverhead[calledOver(gateway)] - vxlanOverhead[inner];
    if (mtu >= leastIpv6Mtu) continue;
    const least = underlay + leastIpv6Mtu - mtu;
    const args = { segment: segment.name, site: here.site, mtu, underlay, least };
    draft.report(errors.diagnostic('spec/segment-mtu', args, { place: here.place }));
  }
}

const calledOver = ({ endpoint }: Machine): 4 | 6 =>
  endpoint !== undefined && endpoint.address?.family !== 4 ? 6 : 4;
