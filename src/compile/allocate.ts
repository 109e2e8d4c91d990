import { by, byText, type Diagnostic, type Place } from '#base';
import type { Prefix } from '#ip';
import { Address, type AddressRange } from '#ip';
import type { Machine, Network, SegmentSite } from '#spec';
import { compileErrors } from './errors.ts';
import type { Ledger } from './inputs.ts';

/** Every machine of the file that runs WireGuard. */
export const wireguardMachines = (network: Network): readonly Machine[] => [
  ...network.sites.flatMap((site) => [...site.gateways, ...site.nodes]),
  ...network.members,
];

/** From where machines are given addresses, one each: an overlay prefix, or the pool of a site in a segment. */
interface Source {
  readonly range: Prefix | AddressRange;
  /** Its addresses that nobody has or had, in order, each once. */
  readonly fresh: Iterator<string>;
  /** What is told where it has none left for these machines. */
  exhausted(machines: string, place: Place): Diagnostic;
}

/** A machine that has an address of its own in each source, or is given one. */
interface Claim {
  readonly name: string;
  readonly was?: string | undefined;
  readonly place: Place;
  readonly own: readonly Address[];
  readonly from: readonly Source[];
}

/**
 * Gives addresses to machines that have none: one per overlay prefix to those that run WireGuard, one of
 * each pool of its site to a machine of a segment. What the file or the
 * ledger gave stays; addresses of machines that are gone become tombstones with the revision that
 * saw them go. Those are given out again only where a source has no other left, the oldest first.
 */
export function allocate(
  network: Network,
  ledger: Ledger,
  rev = 0,
): { readonly ledger: Ledger; readonly diagnostics: readonly Diagnostic[] } {
  const used = new Set<string>();
  const claims = claimsOf(network, used);
  const kept = claims.map((claim) => keptAddresses(claim, ledger));
  const tombstones = new Map(Object.entries(buried(ledger, kept, rev)));
  const fixed = new Set(claims.flatMap(({ own }) => own.map(String)));
  for (const address of [...tombstones.keys(), ...fixed]) used.add(address);
  const staying = kept.map((addresses) => {
    const free = addresses.filter((address) => !used.has(address));
    for (const address of free) used.add(address);
    return free;
  });
  const without = new Map<Source, Claim[]>();
  const given: Record<string, readonly string[]> = {};
  for (const [index, claim] of claims.entries()) {
    const addresses = claim.from.flatMap((source) => {
      if (claim.own.some((address) => source.range.contains(address))) return [];
      const has = staying[index]?.find((text) => isIn(source, text));
      if (has !== undefined) return [has];
      const next = source.fresh.next();
      if (!next.done) return [next.value];
      const oldest = oldestOf(tombstones, source, fixed);
      if (oldest !== undefined) {
        tombstones.delete(oldest);
        return [oldest];
      }
      const others = without.get(source) ?? [];
      without.set(source, others);
      others.push(claim);
      return [];
    });
    if (addresses.length > 0) given[claim.name] = [...(given[claim.name] ?? []), ...addresses];
  }
  return {
    ledger: { addresses: given, tombstones: Object.fromEntries(tombstones) },
    diagnostics: [...without].flatMap(([source, machines]) => exhausted(source, machines)),
  };
}

/** The network in which machines of segments have the addresses that they were given; the same once more. */
export const settled = (network: Network, { addresses }: Pick<Ledger, 'addresses'>): Network => ({
  ...network,
  segments: network.segments.map((segment) => ({
    ...segment,
    stations: segment.stations.map((station) => {
      if (!station.isGiven) return station;
      const given = (addresses[station.name] ?? []).map((text) => Address.parse(text));
      const own = given.filter((one) => segment.subnets.some((subnet) => subnet.contains(one)));
      return { ...station, addresses: own.sort((a, b) => a.compare(b)) };
    }),
  })),
});

/** All that have addresses or are to be given some, by their names. `used`: what nobody is given. */
const claimsOf = (network: Network, used: Set<string>): readonly Claim[] =>
  [...tunnelled(network, used), ...stationed(network, used)].sort(by(({ name }) => name));

function tunnelled(network: Network, used: Set<string>): readonly Claim[] {
  const from = network.overlay.map((overlay): Source => {
    const args = { overlay: String(overlay) };
    return {
      range: overlay,
      fresh: freeAddresses(overlay, used),
      exhausted: (machines, place) =>
        compileErrors.diagnostic('compile/overlay-exhausted', { ...args, machines }, { place }),
    };
  });
  return wireguardMachines(network).map(({ name, was, place, overlay: own }) => ({
    ...{ name, was, place, own, from },
  }));
}

function stationed({ segments, members }: Network, used: Set<string>): readonly Claim[] {
  const former = new Map(members.map(({ name, was }) => [name, was]));
  return segments.flatMap(({ name: segment, sites, stations }) => {
    const sources = new Map<string, Source>();
    const pools = new Map(
      sites.map(({ site, pools, mode }) => [
        site,
        pools.map((pool) => {
          // That of all members is one.
          const known = sources.get(String(pool)) ?? poolOf(segment, site, mode, pool, used);
          sources.set(String(pool), known);
          return known;
        }),
      ]),
    );
    return stations.map(({ name, site, place, addresses, isGiven }) => ({
      ...{ name, was: former.get(name), place, own: isGiven ? [] : addresses },
      from: isGiven ? (pools.get(site) ?? []) : [],
    }));
  });
}

function poolOf(
  segment: string,
  site: string,
  mode: SegmentSite['mode'],
  pool: AddressRange,
  used: Set<string>,
): Source {
  const at = mode === 'alone' ? segment : `${segment}.sites.${site}`;
  return {
    range: pool,
    fresh: unused(pool.first, pool.last, used),
    exhausted: (machines, place) => {
      const args = { pool: String(pool), at, machines };
      return compileErrors.diagnostic('compile/pool-exhausted', args, { place });
    },
  };
}

/** Told once for each source, at the first machine that gets no address, however many more there are. */
function exhausted(source: Source, [first, ...others]: readonly Claim[]): Diagnostic[] {
  if (!first) return [];
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return [source.exhausted(`${first.name}${more}`, first.place)];
}

/** The address of a source that nobody has had for the longest time; undefined: there is none. */
function oldestOf(
  tombstones: ReadonlyMap<string, number>,
  source: Source,
  fixed: ReadonlySet<string>,
): string | undefined {
  let oldest: { readonly address: string; readonly rev: number } | undefined;
  for (const [address, rev] of tombstones) {
    const isFree = isIn(source, address) && !fixed.has(address);
    if (isFree && (!oldest || rev < oldest.rev)) oldest = { address, rev };
  }
  return oldest?.address;
}

function isIn({ range }: Source, text: string): boolean {
  const address = Address.tryParse(text);
  return address !== undefined && range.contains(address);
}

/** Ledger addresses that still count: of the machine or of its former name, in one of its sources. */
function keptAddresses({ name, was, own, from }: Claim, ledger: Ledger): readonly string[] {
  const entry = ledger.addresses[name] ?? (was === undefined ? undefined : ledger.addresses[was]);
  return (entry ?? []).filter((text) => {
    const source = from.find((one) => isIn(one, text));
    return source !== undefined && !own.some((address) => source.range.contains(address));
  });
}

function buried(
  ledger: Ledger,
  kept: readonly (readonly string[])[],
  rev: number,
): Readonly<Record<string, number>> {
  const alive = new Set(kept.flat());
  const gone = Object.values(ledger.addresses)
    .flat()
    .filter((address) => !alive.has(address))
    .map((address) => [address, rev] as const);
  const all = new Map([...Object.entries(ledger.tombstones), ...gone]);
  return Object.fromEntries(
    [...all].filter(([a]) => !alive.has(a)).sort(([a], [b]) => byText(a, b)),
  );
}

/**
 * Host addresses of a prefix that are not used, in order. Skips the network and broadcast address of
 * IPv4 (RFC 1812) and the subnet-router anycast address of IPv6 (RFC 4291, 2.6.1).
 */
function freeAddresses(prefix: Prefix, used: Set<string>): Iterator<string> {
  const hostBits = (prefix.family === 4 ? 32 : 128) - prefix.length;
  const skipEnds = hostBits > 1;
  const last = skipEnds && prefix.family === 4 ? prefix.last.previous() : prefix.last;
  return unused(skipEnds ? prefix.first.next() : prefix.first, last, used);
}

/** Addresses of a range that are not used, in order. */
function* unused(
  first: Address | undefined,
  last: Address | undefined,
  used: Set<string>,
): Generator<string> {
  for (let address = first; address && last && address.compare(last) <= 0; ) {
    const text = address.toString();
    if (!used.has(text)) {
      used.add(text);
      yield text;
    }
    address = address.next();
  }
}
