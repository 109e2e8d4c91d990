import Compile from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { diskFiles, examples } from '../../tests/support/examples.ts';
import { conform, matches, type Shape, shapeOf } from './conform.ts';
import type { Node } from './document.ts';
import { generateFileFormat, generateSchema } from './generate.ts';
import { FileSchema } from './schema.ts';
import { sections } from './sections/index.ts';

/** Every schema inside, with its path. */
function everyShape(path: string, shape: Shape): readonly (readonly [string, Shape])[] {
  const inner = [
    ...Object.entries(shape.properties ?? {}).map(([key, one]) => [`${path}.${key}`, one] as const),
    ...Object.values(shape.patternProperties ?? {}).map((one) => [`${path}.*`, one] as const),
    ...(shape.items ? [[`${path}[]`, shape.items] as const] : []),
    ...(shape.anyOf ?? []).map((one) => [path, one] as const),
  ];
  return [[path, shape], ...inner.flatMap(([at, one]) => everyShape(at, one))];
}

const properties = everyShape('', shapeOf(FileSchema)).flatMap(([path, shape]) =>
  Object.entries(shape.properties ?? {}).map(([key, one]) => [`${path}.${key}`, one] as const),
);

const nodeOf = (value: unknown): Node => {
  const place = { file: '', line: 1, column: 1 };
  if (Array.isArray(value)) return { kind: 'list', place, items: value.map(nodeOf), size: 1 };
  if (value === null || typeof value !== 'object') {
    return { kind: 'scalar', place, value: value as string, text: String(value) };
  }
  const entries = Object.entries(value).map(([key, one]) => ({ key, place, value: nodeOf(one) }));
  return { kind: 'map', place, entries, size: 1 };
};

describe('every key of the file', () => {
  test.each(properties)('%s has a description', (_, shape) => {
    expect(shape.description).toMatch(/\w/);
  });

  test.each(properties)('%s shows what it looks like', (_, shape) => {
    const shown = shape.examples ?? shape.default ?? shape.enum ?? shape.patternProperties;
    expect(shown ?? shape.items?.examples).toBeDefined();
  });

  test.each(properties)('%s has examples that fit it', (path, shape) => {
    const found: string[] = [];
    for (const example of shape.examples ?? []) {
      conform(shape, path, nodeOf(example), ({ message }) => found.push(message));
    }
    expect(found).toEqual([]);
  });
});

describe('the schema for editors', () => {
  const schema = JSON.parse(generateSchema()) as object;
  const validator = Compile(schema);

  test.each(examples)('accepts %s', (file) => {
    const value: unknown = parse(diskFiles.read(file) ?? '');
    expect(validator.Errors(value)).toEqual([]);
  });

  test.each([
    ['an unknown key', { version: 1, network: 'a', overlay: '10.0.0.0/24', site: {} }],
    ['a missing key', { version: 1, network: 'a' }],
    ['a bad name', { version: 1, network: 'A', overlay: '10.0.0.0/24' }],
    [
      'a bad name of a site',
      { version: 1, network: 'a', overlay: '10.0.0.0/24', sites: { A: {} } },
    ],
    ['a port of 0', { version: 1, network: 'a', overlay: '10.0.0.0/24', defaults: { port: 0 } }],
  ])('refuses %s', (_, value) => expect(validator.Check(value)).toBe(false));

  test('accepts a mapping without value, as the reader does', () => {
    const value = { version: 1, network: 'a', overlay: '10.0.0.0/24', members: { m: null } };
    expect(validator.Check(value)).toBe(true);
  });

  test('keeps to itself what only the reader understands', () => {
    expect(generateSchema()).not.toMatch(/"(fault|reserved|called)":/);
  });
});

test('the description of the format names every key', () => {
  const text = generateFileFormat();
  for (const [path] of properties) expect(text).toContain(`| \`${path.split('.').at(-1)}\` |`);
});

test('the file has exactly the keys that have a section', () => {
  expect(Object.keys(FileSchema.properties).sort()).toEqual(Object.keys(sections).sort());
});

test('patterns are compiled once and match whole texts', () => {
  expect(matches('^a$', 'a')).toBe(true);
  expect(matches('^a$', 'ab')).toBe(false);
});
