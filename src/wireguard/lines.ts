import type { Place } from '#base';
import { wireguardErrors } from './errors.ts';

/** One `Name = value` line. */
export interface Entry {
  /** As the person wrote it, without white space. */
  readonly name: string;
  /** Without the white space around it. */
  readonly value: string;
  readonly place: Place;
  readonly valuePlace: Place;
}

export interface Section {
  readonly kind: 'interface' | 'peer';
  readonly place: Place;
  readonly entries: Entry[];
}

/** White space means nothing inside a value of wg(8). */
export const squeeze = (text: string): string => text.replace(/\s+/g, '');

function readHeading(text: string, place: Place): Section {
  const name = squeeze(text);
  const kind = name.toLowerCase();
  if (kind === '[interface]') return { kind: 'interface', place, entries: [] };
  if (kind === '[peer]') return { kind: 'peer', place, entries: [] };
  if (!name.endsWith(']')) {
    throw wireguardErrors.error(
      'wireguard/syntax-error',
      { what: `the heading ${name} has no closing bracket` },
      { place, text },
    );
  }
  const section = name.slice(1, -1);
  throw wireguardErrors.error('wireguard/unknown-section', { section }, { place, text });
}

function readEntry(line: string, place: Place): Entry {
  const equals = line.indexOf('=');
  if (equals < 0) {
    throw wireguardErrors.error(
      'wireguard/syntax-error',
      { what: 'this line is neither a heading nor `Name = value`' },
      { place },
    );
  }
  const rest = line.slice(equals + 1);
  const indent = rest.length - rest.trimStart().length;
  return {
    name: squeeze(line.slice(0, equals)),
    value: rest.trim(),
    place,
    valuePlace: { ...place, column: equals + 1 + indent + 1 },
  };
}

/**
 * Cuts a configuration into its sections. A `#` starts a comment anywhere; names of sections are
 * case-insensitive (wg(8), wg-quick(8)).
 * @throws wireguard/syntax-error, wireguard/unknown-section
 */
export function readSections(text: string, file: string): readonly Section[] {
  const sections: Section[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.split('#', 1)[0] as string;
    const content = line.trim();
    if (content === '') continue;
    const place = { file, line: index + 1, column: line.indexOf(content) + 1 };
    if (content.startsWith('[')) {
      sections.push(readHeading(content, place));
      continue;
    }
    const entry = readEntry(line, place);
    const section = sections.at(-1);
    if (!section) {
      throw wireguardErrors.error(
        'wireguard/syntax-error',
        { what: `${entry.name} stands above the first heading` },
        { place },
      );
    }
    section.entries.push(entry);
  }
  return sections;
}
