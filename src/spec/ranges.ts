import { Address, Prefix } from '#ip';
import type { Draft } from './draft.ts';
import type { Text } from './origin.ts';

/**
 * Ranges that belong to one thing of the network, sorted; `what` calls one of them in a message. They
 * take part in the search for overlaps.
 */
export function readRanges(
  texts: readonly Text[],
  what: (text: string) => string,
  draft: Draft,
): readonly Prefix[] {
  const prefixes: Prefix[] = [];
  for (const at of texts) {
    const prefix = draft.parse(at, Prefix.parse) ?? withoutHostBits(at.text);
    if (!prefix) continue;
    draft.ranges.push({ prefix, what: what(at.text), place: at.place });
    prefixes.push(prefix);
  }
  return prefixes.sort((a, b) => a.compare(b));
}

/** A prefix with host bits is an error, and stands for its network in what is checked after it. */
function withoutHostBits(text: string): Prefix | undefined {
  const [address = '', length = ''] = text.split('/');
  const inside = Address.tryParse(address);
  if (!inside || !/^\d{1,3}$/.test(length)) return undefined;
  const most = inside.family === 4 ? 32 : 128;
  return Number(length) <= most ? Prefix.of(inside, Number(length)) : undefined;
}
