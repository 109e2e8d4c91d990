import { Address, Prefix } from '#ip';
import { errors } from '../errors.ts';
import { expandRange, isRange } from './host-range.ts';

/** A selector as written: names are not looked up yet. */
export type Written =
  | { readonly kind: 'all' }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'tag'; readonly name: string }
  | { readonly kind: 'site'; readonly name: string }
  | { readonly kind: 'segment'; readonly name: string }
  | { readonly kind: 'prefix'; readonly prefix: Prefix };

const word = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** `10.0.0.0/8`, `192.168.66.4`, `fd00::/8`, `fd00::1`; but not `tag:fd00`. */
const looksLikeAddress = (text: string): boolean =>
  text.includes('/') || /^[\d.]+$/.test(text) || /^[\da-fA-F]*:[\da-fA-F]*:/.test(text);

/**
 * A name, a range of names, `tag:x`, `site:x`, `segment:x`, a prefix or address, or `all`.
 * @throws spec/bad-selector, spec/bad-range, ip/...
 */
export function parseSelector(text: string): Written {
  if (text === 'all') return { kind: 'all' };
  if (looksLikeAddress(text)) {
    const prefix = text.includes('/') ? Prefix.parse(text) : Prefix.single(Address.parse(text));
    return { kind: 'prefix', prefix };
  }
  const colon = text.indexOf(':');
  if (colon >= 0) return parseQualified(text, text.slice(0, colon), text.slice(colon + 1));
  if (isRange(text)) return { kind: 'names', names: expandRange(text) };
  if (word.test(text)) return { kind: 'names', names: [text] };
  throw refuse(text, 'it is no name');
}

const refuse = (text: string, reason: string) =>
  errors.error('spec/bad-selector', { text, reason }, { text });

function parseQualified(text: string, kind: string, name: string): Written {
  if (kind !== 'tag' && kind !== 'site' && kind !== 'segment') {
    throw refuse(text, `nothing is selected by \`${kind}:\``);
  }
  if (!word.test(name)) throw refuse(text, `\`${name}\` is no name`);
  return { kind, name };
}
