import { type Address, AddressRange, Prefix } from '#ip';
import type { SegmentSite } from '../network.ts';
import { type Shares, shareAround } from './around.ts';
import { edgesOf } from './edges.ts';

/** A pool that a site of a segment could have: disjoint from all others, with nothing reserved in it. */
export interface PoolProposal {
  readonly segment: string;
  /** Absent: it is for the members of the segment. */
  readonly site?: string;
  /** One per subnet that has room. */
  readonly pools: readonly AddressRange[];
  /** From the first to the last of its machines, where no range holds them and nothing of others. */
  readonly scattered?: readonly AddressRange[];
}

interface Wanted {
  readonly name: string;
  readonly subnets: readonly Prefix[];
  readonly routers: readonly Address[];
  readonly sites: readonly Pick<SegmentSite, 'site' | 'dhcp'>[];
  /** They have a pool of their own. */
  readonly hasMembers: boolean;
  readonly stations: readonly {
    readonly site: string;
    readonly addresses: readonly { readonly address: Address }[];
  }[];
}

/**
 * A pool for each site of a segment: its subnets in equal parts, each part without what is reserved. A
 * site is given the part in which its machines and its DHCP server are, where that is still free; else
 * the first free one. Where that leaves machines or a site out, the subnet is shared out around the machines. Nothing where a
 * subnet is too small for so many sites.
 */
export function propose(given: Wanted): readonly PoolProposal[] {
  if (given.subnets.length === 0) return []; // absent or unreadable, and reported
  const sites = given.hasMembers ? [...given.sites, ofMembers] : given.sites;
  const wanted = { ...given, sites };
  const shares = wanted.subnets.map((subnet) => shareOut(subnet, wanted));
  return sites.map(({ site }) => {
    const scattered = shares.flatMap((share) => share.scattered.get(site) ?? []);
    return {
      segment: wanted.name,
      ...(site !== ofMembers.site && { site }),
      pools: shares.flatMap(({ pools }) => pools.get(site) ?? []),
      ...(scattered.length > 0 && { scattered }),
    };
  });
}

/** No site has this name. */
const ofMembers = { site: '', dhcp: { by: 'none', addresses: [], forward: [] } } as const;

function shareOut(subnet: Prefix, wanted: Wanted): Shares {
  const reserved = reservedIn(subnet, wanted);
  const machines = new Map(
    wanted.sites.map(({ site }) => [site, machinesOf(site, subnet, reserved, wanted)]),
  );
  const pools = inEqualParts(subnet, reserved, machines, wanted);
  const holdsAll = [...machines].every(([site, own]) =>
    own.every((address) => pools.get(site)?.contains(address)),
  );
  const even = { pools, scattered: new Map() };
  if (holdsAll && pools.size === machines.size) return even;
  const around = shareAround(subnet, reserved, machines);
  return holdsAll && pools.size >= around.pools.size ? even : around;
}

function inEqualParts(
  subnet: Prefix,
  reserved: readonly Address[],
  machines: ReadonlyMap<string, readonly Address[]>,
  { sites }: Wanted,
): ReadonlyMap<string, AddressRange> {
  const length = subnet.length + Math.ceil(Math.log2(Math.max(1, sites.length)));
  if (length > (subnet.family === 4 ? 32 : 128)) return new Map();
  const free = [...subnet.subnets(length)];
  const shares = new Map<string, Prefix>();
  const give = (site: string, part: Prefix | undefined): void => {
    if (!part) return;
    shares.set(site, part);
    free.splice(free.indexOf(part), 1);
  };
  for (const { site, dhcp } of sites) {
    const own = [...(machines.get(site) ?? []), ...dhcp.addresses];
    give(
      site,
      free.find((part) => own.some((address) => part.contains(address))),
    );
  }
  for (const { site } of sites) if (!shares.has(site)) give(site, free[0]);
  return new Map(
    [...shares].flatMap(([site, part]) => {
      const range = longestFree(part, reserved);
      return range ? [[site, range] as const] : [];
    }),
  );
}

/** The addresses of a subnet that the file gives to machines of a site, and that machines can have. */
const machinesOf = (
  name: string,
  subnet: Prefix,
  reserved: readonly Address[],
  { stations }: Wanted,
): readonly Address[] =>
  stations
    .filter(({ site }) => site === name)
    .flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter((one) => subnet.contains(one) && !reserved.some((other) => other.equals(one)));

const reservedIn = (subnet: Prefix, { routers, sites }: Wanted): readonly Address[] => [
  ...edgesOf(subnet).map(({ address }) => address),
  ...routers,
  ...sites.flatMap(({ dhcp }) => dhcp.addresses),
];

/** The longest run of addresses of a part without any that is reserved. */
function longestFree(part: Prefix, reserved: readonly Address[]): AddressRange | undefined {
  const cuts = reserved
    .filter((address) => part.contains(address))
    .sort((a, b) => a.compare(b))
    .map((address) => Prefix.single(address));
  const runs: AddressRange[] = [];
  let first: Address | undefined = part.first;
  for (const { first: cut } of cuts) {
    const last = cut.previous();
    if (first && last && first.compare(last) <= 0) runs.push(AddressRange.of(first, last));
    first = cut.next();
  }
  if (first && first.compare(part.last) <= 0) runs.push(AddressRange.of(first, part.last));
  return runs.reduce<AddressRange | undefined>(
    (best, run) => (best && sizeOf(best) >= sizeOf(run) ? best : run),
    undefined,
  );
}

const sizeOf = ({ low, high }: AddressRange): bigint => BigInt(high) - BigInt(low);
