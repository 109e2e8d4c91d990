import { formatPlace, type Place } from '#base';
import { Prefix } from '#ip';
import { compileErrors } from '../errors.ts';
import { type Machine, ownAddresses } from './machines.ts';
import type { Left } from './source.ts';

/** Who has what, by all that the files say. */
export interface Ranges {
  /** Single addresses inside the overlay, a machine's own first. */
  readonly addresses: ReadonlyMap<Machine, readonly Prefix[]>;
  /** Ranges that lie behind a machine. */
  readonly subnets: ReadonlyMap<Machine, readonly Prefix[]>;
  readonly left: readonly Left[];
}

interface Claim {
  readonly machine: Machine;
  readonly prefix: Prefix;
  readonly place: Place;
  /** Whoever says it has this one peer, through which it reaches everything. */
  readonly isAlone: boolean;
}

interface Carrier {
  readonly peer: Machine;
  readonly prefix: Prefix;
}

/** What each machine sends to whom. */
type Tables = ReadonlyMap<Machine, readonly Carrier[]>;

const tablesOf = (machines: readonly Machine[]): Tables => {
  const entries = machines.flatMap((peer) =>
    peer.seen.flatMap(({ by, view }) =>
      view.allowed.filter(({ length }) => length > 0).map((prefix) => ({ by, peer, prefix })),
    ),
  );
  return Map.groupBy(entries, ({ by }) => by);
};

/** The peer to which a machine's own configuration sends a range, if to any. */
const nextHop = (tables: Tables, from: Machine, wanted: Prefix): Machine | undefined =>
  (tables.get(from) ?? [])
    .filter(({ prefix }) => prefix.contains(wanted))
    .toSorted((a, b) => b.prefix.length - a.prefix.length)[0]?.peer;

/** Who really has a range that goes to a peer: behind a hub it may be another. */
function endOf(tables: Tables, peer: Machine, prefix: Prefix, path: readonly Machine[]): Machine {
  if (ownAddresses(peer).some((own) => own.equals(prefix))) return peer;
  const next = nextHop(tables, peer, prefix);
  if (!next || next === peer || path.includes(next)) return peer;
  return endOf(tables, next, prefix, [...path, peer]);
}

function claimsOf(machines: readonly Machine[]): readonly Claim[] {
  const tables = tablesOf(machines);
  const own = machines.flatMap((machine) =>
    machine.owns.flatMap(({ place, addresses }) =>
      addresses.map(({ address }) => ({
        machine,
        prefix: Prefix.single(address),
        place,
        isAlone: true,
      })),
    ),
  );
  const carried = machines.flatMap((peer) =>
    peer.seen.flatMap(({ by, view }) =>
      view.allowed
        .filter(({ length }) => length > 0)
        .map((prefix) => ({
          machine: endOf(tables, peer, prefix, [by]),
          prefix,
          place: view.allowedAt,
          isAlone: by.says.length === 1,
        })),
    ),
  );
  return [...own, ...carried];
}

/** One claim for each range. @throws compile/import-two-owners */
function settled(claims: readonly Claim[]): readonly Claim[] {
  const byPrefix = new Map<string, Claim>();
  for (const claim of claims) {
    const text = claim.prefix.toString();
    const first = byPrefix.get(text);
    if (!first) byPrefix.set(text, claim);
    else if (first.machine !== claim.machine) throw twoOwners(first, claim);
  }
  return [...byPrefix.values()];
}

function twoOwners(first: Claim, second: Claim): Error {
  const args = {
    prefix: second.prefix.toString(),
    a: first.machine.name,
    b: second.machine.name,
    first: formatPlace(first.place),
  };
  return compileErrors.error('compile/import-two-owners', args, { place: second.place });
}

const byMachine = (claims: readonly Claim[]): ReadonlyMap<Machine, readonly Prefix[]> =>
  new Map(
    [...Map.groupBy(claims, ({ machine }) => machine)].map(([machine, own]) => [
      machine,
      own.map(({ prefix }) => prefix).filter((one, _, all) => !all.some((o) => holds(o, one))),
    ]),
  );

const holds = (outer: Prefix, inner: Prefix): boolean =>
  outer.contains(inner) && !outer.equals(inner);

const leftOut = ({ prefix, machine, place }: Claim, why: string): Left => ({
  what: `${prefix} in the allowed IPs of ${machine.name}`,
  why,
  place,
});

const whole =
  'Hawser gives each peer its own address, those of members behind it, and its subnets, not a range';
const coarse = 'it holds ranges of other machines; say what really lies behind it (--subnet)';

/**
 * Divides all allowed IPs among the machines that have them.
 * @throws compile/import-two-owners
 */
export function rangesOf(machines: readonly Machine[], overlay: readonly Prefix[]): Ranges {
  const all = claimsOf(machines);
  const inside = all.filter(({ prefix }) => overlay.some((one) => one.contains(prefix)));
  const beyond = all.filter(({ prefix }) => !overlay.some((one) => one.overlaps(prefix)));
  const wide = all.filter(
    ({ prefix }) => !prefix.isSingle && overlay.some((one) => one.overlaps(prefix)),
  );
  const addresses = settled(inside.filter(({ prefix }) => prefix.isSingle));
  const isCoarse = (claim: Claim): boolean =>
    beyond.some((other) => other.machine !== claim.machine && holds(claim.prefix, other.prefix));
  const subnets = settled(beyond.filter((claim) => !isCoarse(claim)));
  return {
    addresses: byMachine(addresses),
    subnets: byMachine(subnets),
    left: [
      ...wide.filter(({ isAlone }) => !isAlone).map((claim) => leftOut(claim, whole)),
      ...beyond.filter(isCoarse).map((claim) => leftOut(claim, coarse)),
    ],
  };
}
