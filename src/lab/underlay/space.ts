import { type Address, type Family, Prefix, PrefixSet } from '#ip';
import type { Network } from '#spec';
import { machinesIn } from './endpoints.ts';

/**
 * Addresses the file does not name but an underlay needs: public ones from the benchmarking ranges
 * (RFC 2544, RFC 5180), home networks from private space (RFC 1918, RFC 4193) and the space between
 * two carrier NATs (RFC 6598), never one that overlaps what the file names.
 */
export interface Space {
  publicAddress(family: Family): Address;
  /** A /24 or /64 of its own. */
  home(family: Family): Prefix;
  /** A /30 or /126 between a home router and its carrier. */
  carrier(family: Family): Prefix;
}

const ranges = {
  public: { 4: ['198.18.0.0/15'], 6: ['2001:2::/48'], length: { 4: 32, 6: 128 } },
  home: {
    4: ['192.168.0.0/16', '172.16.0.0/12', '10.0.0.0/8'],
    6: ['fd00:686f:6d65::/48'],
    length: { 4: 24, 6: 64 },
  },
  carrier: { 4: ['100.64.0.0/10'], 6: ['fd00:6361:7272::/48'], length: { 4: 30, 6: 126 } },
} as const;

export function spaceBeside(network: Network): Space {
  const named = namedBy(network);
  const sources = new Map<string, Iterator<Prefix, undefined>>();
  const take = (kind: keyof typeof ranges, family: Family): Prefix => {
    const key = `${kind}/${family}`;
    const source = sources.get(key) ?? free(kind, family, named);
    sources.set(key, source);
    const { value } = source.next();
    if (value === undefined) throw new RangeError(`the file names all of the ${kind} ranges`);
    return value;
  };
  return {
    publicAddress: (family) => take('public', family).first,
    home: (family) => take('home', family),
    carrier: (family) => take('carrier', family),
  };
}

function* free(kind: keyof typeof ranges, family: Family, named: PrefixSet) {
  for (const text of ranges[kind][family]) {
    for (const prefix of Prefix.parse(text).subnets(ranges[kind].length[family])) {
      // The first of each range would read like a network address.
      if (!named.overlaps(prefix) && prefix.first.toString() !== text.split('/')[0]) yield prefix;
    }
  }
  return undefined;
}

function namedBy(network: Network): PrefixSet {
  const machines = machinesIn(network);
  return PrefixSet.of([
    ...network.overlay,
    ...network.segments.flatMap(({ subnets }) => subnets),
    ...network.routers.flatMap(({ uplink, egress }) => [
      ...uplink.map(({ network: own }) => own),
      ...egress.flatMap(({ to }) => to ?? []),
    ]),
    ...network.sites.flatMap((site) => site.subnets.flatMap((s) => [s.local, s.presented])),
    ...machines.flatMap((machine) => machine.pods),
    ...machines.flatMap((machine) => machine.endpoint?.address ?? []),
    ...machines.flatMap((m) => m.allowedIps ?? []).filter((prefix) => prefix.length > 0),
  ]);
}

/** Usable addresses of a prefix, in order: not the network's own, nor IPv4's broadcast. */
export function* usable(prefix: Prefix): Generator<Address> {
  const end = prefix.family === 4 && prefix.length < 31 ? prefix.last : undefined;
  let address = prefix.isSingle || prefix.length === 31 ? prefix.first : prefix.first.next();
  while (address && prefix.contains(address) && !(end && address.equals(end))) {
    yield address;
    address = address.next();
  }
}

/** The first usable address that is not taken; undefined when all are. */
export function firstFree(prefix: Prefix, taken: readonly Address[]): Address | undefined {
  for (const address of usable(prefix)) {
    if (!taken.some((other) => other.equals(address))) return address;
  }
  return undefined;
}

/** The last usable address: where a router of a range sits that gives its first ones to others. */
export function lastUsable(prefix: Prefix): Address {
  const last = prefix.last;
  return prefix.family === 4 && prefix.length < 31 ? (last.previous() ?? last) : last;
}
