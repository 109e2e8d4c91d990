import { Prefix, PrefixSet } from '#ip';
import type { Report } from './document.ts';
import type { Claimed } from './draft.ts';
import { errors } from './errors.ts';

/** Ranges that no router carries from one site to another (RFC 6890, RFC 4291, RFC 1112). */
const reserved = [
  ['0.0.0.0/8', 'this host on this network'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/127', 'the unspecified address and loopback'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
].map(([text = '', meaning = '']) => ({ prefix: Prefix.parse(text), meaning }));

/** Addresses that no router hands on. */
export const unroutable = PrefixSet.of(reserved.map(({ prefix }) => prefix));

/** What a range means that holds nothing but such addresses. */
export const meaningOfUnroutable = (range: Prefix): string | undefined =>
  reserved.find(({ prefix }) => prefix.contains(range))?.meaning;

/** Reports every range of the network that holds such addresses. */
export function reportUnroutable(ranges: readonly Claimed[], report: Report): void {
  for (const { prefix, what, place } of ranges) {
    const found = reserved.find((one) => one.prefix.overlaps(prefix));
    if (!found) continue;
    const args = { what, reserved: found.prefix.toString(), meaning: found.meaning };
    report(errors.diagnostic('spec/unroutable', args, { place, text: prefix.toString() }));
  }
}
