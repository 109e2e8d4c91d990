import { type Family, Prefix, PrefixSet } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import type { Router } from '../network.ts';

/** Of IPv4 what is left without these is public (RFC 6890, RFC 1918, RFC 6598, RFC 1112). */
const notPublic = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
];

const setOf = (...texts: readonly string[]): PrefixSet =>
  PrefixSet.of(texts.map((text) => Prefix.parse(text)));

/** Global unicast (RFC 4291, 2.4) of IPv6 is what has been given out so far. */
const publicSpace: Readonly<Record<Family, PrefixSet>> = {
  4: setOf('0.0.0.0/0').subtract(setOf(...notPublic)),
  6: setOf('2000::/3'),
};

const isMost = (part: PrefixSet, family: Family): boolean =>
  part.intersect(publicSpace[family]).size * 2n >= publicSpace[family].size;

/**
 * Reports the entry with which a list lets reach half of the internet or more, whatever parts it is in: so much
 * is not meant one by one, and who means all of it says so. Ports do not count, as they do not for `0.0.0.0/0`.
 */
export function checkInternet({ name, egress }: Router, draft: Draft): void {
  for (const family of [4, 6] as const) {
    const listed = egress.flatMap((entry) =>
      entry.to?.family === family ? { ...entry, to: entry.to } : [],
    );
    if (!isMost(PrefixSet.of(listed.map(({ to }) => to)), family)) continue;
    let all = PrefixSet.empty;
    const last = listed.find(({ to }) => {
      all = all.union(PrefixSet.of([to]));
      return isMost(all, family);
    });
    if (!last) continue;
    const where = { place: last.fields['to'] ?? last.place, text: last.text };
    draft.report(errors.diagnostic('spec/egress-most', { router: name, family }, where));
  }
}
