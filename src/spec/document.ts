import {
  type Alias,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { Diagnostic, Place } from '#base';
import { errors } from './errors.ts';
import { plainValue } from './text/plain.ts';

/** YAML as values that know their places; anchors, aliases and merge keys are resolved. */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As the person wrote it. */
  readonly text: string;
}

export interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Node[];
  /** Values inside, counted once for every alias that repeats them. */
  readonly size: number;
}

export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: readonly Entry[];
  readonly size: number;
}

export interface Entry {
  readonly key: string;
  readonly place: Place;
  readonly value: Node;
}

export type Report = (diagnostic: Diagnostic) => void;

/** More values than any network has, few enough to walk. */
const sizeLimit = 2_000_000;

/**
 * `{ address: 192.168.66.[11-14] }` is no YAML, because brackets end a plain text inside braces. The
 * brackets of such ranges become two private characters of the same width while YAML is read, so
 * that people need no quotes there and all positions stay.
 */
const hidden = { open: '\uE000', close: '\uE001' };
const hideRanges = (text: string): string =>
  text.replace(/(?<=[\w.:-])\[(\d+-\d+)\]/g, `${hidden.open}$1${hidden.close}`);
const showRanges = (text: string): string =>
  text.includes(hidden.open) || text.includes(hidden.close)
    ? text.replaceAll(hidden.open, '[').replaceAll(hidden.close, ']')
    : text;

/** How a value is called in a message. */
export function nameOf(node: Node): string {
  if (node.kind === 'map') return 'a mapping';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'boolean') return 'true or false';
  return typeof node.value === 'string' ? 'text' : 'a number';
}

const sizeOf = (node: Node): number => (node.kind === 'scalar' ? 1 : node.size);

/** yaml's own view of a text; its offsets are those of the text as it was written. */
export const parseRaw = (source: string, lineCounter = new LineCounter()) =>
  parseDocument(hideRanges(source), {
    uniqueKeys: false, // ours is linear
    lineCounter,
    prettyErrors: false,
    logLevel: 'error', // with 'silent' a second document would go unnoticed
    schema: 'failsafe', // plainValue() does the rest
  });

/** Reads one YAML text; undefined if it is none or holds nothing, which is then reported. */
export function parseYaml(file: string, source: string, report: Report): Node | undefined {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseRaw(source, lines);
    for (const problem of [...document.errors, ...document.warnings]) {
      report(syntaxError(problem, at, source));
    }
    if (document.errors.length > 0) return undefined;
    if (isNothing(document.contents)) {
      report(errors.diagnostic('spec/empty-file', { file }, { place: at(0) }));
      return undefined;
    }
    return new Reader(at, report).whole(document.contents);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const reason = tooDeep;
    report(errors.diagnostic('spec/yaml-syntax', { reason }, { place: at(0) }));
    return undefined;
  }
}

const tooDeep = 'it is nested too deeply';

const isNothing = (contents: ParsedNode | null): contents is null =>
  contents === null || (isScalar(contents) && valueOf(contents) === null);

function syntaxError(
  problem: YAMLError,
  at: (offset: number) => Place,
  source: string,
): Diagnostic {
  const place = at(problem.pos[0]);
  const text = source.slice(problem.pos[0], problem.pos[1]).split('\n')[0] ?? '';
  if (problem.code === 'MULTIPLE_DOCS') {
    return errors.diagnostic('spec/several-documents', {}, { place, text });
  }
  if (problem.code === 'TAB_AS_INDENT') return errors.diagnostic('spec/tab', {}, { place, text });
  // The parser reports the end of its stack as a mistake in the text.
  if (problem.message.includes('call stack')) {
    return errors.diagnostic('spec/yaml-syntax', { reason: tooDeep }, { place });
  }
  const first = showRanges(problem.message.split('\n')[0] ?? '');
  const reason = first.replace(/[.:]+$/, '').replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
  return errors.diagnostic('spec/yaml-syntax', { reason }, { place, text });
}

/** Turns yaml's nodes into ours, once each: an alias shares what its anchor stands for. */
class Reader {
  readonly #at: (offset: number) => Place;
  readonly #report: Report;
  readonly #anchors = new Map<string, Node>();
  #tooMany = false;

  constructor(at: (offset: number) => Place, report: Report) {
    this.#at = at;
    this.#report = report;
  }

  whole(from: ParsedNode): Node | undefined {
    const node = this.node(from);
    return this.#tooMany ? undefined : node;
  }

  node(from: ParsedNode): Node {
    if (isAlias(from)) return this.#alias(from);
    const node = this.#plain(from);
    if (from.anchor !== undefined) this.#anchors.set(from.anchor, node);
    return node;
  }

  #plain(from: Exclude<ParsedNode, Alias.Parsed>): Node {
    const place = this.#at(from.range[0]);
    if (isScalar(from)) return scalar(from, place);
    if (isMap(from)) return this.#map(from, place);
    const items = isCollection(from) ? from.items.map((i) => this.node(i)) : [];
    return { kind: 'list', place, items, size: this.#limited(items, place) };
  }

  #alias(from: Alias.Parsed): Node {
    const place = this.#at(from.range[0]);
    const meant = this.#anchors.get(from.source);
    if (meant) return meant;
    this.#report(errors.diagnostic('spec/unknown-anchor', { name: from.source }, { place }));
    return { kind: 'scalar', place, value: null, text: `*${from.source}` };
  }

  #map(from: YAMLMap.Parsed, place: Place): MapNode {
    const entries = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const pair of from.items) {
      const entry = this.#entry(pair, place);
      if (entry === undefined) continue;
      if (entry.key === '<<') merged.push(...this.#merged(entry.value));
      else this.#add(entries, entry);
    }
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    const list = [...entries.values()];
    const size = this.#limited(
      list.map((entry) => entry.value),
      place,
    );
    return { kind: 'map', place, entries: list, size };
  }

  #entry(pair: Pair<ParsedNode, ParsedNode | null>, inside: Place): Entry | undefined {
    const key = pair.key as ParsedNode | null;
    const place = key ? this.#at(key.range[0]) : inside;
    const written = pair.value ? this.node(pair.value) : undefined;
    const value = written && !isNothingWritten(written) ? written : nothing(place);
    const name = key === null ? undefined : this.#keyText(key, place);
    if (name !== undefined) return { key: name, place, value };
    return undefined;
  }

  /** Numbers, `on` and the like are fine as keys: what counts is how they are written. */
  #keyText(key: ParsedNode, place: Place): string | undefined {
    const node = this.node(key);
    const text =
      node.kind !== 'scalar' ? '' : typeof node.value === 'string' ? node.value : node.text;
    if (text !== '') return text;
    const found = node.kind === 'scalar' ? 'empty' : nameOf(node);
    this.#report(errors.diagnostic('spec/bad-key', { found }, { place }));
    return undefined;
  }

  #add(entries: Map<string, Entry>, entry: Entry): void {
    const first = entries.get(entry.key);
    if (first) this.#report(duplicateKey(first, entry));
    else entries.set(entry.key, entry);
  }

  /** `<<: *a` and `<<: [*a, *b]`; the earlier wins (yaml.org/type/merge). */
  #merged(node: Node): readonly Entry[] {
    if (node.kind === 'map') return node.entries;
    if (node.kind === 'list' && node.items.every((item) => item.kind === 'map')) {
      return node.items.flatMap((item) => item.entries);
    }
    const found = nameOf(node);
    this.#report(errors.diagnostic('spec/bad-merge', { found }, { place: node.place }));
    return [];
  }

  #limited(inside: readonly Node[], place: Place): number {
    let size = 1;
    for (const node of inside) size += sizeOf(node);
    if (size <= sizeLimit) return size;
    if (!this.#tooMany) {
      this.#tooMany = true;
      this.#report(errors.diagnostic('spec/too-many-aliases', { limit: sizeLimit }, { place }));
    }
    return size;
  }
}

const isNothingWritten = (node: Node): boolean =>
  node.kind === 'scalar' && node.value === null && node.text === '';

/** No value is found at its key. */
const nothing = (place: Place): ScalarNode => ({ kind: 'scalar', place, value: null, text: '' });

function scalar(from: Scalar.Parsed, place: Place): ScalarNode {
  const value = valueOf(from);
  return { kind: 'scalar', place, value, text: typeof value === 'string' ? value : from.source };
}

/** Quoted texts and those with a tag (`!!str 1`) are texts. */
function valueOf(from: Scalar.Parsed): string | number | boolean | null {
  const text = showRanges(String(from.value));
  return from.type === 'PLAIN' && from.tag === undefined ? plainValue(text) : text;
}

export function duplicateKey(first: Entry, second: Entry): Diagnostic {
  const { file, line, column } = first.place;
  return errors.diagnostic(
    'spec/duplicate-key',
    { key: second.key, first: `${file}:${line}:${column}` },
    { place: second.place, text: second.key },
  );
}
