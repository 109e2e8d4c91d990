import { expect, test } from 'vitest';
import { type Change, emptyNamespace, type NeighbourItem } from '#state';
import { changedBy } from './changed.ts';
import { frameOf } from './frames.ts';

const [mac, from] = ['02:00:00:00:00:50', '02:00:00:00:00:99'];

test('an address of IPv4 is announced by a request for itself', () => {
  expect(frameOf({ address: '10.9.0.80', mac, from })).toBe(
    `${'f'.repeat(12)}020000000099080600010800060400010200000000500a0900500000000000000a090050`,
  );
});

test('one of IPv6 by an advertisement to all, whose sum is right', () => {
  const frame = Buffer.from(frameOf({ address: 'fd09::80', mac, from }), 'hex');
  expect(frame.subarray(0, 14).toString('hex')).toBe('33330000000102000000009986dd');
  expect([frame.readUInt16BE(18), frame[20], frame[21]]).toEqual([32, 58, 255]);
  expect(frame.subarray(54).toString('hex')).toMatch(
    /^8800....20000000fd0900000000000000000000000000800201020000000050$/,
  );
  const summed = [frame.subarray(22), Buffer.from('000000200000003a', 'hex')];
  let sum = 0;
  for (const part of summed) for (let n = 0; n < part.length; n += 2) sum += part.readUInt16BE(n);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  expect(sum).toBe(0xffff);
});

const about = { namespace: 'hw-net-lab', id: 'x', impact: 'none', why: 'wished' } as const;
const neighbour = (device: string): NeighbourItem => ({ device, address: '10.9.0.80', mac });
const wanted = emptyNamespace();
wanted.bridges.set('bridge', { name: 'bridge', up: true, plain: true });
wanted.neighbours.set('bridge 10.9.0.80', neighbour('bridge'));

test('what is found elsewhere than before is announced, unless all is new', () => {
  const moved = [
    { ...about, facility: 'neighbours', kind: 'add', after: neighbour('bridge') },
    { ...about, facility: 'neighbours', kind: 'add', after: neighbour('eth1') },
    {
      ...about,
      facility: 'proxies',
      kind: 'add',
      after: { device: 'eth1', address: '10.9.0.81' },
    },
  ] as Change[];
  expect(changedBy(moved, wanted)).toEqual([
    neighbour('bridge'),
    { device: 'eth1', address: '10.9.0.81' },
  ]);
  const made = {
    ...about,
    facility: 'bridges',
    kind: 'add',
    after: { name: 'bridge', up: true, plain: true },
  };
  expect(changedBy([made as Change, ...moved], wanted)).toEqual([]);
});

test('a port that is back on its bridge finds others by what that answers', () => {
  const before = { device: 'eth1', address: '10.9.0.80' };
  const gone = { ...about, facility: 'proxies', kind: 'remove', before } as Change;
  expect(changedBy([gone], wanted)).toEqual([neighbour('bridge')]);
});
