import type { Prefix } from '#ip';
import { textsOf } from '../origin.ts';
import { readRanges } from '../ranges.ts';
import { section } from '../section.ts';
import * as words from '../vocabulary.ts';

export const overlay = section({
  schema: words.atLeastOne({
    description:
      'The range, or ranges, from which gateways, nodes and members get their addresses inside the network; IPv4, IPv6 or both.',
    examples: ['10.0.0.0/24', ['10.0.0.0/24', 'fd4e:6fb7:b3af::/64']],
  }),
  read(value, draft, at): readonly Prefix[] {
    const texts =
      typeof value === 'string' ? [{ text: value, place: at }] : textsOf({ value }, 'value');
    return readRanges(texts, (text) => `overlay ${text}`, draft);
  },
});
