import { expect, test } from 'vitest';
import type { Verified } from '#api';
import { linesOfSegment, wrongInSegment } from './verify-segment.ts';

const one = (what: string, to: string, more: Partial<Verified> = {}): Verified => ({
  ...{ to, target: '10.9.0.1', what, outcome: 'answered', ms: 1 },
  ...(what === 'icmp' && { verdict: 'allow' }),
  ...more,
});
const silent = { outcome: 'silent', wrong: 'but was silent' } as const;
const inLab = (...from: readonly [machine: string, ...verified: readonly Verified[]][]) => ({
  segment: 'lab',
  from: from.map(([machine, ...verified]) => ({ machine, verified })),
  untried: [],
});

test('a machine that answers nobody is one thing, told with whether its own gateway hears it', () => {
  const off = inLab(
    ['b-gw', one('arp', 'b-1', silent)],
    ['out', one('icmp', 'b-1', silent), one('mtu 1390', 'b-1', silent)],
  );
  expect(wrongInSegment(off)).toEqual([
    'in lab b-1 answers nobody, nor b-gw at its site: it is off, or away from its port',
  ]);
  const cut = inLab(['b-gw', one('arp', 'b-1')], ['out', one('icmp', 'b-1', silent)]);
  expect(wrongInSegment(cut)).toEqual([
    expect.stringMatching(/^in lab b-1 answers nobody, but b-gw at its site: nothing passes/),
  ]);
});

test('a server of names that answers nobody is one thing, and one wrong name is told by itself', () => {
  const name = (to: string, more: Partial<Verified>) =>
    one('name', to, { by: '10.9.0.10', ...more });
  expect(wrongInSegment(inLab(['out', name('a-1', silent), name('b-1', silent)]))).toEqual([
    'in lab 10.9.0.10 answers nobody who asks it for names',
  ]);
  const half = inLab(['out', name('a-1', silent), name('b-1', {})]);
  expect(wrongInSegment(half)).toEqual([
    'in lab out to a-1 (10.9.0.1), name by 10.9.0.10: but was silent',
  ]);
});

test('what is tried is counted by its kind', () => {
  const lab = inLab(
    [
      'b-gw',
      one('arp', 'b-1'),
      one('filters', 'hw-net-lab', { wrong: 'is not as the file says: x' }),
    ],
    ['out', one('icmp', 'b-1'), one('egress tcp/53', '10.5.0.1/32')],
  );
  expect(linesOfSegment(lab)).toEqual([
    'in lab       1 of 1 flows that may pass, passed',
    '             1 of 1 addresses of machines are answered for at their sites',
    '             1 of 1 on the lists of routers are reached',
    '             0 of 1 namespaces are as they should be',
  ]);
  expect(wrongInSegment(lab)).toEqual([
    'in lab b-gw: namespace hw-net-lab is not as the file says: x',
  ]);
});
