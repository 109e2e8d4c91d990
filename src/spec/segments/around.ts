import { Address, AddressRange, type Prefix } from '#ip';

/** Addresses by their numbers, both ends included. */
interface Span {
  readonly low: bigint;
  readonly high: bigint;
}

interface Hull extends Span {
  readonly site: string;
}

/** Addresses that nobody has, and the sites that share them: those beside, and those without machines. */
interface Gap extends Span {
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly inside: string[];
}

/** What one subnet has for each site. */
export interface Shares {
  readonly pools: ReadonlyMap<string, AddressRange>;
  /** Of sites for which there is no pool: from their first machine to their last others have addresses. */
  readonly scattered: ReadonlyMap<string, AddressRange>;
}

/**
 * A range for each site around the machines that it has, with nothing reserved and nobody else's in it. The room
 * between them is shared out, at round addresses, with the sites that have no machines yet.
 */
export function shareAround(
  subnet: Prefix,
  reserved: readonly Address[],
  machines: ReadonlyMap<string, readonly Address[]>,
): Shares {
  const hulls = [...machines].flatMap(([site, own]) => (own.length > 0 ? [hullOf(site, own)] : []));
  const walls = reserved.filter((address) => subnet.contains(address)).map(numberOf);
  const isWhole = (hull: Hull): boolean =>
    !walls.some((wall) => hull.low <= wall && wall <= hull.high) &&
    hulls.every((other) => other === hull || other.high < hull.low || hull.high < other.low);
  const [whole, scattered] = [hulls.filter(isWhole), hulls.filter((hull) => !isWhole(hull))];
  walls.push(...scattered.flatMap(({ site }) => (machines.get(site) ?? []).map(numberOf)));
  const gaps = gapsOf(subnet, walls, whole);
  for (const [site, own] of machines) if (own.length === 0) roomiest(gaps)?.inside.push(site);
  const shares = new Map(whole.map(({ site, ...span }): [string, Span] => [site, span]));
  for (const gap of gaps) {
    for (const [site, { low, high }] of sharesOf(gap)) {
      const own = shares.get(site) ?? { low, high };
      const lower = low < own.low ? low : own.low;
      shares.set(site, { low: lower, high: high > own.high ? high : own.high });
    }
  }
  const { family } = subnet;
  return {
    pools: new Map([...shares].map(([site, span]) => [site, rangeOf(family, span)])),
    scattered: new Map(scattered.map(({ site, ...span }) => [site, rangeOf(family, span)])),
  };
}

const numberOf = ({ value }: Address): bigint => BigInt(value);

function hullOf(site: string, own: readonly Address[]): Hull {
  const [low = 0n, ...more] = own.map(numberOf).sort((a, b) => (a < b ? -1 : 1));
  return { site, low, high: more.at(-1) ?? low };
}

function rangeOf(family: Prefix['family'], { low, high }: Span): AddressRange {
  const at = (value: bigint): Address => Address.of(family, family === 4 ? Number(value) : value);
  return AddressRange.of(at(low), at(high));
}

function gapsOf(subnet: Prefix, walls: readonly bigint[], hulls: readonly Hull[]): readonly Gap[] {
  const taken: readonly (Span & { readonly site?: string })[] = [
    ...walls.map((wall) => ({ low: wall, high: wall })),
    ...hulls,
  ].sort((a, b) => (a.low < b.low ? -1 : 1));
  const gaps: Gap[] = [];
  let low = BigInt(subnet.low);
  let before: string | undefined;
  for (const { site: after, ...next } of [...taken, { low: BigInt(subnet.high) + 1n, high: 0n }]) {
    if (low < next.low) gaps.push({ low, high: next.low - 1n, before, after, inside: [] });
    if (next.high < low) continue;
    low = next.high + 1n;
    before = after;
  }
  return gaps;
}

const sizeOf = ({ low, high }: Span): bigint => high - low + 1n;

/** Those who would have a part of it, in the order of their addresses. */
const claimsOf = ({ before, inside, after }: Gap): readonly string[] => [
  ...(before === undefined ? [] : [before]),
  ...inside,
  ...(after === undefined ? [] : [after]),
];

/** Where one more site has most; undefined where there is no address left. */
function roomiest(gaps: readonly Gap[]): Gap | undefined {
  const part = (gap: Gap): bigint => sizeOf(gap) / BigInt(claimsOf(gap).length + 1);
  const free = gaps.filter((gap) => sizeOf(gap) > gap.inside.length);
  return free.reduce<Gap | undefined>(
    (best, gap) => (best && part(best) >= part(gap) ? best : gap),
    undefined,
  );
}

/** About equal parts; where there are too few addresses only those sites that have no others. */
function sharesOf(gap: Gap): readonly [string, Span][] {
  const { low, high, inside } = gap;
  const size = sizeOf(gap);
  const claims = size < claimsOf(gap).length ? inside : claimsOf(gap);
  const count = BigInt(claims.length);
  const from = claims.map((_, index) => {
    const even = low + (size * BigInt(index)) / count;
    const slack = size / (4n * count);
    return index === 0 ? low : roundest({ low: even - slack, high: even + slack });
  });
  return claims.map((site, index) => [
    site,
    { low: from[index] ?? low, high: (from[index + 1] ?? high + 1n) - 1n },
  ]);
}

/** The number with the most zero bits at its end. */
function roundest({ low, high }: Span): bigint {
  for (let step = 1n << 127n; step > 1n; step >>= 1n) {
    const value = ((low + step - 1n) / step) * step;
    if (value <= high) return value;
  }
  return low;
}
