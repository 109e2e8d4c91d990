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

/** A remark of a person, without its `#`. */
export interface Comment {
  readonly text: string;
  readonly place: Place;
}

export interface Section {
  readonly kind: 'interface' | 'peer';
  readonly place: Place;
  readonly entries: Entry[];
  /** Those inside of it, behind its heading, and on the lines right above its heading. */
  readonly comments: Comment[];
}

/** White space means nothing inside a value of wg(8). */
export const squeeze = (text: string): string => text.replace(/\s+/g, '');

function readHeading(text: string, place: Place): Section {
  const name = squeeze(text);
  const kind = name.toLowerCase();
  if (kind === '[interface]') return { kind: 'interface', place, entries: [], comments: [] };
  if (kind === '[peer]') return { kind: 'peer', place, entries: [], comments: [] };
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

function commentOf(whole: string, file: string, line: number): Comment | undefined {
  const at = whole.indexOf('#');
  const text = at < 0 ? '' : whole.slice(at).replace(/^#+/, '').trim();
  return text === '' ? undefined : { text, place: { file, line, column: at + 1 } };
}

/** Gathers the sections of a configuration, line by line. */
class Sections {
  readonly all: Section[] = [];
  /** Comments since the last line that was something else: of the next heading, or of this section. */
  #above: Comment[] = [];

  comment(comment: Comment): void {
    this.#above.push(comment);
  }

  blank(): void {
    this.all.at(-1)?.comments.push(...this.#above);
    if (this.all.length > 0) this.#above = [];
  }

  heading(section: Section, behind: Comment | undefined): void {
    section.comments.push(...this.#above, ...(behind ? [behind] : []));
    this.#above = [];
    this.all.push(section);
  }

  entry(entry: Entry, behind: Comment | undefined): void {
    this.blank();
    const section = this.all.at(-1);
    if (!section) {
      throw wireguardErrors.error(
        'wireguard/syntax-error',
        { what: `${entry.name} stands above the first heading` },
        { place: entry.place },
      );
    }
    section.entries.push(entry);
    if (behind) section.comments.push(behind);
  }
}

/**
 * Cuts a configuration into its sections. A `#` starts a comment anywhere; names of sections are
 * case-insensitive (wg(8), wg-quick(8)).
 * @throws wireguard/syntax-error, wireguard/unknown-section
 */
export function readSections(text: string, file: string): readonly Section[] {
  const sections = new Sections();
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.split('#', 1)[0] as string;
    const content = line.trim();
    const place = { file, line: index + 1, column: line.indexOf(content) + 1 };
    const comment = commentOf(whole, file, index + 1);
    if (content.startsWith('[')) sections.heading(readHeading(content, place), comment);
    else if (content !== '') sections.entry(readEntry(line, place), comment);
    else if (comment) sections.comment(comment);
    else sections.blank();
  }
  sections.blank();
  return sections.all;
}
