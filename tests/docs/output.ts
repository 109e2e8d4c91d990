import { stripVTControlCharacters } from 'node:util';

/** What differs from run to run, and says nothing: each kind becomes one word. */
const loose: readonly (readonly [RegExp, string])[] = [
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=/g, 'KEY'],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/g, 'ID'],
  [/(?:\d+ minutes?, )?\b\d+(?:\.\d+)?\s?(?:ms|s|seconds?)\b/g, 'DURATION'],
  [/\b\d+(?:\.\d+)? (?:B|kB|MB|KiB|MiB)\b/g, 'AMOUNT'],
  [/\b\d+ packets\b/g, 'PACKETS'],
  [/\s+/g, ' '],
];

const normalised = (line: string): string =>
  loose.reduce((text, [pattern, word]) => text.replace(pattern, word), line).trim();

const linesOf = (text: string): readonly string[] =>
  stripVTControlCharacters(text)
    .split('\n')
    .map((line) => normalised(line))
    .filter((line) => line !== '');

/** Where the lines of `part` stand one after another in `all`, from `start` on. */
function find(all: readonly string[], part: readonly string[], start: number): number {
  for (let at = start; at + part.length <= all.length; at++) {
    if (part.every((line, index) => all[at + index] === line)) return at;
  }
  return -1;
}

/** The lines between the `...`. */
function partsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (line === '...') parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts;
}

/** The first promised lines that were not printed where they should be; nothing if all were. */
export function missingFrom(
  printed: string,
  promised: readonly string[],
): readonly string[] | undefined {
  const all = linesOf(printed);
  const parts = partsOf(linesOf(promised.join('\n')));
  let next = 0;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const start = isLast && index > 0 ? Math.max(next, all.length - part.length) : next;
    const at = find(all, part, start);
    const isFirst = index === 0;
    if (at < 0 || (isFirst && at > 0)) return part;
    next = at + part.length;
    if (isLast && next < all.length && !(part.length === 0 && parts.length > 1)) {
      return ['(nothing more)', ...all.slice(next, next + 3).map((line) => `but: ${line}`)];
    }
  }
  return undefined;
}
