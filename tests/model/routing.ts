import type { DeviceRef, Route } from '#state';
import { commonBits, contains, type Family, familyOf, same, span } from './address.ts';
import { remembered } from './remembered.ts';
import {
  lan,
  type Party,
  peersOf,
  podDevice,
  routerName,
  subnetsOf,
  type Terrain,
  tunnelsOf,
  uplink,
} from './world.ts';

/** Where a packet goes from here. */
export type Way =
  | { readonly kind: 'local' }
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'out';
      readonly device: string;
      /** The neighbour on the LAN that takes it: an address, or the name of the LAN's router. */
      readonly next?: string;
      readonly mtu?: number;
      readonly source?: string;
    };

interface Entry {
  readonly prefix: string;
  readonly device: string;
  readonly next?: string;
  readonly metric: number;
  /** An unreachable route: whoever meets it is told that there is no way. */
  readonly refuses?: true;
  readonly mtu?: number;
  readonly source?: string;
}

const mainTable = 254;
/** Metrics of Linux: what the kernel adds itself, what a person adds without a number, what loses to all. */
const kernelMetric = (family: Family): number => (family === 4 ? 0 : 256);
const defaultMetric = (family: Family): number => (family === 4 ? 0 : 1024);
const lastMetric = 4_000_000_000;

const familyText = (family: Family, v4: string, v6: string): string => (family === 4 ? v4 : v6);

/** A device by the name this model gives it; undefined when the machine has none such. */
export function deviceName(party: Party, ref: DeviceRef): string | undefined {
  if (typeof ref === 'string') {
    return tunnelsOf(party).some(([, t]) => t.interface === ref) ? ref : undefined;
  }
  if (party.lan.some((a) => same(a, ref.holding))) return lan;
  const held = (party.root.addresses?.items ?? []).find(
    (item) => familyOf(item.address) === familyOf(ref.holding) && holds(item.address, ref.holding),
  );
  return held && deviceName(party, held.device);
}

const holds = (addressItem: string, target: string): boolean =>
  same(addressItem.split('/')[0] as string, target);

/** Addresses on a device, in the order they were added. */
export const addressesOn = (party: Party, device: string): string[] =>
  device === lan
    ? [...party.lan]
    : (party.root.addresses?.items ?? [])
        .filter((item) => deviceName(party, item.device) === device)
        .map((item) => item.address.split('/')[0] as string);

const localOf = remembered((party: Party): string[] => [
  ...party.lan,
  ...(party.root.addresses?.items ?? []).map((item) => item.address.split('/')[0] as string),
]);
export const localAddresses = (party: Party): string[] => localOf(party, '');

/** Subnets of the site in which the machine has an address itself; the router is in all. */
const onLink = (party: Party): string[] =>
  (party.site ? subnetsOf(party.site) : []).filter(
    (subnet) => party.kind === 'router' || party.lan.some((a) => contains(subnet, a)),
  );

/** What the machine's own system, its cloud or its cluster put into the main table. */
function givenEntries(party: Party, family: Family): Entry[] {
  const connected = onLink(party).map((prefix) => ({ prefix, device: lan }));
  const pods = party.pods.map((prefix) => ({ prefix, device: podDevice }));
  const entries: Entry[] = [...connected, ...pods, ...clusterEntries(party)].map((entry) => ({
    ...entry,
    metric: kernelMetric(familyOf(entry.prefix)),
  }));
  return [...entries.filter((e) => familyOf(e.prefix) === family), ...defaultEntry(party, family)];
}

/** The cluster network's part: another node's pods are reached through that node. */
const clusterEntries = (party: Party): { prefix: string; device: string; next: string }[] =>
  party.kind !== 'node'
    ? []
    : (party.site?.nodes ?? [])
        .filter((node) => node.name !== party.name)
        .flatMap((node) =>
          node.pods.flatMap((pods) => {
            const prefix = pods.toString();
            const via = node.addresses.find((a) => a.local.family === familyOf(prefix));
            const next = (via ?? node.addresses[0])?.local.toString();
            return next === undefined ? [] : [{ prefix, device: lan, next }];
          }),
        );

function defaultEntry(party: Party, family: Family): Entry[] {
  if (party.kind === 'router') return [];
  const prefix = familyText(family, '0.0.0.0/0', '::/0');
  const base = { prefix, metric: lastMetric };
  if (party.kind === 'member') return [{ ...base, device: uplink }];
  return [{ ...base, device: lan, next: routerName(party.site?.name ?? '') }];
}

/** The routes that what we compile adds to a table. */
function addedEntries(terrain: Terrain, party: Party, table: number, family: Family): Entry[] {
  const { hostRoutes, routerRoutes } = terrain.world;
  const outside =
    party.kind === 'router'
      ? routerRoutes.get(party.site?.name ?? '')
      : party.state
        ? []
        : hostRoutes.get(party.name);
  const routes = [...(party.root.routes?.items ?? []), ...(outside ?? [])];
  return routes
    .filter((route) => route.table === table && familyOf(route.prefix) === family)
    .map((route) => {
      if (route.type === 'unreachable') return refusal(party, route);
      const device = routeDevice(terrain, party, route);
      if (device === undefined) {
        throw new Error(`model: ${party.name} has no device for its route to ${route.prefix}`);
      }
      return {
        prefix: route.prefix,
        device,
        metric: route.metric ?? defaultMetric(family),
        ...(route.via !== undefined && { next: checkedVia(party, route.via) }),
        ...(route.mtu !== undefined && { mtu: route.mtu }),
        ...(route.source !== undefined && { source: route.source }),
      };
    });
}

function routeDevice(terrain: Terrain, party: Party, { device }: Route): string | undefined {
  if (device === undefined) return lan;
  if (typeof device === 'string' || 'holding' in device) return deviceName(party, device);
  return liveDevice(terrain, party, device.carrying);
}

/** Of several tunnels the one by which a peer lives: it has the key of that one. */
function liveDevice(terrain: Terrain, party: Party, prefix: string): string | undefined {
  const binding = party.state?.bindings.find(({ prefixes }) => prefixes.includes(prefix));
  const tunnels = (binding?.candidates ?? []).flatMap(({ tunnel, peer }) => {
    const own = party.state?.tunnels[tunnel];
    return own ? [{ own, key: own.peers[peer]?.publicKey ?? '' }] : [];
  });
  const lives = tunnels.find(({ own, key }) => {
    const far = terrain.ownerOf(key);
    const theirs = far?.party.state?.tunnels[far.tunnel];
    return theirs && peersOf(theirs).some(([, peer]) => peer.publicKey === own.key.publicKey);
  });
  return (lives ?? tunnels[0])?.own.interface;
}

function refusal(party: Party, { prefix, metric, device, via }: Route): Entry {
  if (metric === undefined || device !== undefined || via !== undefined) {
    throw new Error(
      `model: ${party.name} has an unreachable route to ${prefix} that leads somewhere`,
    );
  }
  return { prefix, device: '', metric, refuses: true };
}

/** The kernel refuses a next hop that is not on a network of the machine's own. */
function checkedVia(party: Party, via: string): string {
  if (!onLink(party).some((subnet) => contains(subnet, via))) {
    throw new Error(`model: ${via} is not on a network of ${party.name}`);
  }
  return via;
}

/** All of a table, longest prefix first, then smallest metric; `which` is `table|family|party`. */
const tableOf = remembered((terrain: Terrain, which: string): Entry[] => {
  const [first, second, name = ''] = which.split('|');
  const [table, family] = [Number(first), second === '4' ? 4 : 6] as const;
  const party = terrain.party(name);
  const given = table === mainTable ? givenEntries(party, family) : [];
  const all = [...given, ...addedEntries(terrain, party, table, family)];
  refuseDoubles(party, all);
  return all.sort((a, b) => span(b.prefix).length - span(a.prefix).length || a.metric - b.metric);
});

const lookUpTable = (
  terrain: Terrain,
  party: Party,
  table: number,
  target: string,
): Entry | undefined =>
  tableOf(terrain, `${table}|${familyOf(target)}|${party.name}`).find((entry) =>
    contains(entry.prefix, target),
  );

function refuseDoubles(party: Party, entries: readonly Entry[]): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    const id = `${entry.prefix} metric ${entry.metric}`;
    if (seen.has(id)) throw new Error(`model: ${party.name} has two routes ${id}`);
    seen.add(id);
  }
}

/** Tables in the order the machine's rules ask them, for a packet with this mark. */
const tablesFor = (party: Party, family: Family, mark: number): number[] => {
  const rules = (party.root.rules?.items ?? [])
    .filter((rule) => rule.family === family && (rule.fwmark === mark) !== rule.not)
    .map((rule) => ({ priority: rule.priority, table: rule.table }));
  return [...rules, { priority: 32766, table: mainTable }]
    .sort((a, b) => a.priority - b.priority)
    .map((rule) => rule.table);
};

/** The routing decision of one machine (ip-rule(8), ip-route(8)). */
export function route(terrain: Terrain, party: Party, target: string, mark = 0): Way {
  if (localAddresses(party).some((a) => same(a, target))) return { kind: 'local' };
  for (const table of tablesFor(party, familyOf(target), mark)) {
    const found = lookUpTable(terrain, party, table, target);
    if (found?.refuses) return { kind: 'none', why: `${party.name} refuses ${target}` };
    if (found) return { kind: 'out', ...wayOf(found, target) };
  }
  return { kind: 'none', why: `${party.name} has no route to ${target}` };
}

const wayOf = (entry: Entry, target: string): Omit<Extract<Way, { kind: 'out' }>, 'kind'> => ({
  device: entry.device,
  ...(entry.device === lan && { next: entry.next ?? target }),
  ...(entry.mtu !== undefined && { mtu: entry.mtu }),
  ...(entry.source !== undefined && { source: entry.source }),
});

/** The address a machine speaks from when the program did not choose one. */
export function sourceFor(
  party: Party,
  way: Extract<Way, { kind: 'out' }>,
  target: string,
): string | undefined {
  if (way.source !== undefined) return way.source;
  const fits = (a: string) => familyOf(a) === familyOf(target);
  const here = addressesOn(party, way.device).filter(fits);
  const candidates = here.length > 0 ? here : localAddresses(party).filter(fits);
  const near = way.next !== undefined && !way.next.includes(' ') ? way.next : target;
  if (familyOf(target) === 6) {
    return [...candidates].sort((a, b) => commonBits(b, target) - commonBits(a, target))[0];
  }
  return (
    candidates.find((a) => onLink(party).some((s) => contains(s, a) && contains(s, near))) ??
    candidates[0]
  );
}
