import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Place } from '#base';
import { parseRaw } from './document.ts';
import { errors } from './errors.ts';

/** Of a member that is added to a file. */
export interface NewMember {
  readonly name: string;
  readonly hub?: string;
  readonly tags: readonly string[];
  /** RFC 3339. */
  readonly expires?: string;
  /** False: nothing of ours runs there. */
  readonly managed?: false;
  readonly person?: string;
}

type Ranged = Node & { readonly range: readonly [number, number, number] };
type RangedPair = Pair<Ranged, Ranged | null>;
type RangedMap = YAMLMap<Ranged, Ranged | null> & Ranged;

const words = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);
const plain = (text: string): string =>
  /^[a-z]/.test(text) && !words.has(text) ? text : JSON.stringify(text);

function memberText({ name, hub, tags, expires, managed, person }: NewMember): string {
  const fields = [
    ...(managed === undefined ? [] : ['managed: false']),
    ...(person === undefined ? [] : [`person: ${JSON.stringify(person)}`]),
    ...(hub === undefined ? [] : [`hub: ${plain(hub)}`]),
    ...(tags.length === 0 ? [] : [`tags: [${tags.map(plain).join(', ')}]`]),
    ...(expires === undefined ? [] : [`expires: "${expires}"`]),
  ];
  return `${plain(name)}: {${fields.length === 0 ? '' : ` ${fields.join(', ')} `}}`;
}

const notHere = (file: string, why: string) => errors.error('spec/not-patchable', { file, why });

const insert = (source: string, at: number, text: string): string =>
  source.slice(0, at) + text + source.slice(at);

/** Where the text of a node ends, without what follows it in the file. */
function endOf(node: Ranged): number {
  if (!isCollection(node) || node.flow) return node.range[1];
  const last = node.items.at(-1) as RangedPair | Ranged | undefined;
  if (last === undefined) return node.range[1];
  return 'key' in last ? endOfPair(last) : endOf(last);
}

/**
 * The text of a network's file with one member more; everything else stays as it was written, byte
 * for byte. Pure.
 * @throws spec/not-patchable where the file is written in a way that leaves no place for it
 */
export function addMember(file: string, source: string, member: NewMember): string {
  const root = rootOf(file, parseRaw(source));
  const text = memberText(member);
  const pair = (root.items as RangedPair[]).find(
    ({ key }) => isScalar(key) && key.value === 'members',
  );
  if (!pair) return withSection(source, root, text);
  const { value } = pair;
  if (isMap(value)) return withEntry(source, value as RangedMap, text);
  if (value === null || (isScalar(value) && !value.source)) {
    const at = lineEnd(source, value?.range[1] ?? pair.key.range[1]);
    return insert(source, at, `\n${indentOf(source, root)}  ${text}`);
  }
  throw notHere(file, '`members` is no mapping of its own');
}

function rootOf(file: string, document: Document): RangedMap {
  if (document.errors.length > 0) throw notHere(file, 'it cannot be read as YAML');
  if (isMap(document.contents)) return document.contents as RangedMap;
  throw notHere(file, 'it is no mapping');
}

function withSection(source: string, root: RangedMap, text: string): string {
  if (root.flow) return withEntry(source, root, `members: { ${text} }`);
  const at = lineEnd(source, endOf(root));
  const indent = indentOf(source, root);
  return insert(
    source,
    at,
    `\n\n${indent}members:\n${indent}  ${text}${at === source.length ? '\n' : ''}`,
  );
}

function withEntry(source: string, map: RangedMap, text: string): string {
  if (map.flow) {
    const last = map.items.at(-1);
    if (!last) return insert(source, map.range[0] + 1, ` ${text} `);
    return insert(source, endOfPair(last), `, ${text}`);
  }
  return insert(source, lineEnd(source, endOf(map)), `\n${indentOf(source, map)}${text}`);
}

/** The end of the line in which a node ends; the text of a block scalar ends behind its line. */
function lineEnd(source: string, at: number): number {
  if (source[at - 1] === '\n') return at - 1;
  const next = source.indexOf('\n', at);
  return next === -1 ? source.length : next;
}

function indentOf(source: string, map: RangedMap): string {
  const from = map.items[0]?.key.range[0] ?? map.range[0];
  return ' '.repeat(from - (source.lastIndexOf('\n', from - 1) + 1));
}

/**
 * The text of a file without the machine that stands at a place of it; everything else stays as it was
 * written. Pure.
 * @throws spec/not-patchable where the machine is part of a range, or stands elsewhere
 */
export function removeMachine(
  file: string,
  source: string,
  { name, place }: { readonly name: string; readonly place: Place | undefined },
): string {
  const { map, index } = machineAt(file, source, { name, place });
  return map.flow
    ? withoutFlow(source, map, index)
    : withoutLines(source, map.items[index] as RangedPair);
}

interface Found {
  readonly map: RangedMap;
  readonly index: number;
}

/** @throws spec/not-patchable */
function machineAt(
  file: string,
  source: string,
  { name, place }: { readonly name: string; readonly place: Place | undefined },
): Found {
  const lines = new LineCounter();
  const document = parseRaw(source, lines);
  rootOf(file, document);
  const found = place && pairAt(document, (offset) => isPlace(lines, offset, place));
  if (!found) throw notHere(file, `\`${name}\` does not stand there by itself`);
  const { key } = found.map.items[found.index] as RangedPair;
  if (isScalar(key) && key.value !== name) {
    throw notHere(file, `\`${name}\` is written there as one of several`);
  }
  return found;
}

/**
 * The text of a file in which a member ends at another time, RFC 3339, or never; everything else stays as it was
 * written. Pure.
 * @throws spec/not-patchable where the member is part of a range, or stands elsewhere
 */
export function setExpires(
  file: string,
  source: string,
  member: { readonly name: string; readonly place: Place | undefined },
  expires: string | undefined,
): string {
  const { map, index } = machineAt(file, source, member);
  const { key, value } = map.items[index] as RangedPair;
  const text = expires === undefined ? undefined : `expires: "${expires}"`;
  if (value === null || (isScalar(value) && !value.source)) {
    if (text === undefined) return source;
    const colon = source.indexOf(':', key.range[1]);
    return colon === -1 || source.slice(key.range[1], colon).trim() !== ''
      ? insert(source, key.range[1], `: { ${text} }`)
      : insert(source, colon + 1, ` { ${text} }`);
  }
  if (!isMap(value)) throw notHere(file, `\`${member.name}\` is no mapping of its own`);
  const fields = value as RangedMap;
  const at = fieldOf(fields, 'expires');
  if (text === undefined) return at === -1 ? source : withoutField(source, fields, at);
  if (at === -1) return withEntry(source, fields, text);
  const pair = fields.items[at] as RangedPair;
  return source.slice(0, pair.key.range[0]) + text + source.slice(endOfPair(pair));
}

const fieldOf = (fields: RangedMap, name: string): number =>
  fields.items.findIndex(({ key }) => isScalar(key) && key.value === name);

function withoutField(source: string, fields: RangedMap, index: number): string {
  if (fields.items.length === 1) {
    return `${source.slice(0, fields.range[0])}{}${source.slice(endOf(fields))}`;
  }
  return fields.flow
    ? withoutFlow(source, fields, index)
    : withoutLines(source, fields.items[index] as RangedPair);
}

/** The text of a file without the public key of the machine that stands at a place of it. Pure. */
export function removeKey(source: string, place: Place): string {
  const lines = new LineCounter();
  const document = parseRaw(source, lines);
  const found = pairAt(document, (offset) => isPlace(lines, offset, place));
  const fields = found?.map.items[found.index]?.value;
  if (!isMap(fields)) return source;
  const map = fields as RangedMap;
  const index = fieldOf(map, 'key');
  return index === -1 ? source : withoutField(source, map, index);
}

function isPlace(lines: LineCounter, offset: number, { line, column }: Place): boolean {
  const at = lines.linePos(offset);
  return at.line === line && at.col === column;
}

function pairAt(document: Document, isThere: (offset: number) => boolean): Found | undefined {
  let found: Found | undefined;
  visit(document, {
    Map: (_, node) => {
      const map = node as RangedMap;
      const index = map.items.findIndex(({ key }) => isThere(key.range[0]));
      if (index === -1) return undefined;
      found = { map, index };
      return visit.BREAK;
    },
  });
  return found;
}

function withoutFlow(source: string, map: RangedMap, index: number): string {
  const [before, pair, after] = [map.items[index - 1], map.items[index], map.items[index + 1]];
  const from = pair as RangedPair;
  const start = !after && before ? endOfPair(before) : from.key.range[0];
  if (after) return source.slice(0, start) + source.slice(after.key.range[0]);
  const rest = source.slice(endOfPair(from));
  // Where nobody stays, a comma at the end has nothing to follow.
  return source.slice(0, start) + (before ? rest : rest.replace(/^\s*,/, ''));
}

const endOfPair = ({ key, value }: RangedPair): number =>
  Math.max(endOf(key), value ? endOf(value) : 0);

function withoutLines(source: string, pair: RangedPair): string {
  const start = source.lastIndexOf('\n', pair.key.range[0] - 1) + 1;
  return source.slice(0, start) + source.slice(lineEnd(source, endOfPair(pair)) + 1);
}
