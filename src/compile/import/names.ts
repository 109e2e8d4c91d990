import type { Address } from '#ip';

/** A DNS label has 63 characters at most (RFC 1035). */
const longest = 63;
/** A comment of more words is a remark, not a name. */
const mostWords = 4;

/** A DNS label made of a text: lower case, accents dropped; undefined if nothing is left of it. */
export function labelOf(text: string): string | undefined {
  const label = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const name = /^\d+$/.test(label) ? `n${label}` : label;
  return name === '' || name.length > longest || name === 'all' ? undefined : name;
}

/** `# friendly_json = {"name":"x"}`, as MuPIF's generator writes it. */
function friendlyName(comment: string): string | undefined {
  const json = /^friendly_json\s*=\s*(?<json>\{.*\})$/.exec(comment)?.groups?.['json'];
  if (json === undefined) return undefined;
  try {
    const { name } = JSON.parse(json) as { readonly name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

const nameMark = /^(?:friendly_name|begin_peer|client|peer|name)\b\s*[:=-]?\s*(?<name>\S.*)$/i;
/** A setting or a heading that was switched off, and the end of a block. */
const noName = /^(?:[A-Za-z]+\s*=|\[|end_peer\b)/i;

/** The name that a comment of a configuration gives, as the usual tools and people write it. */
export function nameInComment(comment: string): string | undefined {
  if (comment.startsWith('friendly_json')) return labelOf(friendlyName(comment) ?? '');
  const marked = nameMark.exec(comment)?.groups?.['name'];
  if (marked === undefined && noName.test(comment)) return undefined;
  const name = (marked ?? comment).replace(/[,;(].*$/, '').trim();
  return name.split(/\s+/).length > mostWords ? undefined : labelOf(name);
}

/** Names that say nothing of what they are for. */
export const isAnyInterface = (name: string): boolean => /^(?:wg|hw)-?\d*$/.test(name);
const anyFolder = new Set(['', '.', '..', 'wireguard', 'etc', 'tmp', 'configs', 'peers']);

/** What the path of a configuration says of its machine: `peers/alice.conf`, `master/wg0.conf`. */
export function namesInPath(file: string): readonly string[] {
  const [base = '', folder = ''] = file.split('/').toReversed();
  const stem = base.replace(/\.conf$/, '');
  const texts = isAnyInterface(stem) ? (anyFolder.has(folder) ? [] : [folder]) : [stem];
  return texts.flatMap((text) => labelOf(text) ?? []);
}

/** A name for want of a better one. */
export const nameOfAddress = (address: Address): string =>
  `peer-${address.toString().replace(/[.:]+/g, '-')}`.replace(/-+$/, '');

/** The name, or the name with a number where somebody has it already. */
export function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) {
    const tail = `-${number}`;
    const next = `${name.slice(0, longest - tail.length)}${tail}`;
    if (!taken.has(next)) return next;
  }
}
