import type Type from 'typebox';
import { didYouMean, nearest, type Place } from '#base';
import {
  type Entry,
  type ListNode,
  type MapNode,
  type Node,
  nameOf,
  type Report,
  type ScalarNode,
} from './document.ts';
import { type Code, errors } from './errors.ts';
import { type Loose, setOrigin } from './origin.ts';

type Properties = Readonly<Record<string, Shape>>;

interface Field {
  readonly key: string;
  readonly shape: Shape;
}

/** What this walker reads of a schema: JSON Schema, and the annotations of vocabulary.ts. */
export interface Shape {
  readonly type?: string;
  readonly const?: string | number | boolean;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly properties?: Properties;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly fault?: Code;
  readonly reserved?: readonly string[];
  readonly called?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** A schema with its annotations. */
export const shapeOf = (schema: object): Shape => schema;

/**
 * Reads a value as its schema says, and reports all that does not fit. What does not fit is left out
 * of the answer; mappings and lists carry their origin (origin.ts).
 */
export function conform<S extends Type.TSchema>(
  schema: S,
  key: string,
  node: Node,
  report: Report,
): Loose<Type.Static<S>> | undefined {
  return new Conformer(report).value(shapeOf(schema), key, node) as
    | Loose<Type.Static<S>>
    | undefined;
}

const patterns = new Map<string, RegExp>();
export function matches(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) patterns.set(pattern, (compiled = new RegExp(pattern)));
  return compiled.test(text);
}

const kindOf = (shape: Shape): Node['kind'] =>
  shape.type === 'object' ? 'map' : shape.type === 'array' ? 'list' : 'scalar';

const expectations: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
};

/** What a value should be, in words. */
export function expected(shape: Shape): string {
  if (shape.anyOf) return shape.anyOf.map(expected).join(' or ');
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.enum) return `one of ${shape.enum.join(', ')}`;
  return expectations[shape.type ?? ''] ?? 'a value';
}

/** A value in YAML's flow style. */
export function yamlText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlText).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const pairs = Object.entries(value).map(([key, item]) => `${key}: ${yamlText(item)}`);
    return pairs.length > 0 ? `{ ${pairs.join(', ')} }` : '{}';
  }
  const text = String(value);
  return typeof value === 'string' && /[[\]{},]|^\W|: |^$/.test(text) ? `"${text}"` : text;
}

/** An example of a value, for a message. */
export function exampleOf(shape: Shape): string {
  const example = shape.examples?.[0] ?? shape.default ?? shape.const ?? shape.enum?.[0];
  if (example !== undefined) return yamlText(example);
  if (shape.anyOf) return exampleOf(shape.anyOf[0] ?? {});
  return (
    { object: '{}', array: '[]', integer: String(shape.minimum ?? 1), boolean: 'true' }[
      shape.type as 'object'
    ] ?? 'text'
  );
}

class Conformer {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  value(shape: Shape, key: string, node: Node): unknown {
    if (shape.anyOf) return this.#either(shape, shape.anyOf, key, node);
    if (shape.type === 'object') return this.#mapping(shape, key, node);
    if (node.kind !== kindOf(shape)) return this.#wrongType(shape, key, node);
    if (node.kind === 'scalar') return this.#scalar(shape, key, node);
    return node.kind === 'list' ? this.#list(shape, key, node) : undefined;
  }

  #either(whole: Shape, choices: readonly Shape[], key: string, node: Node): unknown {
    const choice = choices.find((one) => kindOf(one) === node.kind);
    if (!choice || isNull(node)) return this.#wrongType(whole, key, node);
    const { examples } = whole;
    return this.value(examples && !choice.examples ? { ...choice, examples } : choice, key, node);
  }

  /** A key without value stands for an empty mapping, as in `master:`. */
  #mapping(shape: Shape, key: string, node: Node): object {
    const { place } = node;
    if (node.kind === 'map') return this.#entries(shape, key, node);
    if (!isNull(node)) this.#wrongType(shape, key, node);
    return setOrigin({}, { place, fields: {} });
  }

  #entries(shape: Shape, what: string, node: MapNode): object {
    // No prototype: a file may have any key.
    const values = Object.create(null) as Record<string, unknown>;
    const fields = Object.create(null) as Record<string, Place>;
    const keys = Object.create(null) as Record<string, Place>;
    for (const entry of node.entries) {
      const field = this.#fieldOf(shape, what, entry, node);
      if (!field) continue;
      // A mapping is found at its name; anything else where its value begins.
      const here =
        entry.value.kind === 'map' || isNull(entry.value) ? entry.place : entry.value.place;
      const value = this.value(field.shape, entry.key, entry.value);
      fields[field.key] = here;
      keys[field.key] = entry.place;
      if (value !== undefined) values[field.key] = value;
    }
    for (const key of shape.required ?? []) {
      if (!(key in fields)) this.#missing(shape, what, key, node.place);
    }
    return setOrigin(values, {
      place: node.place,
      fields,
      ...(shape.patternProperties && { keys }),
    });
  }

  #fieldOf(shape: Shape, what: string, entry: Entry, node: MapNode): Field | undefined {
    const { key, place } = entry;
    for (const [pattern, inner] of Object.entries(shape.patternProperties ?? {})) {
      if (!matches(pattern, key)) this.#fault(shape.fault ?? 'spec/bad-name', key, place);
      return { key, shape: inner };
    }
    const properties = shape.properties ?? {};
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known) return { key, shape: known };
    if (shape.reserved?.includes(key)) {
      this.#report(errors.diagnostic('spec/reserved-key', { key }, { place, text: key }));
      return undefined;
    }
    const hint = didYouMean(key, Object.keys(properties), `key in ${what}`);
    this.#report(errors.diagnostic('spec/unknown-key', { key, hint }, { place, text: key }));
    return this.#meantField(properties, key, node);
  }

  /** A misspelt key is read as the one that was meant, so that what is below it is checked too. */
  #meantField(properties: Properties, key: string, { entries }: MapNode): Field | undefined {
    const meant = nearest(key, Object.keys(properties));
    const shape = meant === undefined ? undefined : properties[meant];
    if (meant === undefined || !shape || entries.some((one) => one.key === meant)) return undefined;
    return { key: meant, shape };
  }

  #list(shape: Shape, key: string, node: ListNode): unknown[] {
    const values: unknown[] = [];
    const fields: Record<string, Place> = {};
    const items = shape.items ?? {};
    const inner =
      shape.examples && !items.examples ? { ...items, examples: shape.examples } : items;
    for (const item of node.items) {
      const value = this.value(inner, key, item);
      if (value === undefined) continue;
      fields[values.length] = item.place;
      values.push(value);
    }
    this.#checkFilled(shape, key, node);
    return setOrigin(values, { place: node.place, fields });
  }

  #checkFilled({ minItems = 0 }: Shape, key: string, { items, place }: ListNode): void {
    if (minItems === 0 || items.length > 0) return;
    this.#report(errors.diagnostic('spec/empty-list', { key }, { place }));
  }

  #scalar(shape: Shape, key: string, node: ScalarNode): unknown {
    const { value, text, place } = node;
    if (value === null) return this.#wrongType(shape, key, node);
    if (shape.const !== undefined || shape.enum) return this.#choice(shape, key, node);
    if (shape.type === 'string') {
      if (typeof value !== 'string') return this.#notText(shape, key, node);
      if (shape.pattern === undefined || matches(shape.pattern, value)) return value;
      return this.#fault(shape.fault ?? 'spec/bad-name', value, place);
    }
    if (shape.type === 'boolean' && typeof value === 'boolean') return value;
    if (shape.type !== 'integer' || !Number.isInteger(value)) {
      return this.#wrongType(shape, key, node);
    }
    const { minimum: least = 0, maximum: most = Number.MAX_SAFE_INTEGER } = shape;
    if ((value as number) >= least && (value as number) <= most) return value;
    const range = { key, value: text, least, most };
    this.#report(errors.diagnostic('spec/out-of-range', range, { place, text }));
    return undefined;
  }

  #choice(shape: Shape, key: string, node: ScalarNode): unknown {
    const known = shape.enum ?? [shape.const];
    if (known.some((one) => one === node.value)) return node.value;
    const { text, place } = node;
    const others = (shape.examples ?? []).filter((one) => typeof one === 'object').map(yamlText);
    const hint = didYouMean(text, [...known.map(String), ...others], 'value');
    this.#report(errors.diagnostic('spec/not-one-of', { key, text, hint }, { place, text }));
    return undefined;
  }

  #missing(shape: Shape, what: string, key: string, place: Place): void {
    const example = exampleOf(shape.properties?.[key] ?? {});
    const args = { what: what === '' ? 'the file' : `\`${what}\``, key, example };
    this.#report(errors.diagnostic('spec/missing-key', args, { place }));
  }

  #notText(shape: Shape, key: string, node: ScalarNode): undefined {
    const { text, place } = node;
    const args = { key, text, found: nameOf(node), example: exampleOf(shape) };
    this.#report(errors.diagnostic('spec/not-text', args, { place, text }));
  }

  #wrongType(shape: Shape, key: string, node: Node): undefined {
    const { place } = node;
    const args = { key, expected: expected(shape), example: exampleOf(shape) };
    if (isNull(node)) this.#report(errors.diagnostic('spec/no-value', args, { place }));
    else {
      const text = node.kind === 'scalar' ? node.text : undefined;
      const found = nameOf(node);
      this.#report(errors.diagnostic('spec/wrong-type', { ...args, found }, { place, text }));
    }
  }

  #fault(code: Code, text: string, place: Place): undefined {
    const where = { place, text };
    const args = { text, length: text.length, example: labelLike(text), strange: strangeIn(text) };
    const long = code === 'spec/bad-name' && text.length > mostInLabel && isLabel(text);
    // Codes of forms take the text alone, or what it might have been.
    const told = long ? 'spec/long-name' : (code as 'spec/bad-name');
    this.#report(errors.diagnostic(told, args, where));
  }
}

/** RFC 1035, section 2.3.4. */
const mostInLabel = 63;
const isLabel = (text: string): boolean => /^[a-z0-9-]+$/.test(text);

/** The first letter that looks like another, or like none: told by its number (Unicode). */
function strangeIn(text: string): string {
  const [letter] = /[^\x20-\x7e]/u.exec(text) ?? [];
  if (letter === undefined) return '';
  const number = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `: it holds ${/[\p{C}\p{Z}\p{M}]/u.test(letter) ? '' : `${letter}, `}U+${number}`;
}

/** The name that was probably meant: `Denbi Hybrid` is `denbi-hybrid`. */
function labelLike(text: string): string {
  const label = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return /[a-z]/.test(label) && label.length <= mostInLabel ? label : 'worker-1';
}

const isNull = (node: Node): boolean => node.kind === 'scalar' && node.value === null;
