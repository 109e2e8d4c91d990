import { sha256 } from '#state';

const stamps = new Map<string, string>();

/** Rules are few and stay: more than this means that they change all the time. */
const mostStamps = 100_000;

/**
 * The comment of a rule, made from how we write it: nft prints rules in words of its own, so that this
 * is how we know them again.
 */
export function stampOf(rule: string): string {
  const known = stamps.get(rule);
  if (known !== undefined) return known;
  if (stamps.size >= mostStamps) stamps.clear();
  const stamp = `hawser:${sha256(rule).slice(0, 16)}`;
  stamps.set(rule, stamp);
  return stamp;
}
