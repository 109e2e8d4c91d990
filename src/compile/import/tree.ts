import { type Diagnostic, HawserError, type Place } from '#base';
import { type MapNode, parseYaml, type YamlEntry, type YamlNode } from '#spec';
import { compileErrors } from '../errors.ts';
import type { ImportFile } from './source.ts';

/** Reads YAML with places. @throws spec/... the first thing that is wrong with it */
export function readTree({ file, text }: ImportFile): YamlNode {
  const found: Diagnostic[] = [];
  const node = parseYaml(file, text, (diagnostic) => void found.push(diagnostic));
  const first = found.find(({ severity }) => severity === 'error');
  if (first) throw new HawserError(first);
  return node as YamlNode;
}

/** Reads JSON, which is YAML but for tabs, with places. @throws compile/import-not-json */
export function readJson({ file, text }: ImportFile): YamlNode {
  try {
    return readTree({ file, text: text.replaceAll('\t', ' ') });
  } catch (error) {
    if (!(error instanceof HawserError)) throw error;
    const { place, message } = error;
    const reason = message.replace(/^this is not YAML: /, '');
    throw compileErrors.error('compile/import-not-json', { reason }, { place });
  }
}

export function badValue(key: string, expected: string, place: Place): HawserError {
  return compileErrors.error('compile/import-bad-value', { key, expected }, { place });
}

export function asMap(node: YamlNode, what: string): MapNode {
  if (node.kind === 'map') return node;
  throw badValue(what, 'a mapping', node.place);
}

export function asItems(node: YamlNode, what: string): readonly YamlNode[] {
  if (node.kind === 'list') return node.items;
  throw badValue(what, 'a list', node.place);
}

export const entryOf = (map: MapNode, key: string): YamlEntry | undefined =>
  map.entries.find((entry) => entry.key === key);

/** As it is written; undefined where there is none or nothing. */
export function textOf(map: MapNode, key: string): string | undefined {
  const value = entryOf(map, key)?.value;
  if (value === undefined || (value.kind === 'scalar' && value.value === null)) return undefined;
  return asText(value, key);
}

export function asText(node: YamlNode, key: string): string {
  if (node.kind === 'scalar' && node.value !== null) return node.text;
  throw badValue(key, 'a text', node.place);
}
