import { type Address, AddressRange, Prefix } from '#ip';
import type { SegmentSite } from '../network.ts';
import { edgesOf } from './edges.ts';

/** A pool that a site of a segment could have: disjoint from all others, with nothing reserved in it. */
export interface PoolProposal {
  readonly segment: string;
  /** Absent: it is for the members of the segment. */
  readonly site?: string;
  /** One per subnet that has room. */
  readonly pools: readonly AddressRange[];
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
 * the first free one. Nothing where a subnet is too small for so many sites.
 */
export function propose(given: Wanted): readonly PoolProposal[] {
  const sites = given.hasMembers ? [...given.sites, ofMembers] : given.sites;
  const wanted = { ...given, sites };
  const pools = wanted.subnets.map((subnet) => shareOut(subnet, wanted));
  return sites.map(({ site }) => ({
    segment: wanted.name,
    ...(site !== ofMembers.site && { site }),
    pools: pools.flatMap((bySite) => bySite.get(site) ?? []),
  }));
}

/** No site has this name. */
const ofMembers = { site: '', dhcp: { by: 'none', addresses: [], forward: [] } } as const;

function shareOut(subnet: Prefix, wanted: Wanted): ReadonlyMap<string, AddressRange> {
  const length = subnet.length + Math.ceil(Math.log2(Math.max(1, wanted.sites.length)));
  if (length > (subnet.family === 4 ? 32 : 128)) return new Map();
  const free = [...subnet.subnets(length)];
  const shares = new Map<string, Prefix>();
  const give = (site: string, part: Prefix | undefined): void => {
    if (!part) return;
    shares.set(site, part);
    free.splice(free.indexOf(part), 1);
  };
  for (const { site } of wanted.sites) {
    const own = addressesOf(site, wanted);
    give(
      site,
      free.find((part) => own.some((address) => part.contains(address))),
    );
  }
  for (const { site } of wanted.sites) if (!shares.has(site)) give(site, free[0]);
  const reserved = reservedIn(subnet, wanted);
  return new Map(
    [...shares].flatMap(([site, part]) => {
      const range = longestFree(part, reserved);
      return range ? [[site, range] as const] : [];
    }),
  );
}

const addressesOf = (name: string, { sites, stations, routers }: Wanted): readonly Address[] => [
  ...stations
    .filter(({ site }) => site === name)
    .flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter((address) => !routers.some((router) => router.equals(address))),
  ...sites.filter(({ site }) => site === name).flatMap(({ dhcp }) => dhcp.addresses),
];

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
