import { Prefix } from '#ip';
import { compileErrors } from '../errors.ts';
import { assumed, type Remark } from './draft.ts';
import { type Machine, ownAddresses } from './machines.ts';

export interface Overlay {
  /** One for each of IPv4 and IPv6 at most. */
  readonly prefixes: readonly Prefix[];
  readonly remarks: readonly Remark[];
}

interface Range {
  readonly prefix: Prefix;
  readonly remark?: Remark;
}

/** The usual size of a network for machines, where nothing says how large it is. */
const usualLength = { 4: 24, 6: 64 } as const;

const viewsOf = (machines: readonly Machine[]) => machines.flatMap(({ seen }) => seen);

/** The ranges that `Address` lines name: 10.0.0.1/24 lies in 10.0.0.0/24. */
const namedRanges = (machines: readonly Machine[]): readonly Prefix[] =>
  machines
    .flatMap(({ owns }) => owns.flatMap(({ addresses }) => addresses))
    .map(({ address, length }) => Prefix.of(address, length))
    .filter((prefix) => !prefix.isSingle && prefix.length > 0);

const widestFirst = (prefixes: readonly Prefix[]): readonly Prefix[] =>
  prefixes.toSorted((a, b) => a.length - b.length);

/** The range of a family that the interfaces' addresses name. */
function said(machines: readonly Machine[], family: number): Range | undefined {
  const [prefix, ...others] = widestFirst(
    namedRanges(machines).filter((one) => one.family === family),
  );
  if (!prefix) return undefined;
  const differ = others.some((other) => !other.equals(prefix));
  return differ
    ? { prefix, remark: assumed('the widest range of several that `Address` lines name') }
    : { prefix };
}

/** The narrowest range in somebody's allowed IPs that holds addresses of machines. */
function routed(machines: readonly Machine[], hosts: readonly Prefix[]): Range | undefined {
  if (hosts.length === 0) return undefined;
  const ranges = viewsOf(machines)
    .flatMap(({ view }) => view.allowed)
    .filter((prefix) => prefix.length > 0 && !prefix.isSingle)
    .filter((prefix) => hosts.every((host) => prefix.contains(host)));
  const prefix = widestFirst(ranges).at(-1);
  return prefix && { prefix, remark: assumed('the range in AllowedIPs that holds the addresses') };
}

function around(hosts: readonly Prefix[]): Range | undefined {
  const [first] = hosts;
  if (!first) return undefined;
  for (let length = usualLength[first.family]; length > 0; length--) {
    const prefix = Prefix.of(first.first, length);
    if (!hosts.every((host) => prefix.contains(host))) continue;
    return {
      prefix,
      remark: assumed('no file says the range; this one holds all addresses (--overlay)'),
    };
  }
  return undefined;
}

/** Every address inside the tunnel: of interfaces, and single ones in allowed IPs next to them. */
function hostsOf(machines: readonly Machine[], family: number): readonly Prefix[] {
  const own = machines.flatMap(ownAddresses);
  const all =
    own.length > 0
      ? own
      : viewsOf(machines).flatMap(({ view }) => view.allowed.filter((one) => one.isSingle));
  return all.filter((one) => one.family === family);
}

/**
 * The ranges from which machines have their addresses inside the tunnel.
 * @throws compile/import-no-overlay
 */
export function overlayOf(machines: readonly Machine[], given: readonly Prefix[]): Overlay {
  if (given.length > 0) return { prefixes: given, remarks: [] };
  const ranges = ([4, 6] as const).flatMap((family) => {
    const hosts = hostsOf(machines, family);
    return said(machines, family) ?? routed(machines, hosts) ?? around(hosts) ?? [];
  });
  if (ranges.length === 0) throw compileErrors.error('compile/import-no-overlay', {});
  return {
    prefixes: ranges.map(({ prefix }) => prefix),
    remarks: ranges.flatMap(({ remark }) => remark ?? []),
  };
}
