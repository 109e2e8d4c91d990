import { posix } from 'node:path';
import { byText, type Place } from '#base';
import {
  duplicateKey,
  type Entry,
  type MapNode,
  type Node,
  parseYaml,
  type Report,
} from './document.ts';
import { errors } from './errors.ts';
import { fileVersion } from './sections/head.ts';

/** How files are reached; paths are as in `Place.file`, with `/` between folders. */
export interface FileReader {
  /**
   * The text of a file, undefined if there is none. Throws if it is there and cannot be read. `included`: named by
   * another file, not by who asks.
   */
  read(path: string, included?: boolean): string | undefined;
  /** Paths of the files in `directory` that match `pattern`, each beginning with `directory`. */
  glob(directory: string, pattern: string): readonly string[];
}

/** Reads these texts by path, and no other file. */
export const readerOf = (texts: Readonly<Record<string, string>>): FileReader => ({
  read: (path) => (Object.hasOwn(texts, path) ? texts[path] : undefined),
  glob: (directory, pattern) =>
    Object.keys(texts).filter((path) => posix.matchesGlob(path, posix.join(directory, pattern))),
});

/** Sections whose entries add up over included files; all others may stand in one file only. */
const joined = new Set(['sites', 'members', 'segments', 'routers', 'groups', 'policy', 'tests']);

/** Reads a file and all it includes, joined into one mapping; undefined if the entry has none. */
export function readFiles(entry: string, reader: FileReader, report: Report): MapNode | undefined {
  return new Files(reader, report).file(entry, [], undefined);
}

class Files {
  readonly #reader: FileReader;
  readonly #report: Report;
  readonly #seen = new Set<string>();

  constructor(reader: FileReader, report: Report) {
    this.#reader = reader;
    this.#report = report;
  }

  /** `path`: the files that led here. A file that is included twice is read once. */
  file(name: string, path: readonly string[], place: Place | undefined): MapNode | undefined {
    const file = posix.normalize(name);
    if (path.includes(file)) return this.#cycle(file, path, place);
    if (this.#seen.has(file)) return undefined;
    this.#seen.add(file);
    const source = this.#read(file, place);
    const node = source === undefined ? undefined : parseYaml(file, source, this.#report);
    if (!node) return undefined;
    if (node.kind !== 'map') return this.#noMapping(node);
    return this.#includes(node).reduce<MapNode>((whole, { pattern, at }) => {
      const files = this.#matching(posix.dirname(file), pattern, at);
      return files.reduce(
        (sum, one) => this.#join(sum, this.file(one, [...path, file], at)),
        whole,
      );
    }, node);
  }

  #read(file: string, place: Place | undefined): string | undefined {
    const where = { place: place ?? { file, line: 1, column: 1 }, text: file };
    try {
      const source = this.#reader.read(file, place !== undefined);
      if (source === undefined)
        this.#report(errors.diagnostic('spec/file-not-found', { file }, where));
      return source;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#report(errors.diagnostic('spec/file-unreadable', { file, reason }, where));
      return undefined;
    }
  }

  #noMapping({ place }: Node): undefined {
    const args = { key: 'the file', expected: 'a mapping', found: 'something else' };
    const example = '`version: 1`, `network: my-network`';
    this.#report(errors.diagnostic('spec/wrong-type', { ...args, example }, { place }));
  }

  #cycle(file: string, path: readonly string[], place: Place | undefined): undefined {
    const cycle = [...path.slice(path.indexOf(file)), file].join(' -> ');
    const where = { place, text: file };
    this.#report(errors.diagnostic('spec/include-cycle', { file, cycle }, where));
  }

  /** The texts of `include`; what else stands there is reported with the other types. */
  #includes(node: MapNode): readonly { readonly pattern: string; readonly at: Place }[] {
    const value = node.entries.find(({ key }) => key === 'include')?.value;
    const items = value?.kind === 'list' ? value.items : value ? [value] : [];
    return items.flatMap((item) =>
      item.kind === 'scalar' && typeof item.value === 'string'
        ? [{ pattern: item.value, at: item.place }]
        : [],
    );
  }

  #matching(directory: string, pattern: string, at: Place): readonly string[] {
    const absolute = posix.isAbsolute(pattern);
    if (!/[*?[{]/.test(pattern)) return [absolute ? pattern : posix.join(directory, pattern)];
    const files = absolute
      ? this.#reader.glob('/', pattern.replace(/^\/+/, ''))
      : this.#reader.glob(directory, pattern);
    if (files.length > 0) return files.toSorted(byText);
    this.#report(
      errors.diagnostic('spec/include-nothing', { pattern }, { place: at, text: pattern }),
    );
    return [];
  }

  #join(whole: MapNode, part: MapNode | undefined): MapNode {
    if (!part) return whole;
    const entries = new Map(whole.entries.map((entry) => [entry.key, entry]));
    for (const entry of part.entries) {
      const first = entries.get(entry.key);
      if (!first) entries.set(entry.key, entry);
      else if (entry.key !== 'include') entries.set(entry.key, this.#joinEntry(first, entry));
    }
    return { ...whole, entries: [...entries.values()] };
  }

  #joinEntry(first: Entry, second: Entry): Entry {
    const [a, b] = [first.value, second.value];
    if (joined.has(first.key)) {
      if (a.kind === 'map' && b.kind === 'map') return { ...first, value: this.#joinMaps(a, b) };
      if (a.kind === 'list' && b.kind === 'list') {
        return { ...first, value: { ...a, items: [...a.items, ...b.items] } };
      }
      if (b.kind === 'scalar' && b.value === null) return first;
      if (a.kind === 'scalar' && a.value === null) return second;
    }
    const sameVersion = b.kind === 'scalar' && b.value === fileVersion;
    if (first.key !== 'version' || !sameVersion) this.#report(duplicateKey(first, second));
    return first;
  }

  #joinMaps(a: MapNode, b: MapNode): MapNode {
    const entries = new Map(a.entries.map((entry) => [entry.key, entry]));
    for (const entry of b.entries) {
      const first = entries.get(entry.key);
      if (first) this.#report(duplicateKey(first, entry));
      else entries.set(entry.key, entry);
    }
    return { ...a, entries: [...entries.values()] };
  }
}
