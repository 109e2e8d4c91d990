import { expect, test } from 'vitest';
import { Secret } from '#base';
import { emptyFacts, link, project } from '#compile';
import { loadNetwork } from '#spec';
import { presharedKeys } from './preshared.ts';

const yaml = `
version: 1
network: n
overlay: 10.0.0.0/24
members:
  a: { endpoint: 203.0.113.1:51820 }
  b: { endpoint: 203.0.113.2:51820 }
  c: {}
`;
const reader = { read: () => yaml, glob: () => [] };
const { network } = loadNetwork('hawser.yaml', reader);
if (!network) throw new Error('the file is wrong');

const key = (first: string) => ({ '0': `${first.repeat(43)}=` });
const keys = { a: key('A'), b: key('B'), c: key('C') };
const model = link({ ...emptyFacts, keys, network, epoch: 'e', rev: 1, presharedKeys: 1 });

const secret = new Secret(Buffer.alloc(32, 1).toString('base64'));
const valuesAt = (machine: string, of = secret) =>
  new Map(
    [...presharedKeys(project(model, machine), () => of)].map(([id, one]) => [id, one.reveal()]),
  );

test('the two ends of a tunnel are given the same key, and no third machine is', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => valuesAt(name));
  const shared = [...(a ?? [])].filter(([id]) => b?.has(id));
  expect(shared).toHaveLength(1);
  for (const [id, value] of shared) {
    expect(b?.get(id)).toBe(value);
    expect(Buffer.from(value, 'base64')).toHaveLength(32);
    expect([...(c?.values() ?? [])]).not.toContain(value);
  }
});

test('another secret gives other keys', () => {
  const other = new Secret(Buffer.alloc(32, 2).toString('base64'));
  const [before, after] = [valuesAt('a'), valuesAt('a', other)];
  expect([...before.keys()]).toEqual([...after.keys()]);
  for (const [id, value] of before) expect(after.get(id)).not.toBe(value);
});

const referencesAt = (machine: string, have: readonly string[]) => {
  const preshared = { from: 1, have };
  const changing = link({ ...model.inputs, presharedKeys: 2, preshared });
  const peers = project(changing, machine).tunnels.main?.peers ?? {};
  return Object.fromEntries(
    Object.entries(peers).map(([name, { presharedKey, nextPresharedKey }]) => [
      name,
      [presharedKey?.version, nextPresharedKey?.version],
    ]),
  );
};

test('two machines use the newer keys when both have them, and until then keep both', () => {
  expect(referencesAt('a', [])).toEqual({ b: [1, 2], c: [1, 2] });
  expect(referencesAt('a', ['a', 'b'])).toEqual({ b: [2, undefined], c: [1, 2] });
  expect(referencesAt('c', ['a', 'b'])).toEqual({ a: [1, 2], b: [1, 2] });
});

test('a machine is given the values of both, and each but once', () => {
  const changing = (have: readonly string[]) =>
    project(link({ ...model.inputs, presharedKeys: 2, preshared: { from: 1, have } }), 'a');
  const of = (version: number) => new Secret(Buffer.alloc(32, version).toString('base64'));
  const [rest, first, second] = [project(model, 'a'), changing([]), changing(['a', 'b', 'c'])];
  const ids = (found: ReadonlyMap<string, Secret>) => [...found.keys()].map((id) => id.slice(-2));
  expect(ids(presharedKeys(first, of, rest))).toEqual(['@2', '@2']);
  expect(ids(presharedKeys(second, of, first))).toEqual([]);
  expect(ids(presharedKeys(first, of))).toEqual(['@1', '@2', '@1', '@2']);
});
