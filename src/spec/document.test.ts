import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '#base';
import { type Node, parseYaml } from './document.ts';

const parse = (text: string): { node: Node | undefined; codes: string[] } => {
  const found: Diagnostic[] = [];
  const node = parseYaml('f.yaml', text, (one) => found.push(one));
  return { node, codes: found.map(({ code }) => code) };
};

/** The values without places. */
function plain(node: Node | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

describe('YAML becomes values', () => {
  test('that know their line and column', () => {
    const { node } = parse('a:\n  b: [1, two]\n');
    const b = node?.kind === 'map' ? node.entries[0]?.value : undefined;
    const entry = b?.kind === 'map' ? b.entries[0] : undefined;
    expect(entry?.place).toEqual({ file: 'f.yaml', line: 2, column: 3 });
    const items = entry?.value.kind === 'list' ? entry.value.items : [];
    expect(items.map(({ place }) => place.column)).toEqual([7, 10]);
  });

  test('whose keys are texts, however YAML reads them', () => {
    expect(plain(parse('1: a\non: b\ntrue: c\nnull: d\n0x1F: e\n').node)).toEqual({
      '1': 'a',
      on: 'b',
      true: 'c',
      null: 'd',
      '0x1F': 'e',
    });
  });

  test('with aliases in place of what they repeat', () => {
    expect(plain(parse('a: &x { k: 1 }\nb: *x\nc: [*x]\n').node)).toEqual({
      a: { k: 1 },
      b: { k: 1 },
      c: [{ k: 1 }],
    });
  });

  test('with an anchor that is used inside itself reported', () => {
    expect(parse('a: &x [*x]\n').codes).toEqual(['spec/unknown-anchor']);
  });

  test('with merged mappings, where what is written wins', () => {
    const text = 'd: &d { p: 1, q: 2 }\ne: &e { q: 3, r: 4 }\nm: { q: 9, <<: [*d, *e] }\n';
    const { node, codes } = parse(text);
    expect(codes).toEqual([]);
    expect(plain(node)).toMatchObject({ m: { p: 1, q: 9, r: 4 } });
  });

  test('with ranges of addresses that need no quotes inside braces', () => {
    const text = 'w-[1-4]: { address: 192.168.66.[11-14], n: "x[1-2]", l: [1-2, a-[3-4]] }\nb: 1\n';
    const { node, codes } = parse(text);
    expect(codes).toEqual([]);
    expect(plain(node)).toEqual({
      'w-[1-4]': { address: '192.168.66.[11-14]', n: 'x[1-2]', l: ['1-2', 'a-[3-4]'] },
      b: 1,
    });
  });

  test('without effect of Windows line ends and a byte order mark', () => {
    expect(plain(parse('\uFEFFa: 1\r\nb:\r\n  - x\r\n').node)).toEqual({ a: 1, b: ['x'] });
  });
});

describe('what is no YAML', () => {
  test('is reported with every error of the text', () => {
    const { node, codes } = parse('a: "x\nb: [1\nc: }\n');
    expect(node).toBeUndefined();
    expect(codes.length).toBeGreaterThan(0);
    expect(new Set(codes)).toEqual(new Set(['spec/yaml-syntax']));
  });

  test('includes a second document', () => {
    expect(parse('a: 1\n---\nb: 2\n').codes).toEqual(['spec/several-documents']);
  });

  test('includes an alias bomb, found before it is walked', () => {
    const levels = Array.from({ length: 30 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x, x]' : `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`,
    );
    const { node, codes } = parse(levels.join('\n'));
    expect(node).toBeUndefined();
    expect(codes).toEqual(['spec/too-many-aliases']);
  });
});
