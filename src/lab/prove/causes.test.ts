import { expect, test } from 'vitest';
import { causesOf, type Evidence } from './causes.ts';
import type { Expected } from './expect.ts';
import type { Finding } from './measure.ts';

const flow = (from: string, to: string, verdict: Expected['verdict'] = 'allow'): Expected => ({
  from,
  to,
  family: 4,
  port: { protocol: 'tcp', first: 22, last: 22 },
  destination: '10.0.0.2',
  verdict,
  reason: 'so it is',
  tunnels: ['a-gw <-> b-gw'],
  ...(verdict === 'deny' && { decision: { machine: 'b-gw', counter: 'deny' } }),
});
const found = (
  expected: Expected,
  outcome: Finding['measured']['outcome'] = 'silent',
): Finding => ({ expected, measured: { id: 'x', outcome }, leaked: false });

const explain = (evidence: Partial<Evidence>) =>
  causesOf({
    findings: [],
    refusals: [],
    missing: [],
    troubles: new Map(),
    unitOf: (machine) => machine.split('-')[0] ?? '',
    ...evidence,
  });

const cut = new Map([['a-gw <-> b-gw', 'a is cut off']]);

test('flows that one tunnel should carry are told in one sentence with its trouble', () => {
  const findings = [found(flow('a-1', 'b-1')), found(flow('a-1', 'b-2'), 'refused')];
  expect(explain({ findings, troubles: cut })).toEqual({
    causes: [
      {
        cause: 'a is cut off',
        text: '2 flows from a to b did not arrive: a is cut off',
        mismatches: 2,
      },
    ],
    others: [],
  });
  const both = [...findings, found(flow('b-1', 'a-1'))];
  expect(explain({ findings: both, troubles: cut }).causes[0]?.text).toContain(
    '3 flows between a and b did not arrive',
  );
  const own = [...findings, found(flow('b-3', 'b-1'))];
  expect(explain({ findings: own, troubles: cut }).causes[0]?.text).toContain(
    '3 flows from or to b did not arrive',
  );
});

test('a tunnel without a handshake is the cause of what it lost, from both ends once', () => {
  const missing = [
    { machine: 'a-gw', peer: 'b-gw' },
    { machine: 'b-gw', peer: 'a-gw' },
  ];
  const { causes } = explain({ missing, findings: [found(flow('a-1', 'b-1'))] });
  expect(causes).toMatchObject([
    {
      mismatches: 3,
      text: 'a-1 to b-1 (10.0.0.2), tcp/22, did not arrive, 2 handshakes did not happen: tunnel a-gw <-> b-gw has no handshake',
    },
  ]);
});

test('a tunnel that carries something else is not blamed', () => {
  const findings = [found(flow('a-1', 'b-1')), found(flow('a-2', 'b-1'), 'answered')];
  const { causes, others } = explain({ findings });
  expect(causes).toEqual([]);
  expect(others).toEqual([expect.stringContaining('a-1 to b-1 (10.0.0.2), tcp/22: should pass')]);
});

test('a tunnel that carries nothing is blamed though nothing else is known of it', () => {
  const { causes } = explain({ findings: [found(flow('a-1', 'b-1')), found(flow('a-2', 'b-1'))] });
  expect(causes.map(({ cause }) => cause)).toEqual(['tunnel a-gw <-> b-gw carries nothing']);
});

test('refusals behind a dead tunnel are explained, those that fail elsewhere are not', () => {
  const refusal = { machine: 'b-gw', counter: 'deny', flows: 2, counted: 1 };
  const findings = [found(flow('a-1', 'b-1', 'deny'))];
  const { causes, others } = explain({ findings, refusals: [refusal], troubles: cut });
  expect(others).toEqual([]);
  expect(causes).toEqual([
    { cause: 'a is cut off', text: '1 counter lacked 1 refusal: a is cut off', mismatches: 1 },
  ]);
  const worse = { ...refusal, counted: 0 };
  expect(explain({ findings, refusals: [worse], troubles: cut }).others).toHaveLength(1);
});

test('what passes against the policy is never explained by a tunnel', () => {
  const leak = found(flow('a-1', 'b-1', 'deny'), 'answered');
  expect(explain({ findings: [leak], troubles: cut }).others).toHaveLength(1);
});
