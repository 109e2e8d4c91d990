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
