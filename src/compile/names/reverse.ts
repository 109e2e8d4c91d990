import { byText } from '#base';
import { Address, Prefix } from '#ip';
import type { Model } from '../model.ts';
import { nameTable } from './table.ts';

/** Bits of a label: an octet in `in-addr.arpa` (RFC 1035, 3.5), a nibble in `ip6.arpa` (RFC 3596, 2.5). */
const bitsOf = { 4: 8, 6: 4 } as const;
const lengthOf = { 4: 32, 6: 128 } as const;
const radixOf = { 4: 10, 6: 16 } as const;
const domainOf = { 4: 'in-addr.arpa', 6: 'ip6.arpa' } as const;

/** The domain of an aligned prefix's addresses, such as `66.168.192.in-addr.arpa`. */
export function reverseDomain({ first, length }: Prefix): string {
  const { family } = first;
  const bits = BigInt(bitsOf[family]);
  let rest = BigInt(first.value) >> BigInt(lengthOf[family] - length);
  const labels: string[] = [];
  for (let left = BigInt(length); left > 0n; left -= bits) {
    labels.push((rest & ((1n << bits) - 1n)).toString(radixOf[family]));
    rest >>= bits;
  }
  return [...labels, domainOf[family]].join('.');
}

/** More pieces than these of one prefix are not worth their length: its addresses get no names back. */
const piecesOfOne = 32;
/** systemd-resolved takes 256 domains for a device (resolved-link.h, before 2020). */
const piecesOfAll = 200;

/**
 * The domains in which the network's addresses lead back to names. A domain ends at an octet or nibble,
 * and whoever has it answers for all of it: so of a prefix that ends elsewhere only the parts count that
 * have a name, which are its own in full.
 */
export function reverseDomains(model: Model): readonly string[] {
  const named = nameTable(model).map(({ address }) => Address.parse(address));
  const found = model.inside.prefixes().flatMap((prefix) => {
    const bits = bitsOf[prefix.family];
    const length = Math.ceil(prefix.length / bits) * bits;
    if (length === prefix.length) return [reverseDomain(prefix)];
    const inside = named.filter((address) => prefix.contains(address));
    const parts = new Set(inside.map((address) => reverseDomain(Prefix.of(address, length))));
    return parts.size > piecesOfOne ? [] : [...parts];
  });
  return [...new Set(found)].sort(byText).slice(0, piecesOfAll);
}
