import { byText, type Diagnostic } from '#base';
import { Address, type Prefix } from '#ip';
import type { Machine, Network } from '#spec';
import { compileErrors } from './errors.ts';
import type { Ledger } from './inputs.ts';

/** Every machine of the file that runs WireGuard. */
export const wireguardMachines = (network: Network): readonly Machine[] => [
  ...network.sites.flatMap((site) => [...site.gateways, ...site.nodes]),
  ...network.members,
];

/**
 * Gives overlay addresses to machines that have none, one per overlay prefix. What the file or the
 * ledger gave stays; addresses of machines that are gone become tombstones with the revision that
 * saw them go. Those are given out again only where a prefix has no other left, the oldest first.
 */
export function allocate(
  network: Network,
  ledger: Ledger,
  rev = 0,
): { readonly ledger: Ledger; readonly diagnostics: readonly Diagnostic[] } {
  const machines = [...wireguardMachines(network)].sort((a, b) => byText(a.name, b.name));
  const kept = new Map(machines.map((m) => [m.name, keptAddresses(network, ledger, m)]));
  const buriedNow = buried(ledger, kept, rev);
  const tombstones = new Map(Object.entries(buriedNow));
  const used = new Set(tombstones.keys());
  const fixed = new Set(machines.flatMap((machine) => machine.overlay.map(String)));
  for (const machine of machines) for (const a of machine.overlay) used.add(a.toString());
  for (const [name, addresses] of kept) {
    const free = addresses.filter((a) => !used.has(a));
    for (const address of free) used.add(address);
    kept.set(name, free);
  }
  const without = network.overlay.map((): Machine[] => []);
  const given: Record<string, readonly string[]> = {};
  const cursors = network.overlay.map((prefix) => freeAddresses(prefix, used));
  for (const machine of machines) {
    const own = kept.get(machine.name) ?? [];
    const addresses = network.overlay.flatMap((prefix, i) => {
      const has = [...machine.overlay.map(String), ...own].find((text) => inPrefix(prefix, text));
      if (has !== undefined) return machine.overlay.some((a) => a.toString() === has) ? [] : [has];
      const next = cursors[i]?.next();
      if (next && !next.done) return [next.value];
      const oldest = oldestOf(tombstones, prefix, fixed);
      if (oldest !== undefined) {
        tombstones.delete(oldest);
        return [oldest];
      }
      without[i]?.push(machine);
      return [];
    });
    if (addresses.length > 0) given[machine.name] = addresses;
  }
  return {
    ledger: { addresses: given, tombstones: Object.fromEntries(tombstones) },
    diagnostics: network.overlay.flatMap((prefix, i) => exhausted(prefix, without[i] ?? [])),
  };
}

/** Told once for each prefix, at the first machine that gets no address, however many more there are. */
function exhausted(overlay: Prefix, [first, ...others]: readonly Machine[]): Diagnostic[] {
  if (!first) return [];
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  const args = { overlay: overlay.toString(), machines: `${first.name}${more}` };
  return [compileErrors.diagnostic('compile/overlay-exhausted', args, { place: first.place })];
}

/** The address of a prefix that nobody has had for the longest time; undefined: there is none. */
function oldestOf(
  tombstones: ReadonlyMap<string, number>,
  prefix: Prefix,
  fixed: ReadonlySet<string>,
): string | undefined {
  let oldest: { readonly address: string; readonly rev: number } | undefined;
  for (const [address, rev] of tombstones) {
    const isFree = inPrefix(prefix, address) && !fixed.has(address);
    if (isFree && (!oldest || rev < oldest.rev)) oldest = { address, rev };
  }
  return oldest?.address;
}

function inPrefix(prefix: Prefix, text: string): boolean {
  const address = Address.tryParse(text);
  return address !== undefined && prefix.contains(address);
}

/** Ledger addresses that still count: of the machine or of its former name, inside the overlay. */
function keptAddresses(network: Network, ledger: Ledger, machine: Machine): readonly string[] {
  const entry =
    ledger.addresses[machine.name] ?? (machine.was ? ledger.addresses[machine.was] : undefined);
  return (entry ?? []).filter((text) => {
    const prefix = network.overlay.find((p) => inPrefix(p, text));
    return prefix !== undefined && !machine.overlay.some((a) => prefix.contains(a));
  });
}

function buried(
  ledger: Ledger,
  kept: ReadonlyMap<string, readonly string[]>,
  rev: number,
): Readonly<Record<string, number>> {
  const alive = new Set([...kept.values()].flat());
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
function* freeAddresses(prefix: Prefix, used: Set<string>): Generator<string> {
  const hostBits = (prefix.family === 4 ? 32 : 128) - prefix.length;
  const skipEnds = hostBits > 1;
  const last = skipEnds && prefix.family === 4 ? prefix.last.previous() : prefix.last;
  let address = skipEnds ? prefix.first.next() : prefix.first;
  while (address && last && address.compare(last) <= 0) {
    const text = address.toString();
    if (!used.has(text)) {
      used.add(text);
      yield text;
    }
    address = address.next();
  }
}
