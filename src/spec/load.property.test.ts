import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMap, isPair, isScalar, parseDocument, visit } from 'yaml';
import { canonicalJson } from '#base';
import { diskFiles, examples } from '../../tests/support/examples.ts';
import { memoryReader } from './fixtures/memory.ts';
import { loadNetwork } from './load.ts';
import type { Network } from './network.ts';

const texts = examples.map((file) => diskFiles.read(file) ?? '');
const load = (text: string) => loadNetwork('hawser.yaml', memoryReader({ 'hawser.yaml': text }));

/** Everything a network says but where it was written. */
const contentOf = (network: Network | undefined): string =>
  canonicalJson(
    JSON.parse(
      JSON.stringify(network, (key, value: unknown) => {
        if (key === 'place' || key === 'fields') return undefined;
        return typeof value === 'bigint' ? String(value) : value;
      }),
    ),
  );

/** Mappings whose order means something: the first gateway carries the site. */
const ordered = new Set(['gateways', 'nodes']);

/** The same file with the keys of its mappings in another order. */
function shuffled(text: string, keys: readonly number[]): string {
  const document = parseDocument(text);
  let next = 0;
  const key = (): number => keys[next++ % keys.length] ?? 0;
  visit(document, {
    Map(_, map, path) {
      const parent = path.at(-1);
      const name = isPair(parent) && isScalar(parent.key) ? String(parent.key.value) : '';
      if (ordered.has(name)) return;
      const keyed = map.items.map((item) => ({ item, key: key() }));
      map.items = keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
    },
  });
  return document.toString({ lineWidth: 0 });
}

const anExample = fc.constantFrom(...texts);
const someKeys = fc.array(fc.nat(), { minLength: 20, maxLength: 60 });

function gatewaysOf(gateways: string): readonly string[] | undefined {
  const sites = `sites: { s: { gateways: { ${gateways} } } }`;
  const { network } = load(`version: 1\nnetwork: a\noverlay: 10.0.0.0/24\n${sites}\n`);
  return network?.sites[0]?.gateways.map(({ name }) => name);
}

describe('the order of keys', () => {
  test('means nothing', () => {
    fc.assert(
      fc.property(anExample, someKeys, (text, keys) => {
        const { network, diagnostics } = load(shuffled(text, keys));
        expect(diagnostics).toEqual([]);
        expect(contentOf(network)).toBe(contentOf(load(text).network));
      }),
      { numRuns: 60 },
    );
  });

  test('of gateways means which one carries the site', () => {
    expect(gatewaysOf('z: {}, a: {}')).toEqual(['z', 'a']);
    expect(gatewaysOf('a: {}, z: {}')).toEqual(['a', 'z']);
  });
});

const fragments = [
  '\t',
  '\n',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '- ',
  '&a ',
  '*a',
  '<<: *a',
  '!!binary ',
  '?',
  '|\n',
  'null',
  '~',
  '1e999',
  '0x10',
  '.nan',
  '"',
  "'",
  '#',
  '---\n',
  '...\n',
  '%YAML 3\n',
  '\r',
  '10.0.0.1/24',
  '[1-4]',
  '__proto__: 1\n',
  'constructor: {}\n',
  '\u0000',
  '\uFEFF',
  '\uE000',
];

/** What editors, merges and tired people do to a file. */
const damage = fc.oneof(
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(40) }),
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(12),
    insert: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom(...fragments)),
  }),
);

describe('a damaged file', () => {
  test('never throws, and gives findings with places or a network', () => {
    fc.assert(
      fc.property(anExample, fc.array(damage, { minLength: 1, maxLength: 4 }), (text, damages) => {
        const damaged = damages.reduce((sum, one) => {
          const from = Math.floor(one.at * sum.length);
          const insert = 'insert' in one ? one.insert : '';
          return sum.slice(0, from) + insert + sum.slice(from + one.remove);
        }, text);
        const { network, diagnostics } = load(damaged);
        const failed = diagnostics.some(({ severity }) => severity === 'error');
        expect(network === undefined).toBe(failed);
        const lines = damaged.split('\n').length;
        for (const { place, message, fix } of diagnostics) {
          expect(place?.file).toBe('hawser.yaml');
          expect(place?.line).toBeGreaterThan(0);
          expect(place?.line).toBeLessThanOrEqual(lines);
          expect(place?.column).toBeGreaterThan(0);
          expect(message.length).toBeGreaterThan(0);
          expect(fix.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 600 },
    );
  });

  test('may be nested without end', () => {
    for (const text of ['['.repeat(50_000), 'a: '.repeat(50_000), '{a: '.repeat(20_000)]) {
      expect(load(text).diagnostics.length).toBeGreaterThan(0);
    }
  });
});

/** Any YAML value where any key may stand. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 1, -1, 1.5, '', 'a', '10.0.0.0/24', 'gw', 'all', 'tcp/22', 'tag:x'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'gw', 'from', 'address', 'hub', 'links'), tie('value'), {
      maxKeys: 3,
    }),
  ),
})).value;

test('any value at any key never throws', () => {
  const places = texts.map((text) => {
    const paths: unknown[][] = [];
    visit(parseDocument(text), {
      Pair(_, pair, path) {
        const keys = [...path, pair].flatMap((one) =>
          isPair(one) && isScalar(one.key) ? [one.key.value] : [],
        );
        if (path.every((one) => !isPair(one) || isMap(one.value))) paths.push(keys);
      },
    });
    return { text, paths };
  });
  const anyPlace = fc
    .constantFrom(...places)
    .chain(({ text, paths }) =>
      fc.record({ text: fc.constant(text), path: fc.constantFrom(...paths) }),
    );
  fc.assert(
    fc.property(anyPlace, anything, ({ text, path }, value) => {
      const document = parseDocument(text);
      document.setIn(path, document.createNode(value));
      const { network, diagnostics } = load(document.toString());
      expect(network !== undefined || diagnostics.length > 0).toBe(true);
    }),
    { numRuns: 300 },
  );
});
