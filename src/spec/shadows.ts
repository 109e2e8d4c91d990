import { formatPlace } from '#base';
import type { Draft } from './draft.ts';
import { errors } from './errors.ts';
import type { Dns, Host, Machine, Site } from './network.ts';

/** Names that /etc/hosts gives every machine for itself (hosts(5), as Debian and macOS fill it). */
const loopback = /^(?:localhost|ip6-.*|broadcasthost)$/;

interface Found {
  readonly what: string;
  readonly one: Machine | Host;
}

const machinesOf = ({ gateways, nodes }: Site): readonly Machine[] => [...gateways, ...nodes];

/** Who is found under which name below the zone: by its own name, and by `name.site`. */
function takenNames(sites: readonly Site[], members: readonly Machine[]): Map<string, Found> {
  const placed = sites.flatMap((site) => [
    ...machinesOf(site).map((one) => ({ what: `a ${one.kind}`, one, site: site.name })),
    ...site.hosts.map((one) => ({ what: 'a host', one, site: site.name })),
  ]);
  return new Map<string, Found>([
    ...members.map((one) => [one.name, { what: 'a member', one }] as const),
    ...placed.map((found) => [found.one.name, found] as const),
    ...placed.map((found) => [`${found.one.name}.${found.site}`, found] as const),
  ]);
}

/** Reports names of the network that hide another, or would be hidden by it. */
export function reportShadows(
  dns: Dns,
  sites: readonly Site[],
  members: readonly Machine[],
  draft: Draft,
): void {
  const taken = takenNames(sites, members);
  reportRecords(dns, taken, draft);
  reportLoopback(dns, taken, draft);
  const known = new Set([...taken.keys(), ...dns.records.map(({ name }) => name)]);
  for (const machine of [...sites.flatMap(machinesOf), ...members]) {
    reportEndpoint(machine, dns.zone, known, draft);
  }
}

function reportRecords(dns: Dns, taken: ReadonlyMap<string, Found>, draft: Draft): void {
  for (const { name, place } of dns.records) {
    const found = taken.get(name);
    if (!found) continue;
    const args = { name, other: found.what, first: formatPlace(found.one.place) };
    draft.report(errors.diagnostic('spec/record-shadows', args, { place, text: name }));
  }
}

function reportLoopback(dns: Dns, taken: ReadonlyMap<string, Found>, draft: Draft): void {
  const named = [...[...taken.values()].map(({ one }) => one), ...dns.records];
  for (const { name, place } of new Set(named)) {
    if (!loopback.test(name)) continue;
    draft.report(errors.diagnostic('spec/shadows-loopback', { name }, { place, text: name }));
  }
}

/** A name that is found inside the network leads into the tunnel, which needs the endpoint to exist. */
function reportEndpoint(
  { name: machine, endpoint, fields, place }: Machine,
  zone: string,
  known: ReadonlySet<string>,
  draft: Draft,
): void {
  if (!endpoint || endpoint.address) return;
  const host = endpoint.host.toLowerCase();
  const inZone = host === zone || host.endsWith(`.${zone}`);
  if (!inZone && !known.has(host)) return;
  const why = inZone ? `its zone is \`${zone}\`` : 'the name is taken there';
  const args = { host: endpoint.host, machine, why, network: draft.network };
  const where = { place: fields.endpoint ?? place, text: endpoint.host };
  draft.report(errors.diagnostic('spec/endpoint-shadowed', args, where));
}
