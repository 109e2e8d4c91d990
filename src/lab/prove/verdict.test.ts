import { expect, test } from 'vitest';
import { parseCounters, refusals } from './counters.ts';
import type { Expected } from './expect.ts';
import { drawGrid } from './grid.ts';
import { parseHandshakes } from './handshakes.ts';
import type { Finding } from './measure.ts';
import { cellOf, matrix, pairLines, summary } from './table.ts';
import { mismatchOf, refusalMismatch } from './verdict.ts';

const flow = (verdict: Expected['verdict'], more: Partial<Expected> = {}): Expected => ({
  from: 'a',
  to: 'b',
  family: 4,
  port: { protocol: 'tcp', first: 22, last: 22 },
  destination: '10.0.0.2',
  source: '10.0.0.1',
  verdict,
  reason: 'so it is',
  tunnels: ['gw <-> hub'],
  ...more,
});

const finding = (
  expected: Expected,
  outcome: Finding['measured']['outcome'],
  more: Partial<Finding['measured']> = {},
): Finding => ({ expected, measured: { id: 'x', outcome, ...more }, leaked: false });

const plain = (text: string) => text;
const paint = { good: plain, bad: plain, dim: plain, head: plain };

test.each([
  ['allow', 'answered', undefined],
  ['outside', 'answered', undefined],
  ['deny', 'refused', undefined],
  ['deny', 'silent', undefined],
  ['unreachable', 'silent', undefined],
  ['allow', 'refused', 'should pass'],
  ['allow', 'closed', 'should pass'],
  ['outside', 'silent', 'should pass'],
  ['deny', 'answered', 'should be refused'],
  ['deny', 'closed', 'should be refused'],
  ['unreachable', 'answered', 'should find no way'],
] as const)('predicted %s, measured %s', (verdict, outcome, mismatch) => {
  const found = mismatchOf(finding(flow(verdict), outcome));
  if (mismatch === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(mismatch);
});

test('a refused datagram that arrived all the same is a mismatch', () => {
  const leaked = { ...finding(flow('deny'), 'silent'), leaked: true };
  expect(mismatchOf(leaked)).toContain('its datagram arrived');
});

test('a flow that arrives under another address is a mismatch', () => {
  expect(mismatchOf(finding(flow('allow'), 'answered', { seenAs: '10.9.9.9' }))).toContain(
    'as 10.9.9.9 instead of 10.0.0.1',
  );
});

test('a refusal is believed only if the counter of its rule grew', () => {
  const decision = { machine: 'gw', counter: 'deny' };
  const flows = [flow('deny', { decision }), flow('deny', { decision, to: 'c' }), flow('allow')];
  const of = (packets: number) => new Map([['gw', new Map([['deny', packets]])]]);
  const [enough] = refusals(flows, of(5), of(7));
  expect(enough).toEqual({ machine: 'gw', counter: 'deny', flows: 2, counted: 2 });
  expect(enough && refusalMismatch(enough)).toBeUndefined();
  const [less] = refusals(flows, of(5), of(6));
  expect(less && refusalMismatch(less)).toContain('should have refused 2 flows');
});

test('counters and handshakes are read as nft and wg print them', () => {
  const json = JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6' } },
      { counter: { family: 'inet', name: 'deny', table: 't', handle: 1, packets: 7, bytes: 420 } },
    ],
  });
  expect(parseCounters(json)).toEqual(new Map([['deny', 7]]));
  expect(parseHandshakes('wg0\tKEY1=\t1700000000\nwg0\tKEY2=\t0\n')).toEqual(
    new Map([
      ['KEY1=', 1_700_000_000],
      ['KEY2=', 0],
    ]),
  );
});

test('the matrix has a word per pair and explains the words it uses', () => {
  const port = { protocol: 'icmp' } as const;
  const findings = [
    finding(flow('allow'), 'answered'),
    finding(flow('allow', { port }), 'answered'),
    finding(flow('deny', { from: 'b', to: 'a' }), 'refused'),
    finding(flow('allow', { from: 'b', to: 'c' }), 'silent'),
  ];
  const lines = matrix(findings, paint).split('\n');
  expect(lines[0]).toMatch(/from \\ to\s+a\s+b\s+c/);
  expect(lines[1]).toMatch(/^a\s+\.\s+yes/);
  expect(lines[2]).toMatch(/^b\s+-\s+\.\s+WRONG/);
  expect(lines.at(-1)).toBe('yes: everything passes; -: refused; WRONG: NOT AS PREDICTED');
});

test('where only ICMP was measured, nothing is claimed of all else', () => {
  const port = { protocol: 'icmp' } as const;
  const findings = [
    finding(flow('allow', { port }), 'answered'),
    finding(flow('deny', { port, from: 'b', to: 'a' }), 'refused'),
  ];
  const lines = matrix(findings, paint).split('\n');
  expect(lines[1]).toMatch(/^a\s+\.\s+icmp$/);
  expect(lines.at(-1)).toBe('icmp: passes; -: refused; nothing but icmp was asked');
  const handshakes = { expected: 0, missing: [] };
  const proof = { findings, refusals: [], handshakes, mismatches: [], seconds: 1 };
  expect(summary({ ...proof, causes: [], others: [] }, paint)).toContain(
    'the network is what its file says of icmp (1 s)',
  );
});

test('some classes allowed and some refused are told by the classes that pass', () => {
  const some = [finding(flow('allow'), 'answered'), finding(flow('deny'), 'refused')];
  expect(cellOf(some)).toEqual({ fate: 'some', passing: ['tcp/22'] });
});

test('many machines get numbers and signs', () => {
  const names = Array.from({ length: 13 }, (_, i) => `m${i}`);
  const cell = () => ({ fate: 'all' as const, passing: [] });
  const lines = drawGrid({ names, cell }, paint).split('\n');
  expect(lines[0]).toMatch(/ 1 +2 +3 /);
  expect(lines[13]).toMatch(/^ 13 m12 +y +y/);
  expect(lines.at(-1)).toBe('y: everything passes');
});

test('few pairs get a line each', () => {
  const text = pairLines([finding(flow('allow'), 'answered')], paint);
  expect(text).toBe('  a -> b  tcp/22');
});

test('the summary names every mismatch', () => {
  const findings = [finding(flow('allow'), 'silent')];
  const mismatches = findings.flatMap((each) => mismatchOf(each) ?? []);
  const handshakes = { expected: 2, missing: [{ machine: 'a', peer: 'b' }] };
  const proof = { findings, refusals: [], handshakes, mismatches, seconds: 1 };
  const text = summary({ ...proof, causes: [], others: mismatches }, paint);
  expect(text).toContain('handshakes   1 of 2');
  expect(text).toContain('1 mismatch');
  expect(text).toContain('a to b (10.0.0.2), tcp/22: should pass');
});
