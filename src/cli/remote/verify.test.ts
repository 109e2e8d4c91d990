import { expect, test } from 'vitest';
import type { Verified } from '#api';
import { wrongOf } from './verify.ts';

const icmp = (to: string, more: Partial<Verified> = {}): Verified => ({
  ...{ to, target: '10.0.0.2', what: 'icmp', verdict: 'allow', outcome: 'silent', ms: 1 },
  ...{ wrong: 'should pass, but was silent' },
  ...more,
});
const fine = { outcome: 'answered', wrong: undefined } as unknown as Partial<Verified>;

test('a machine that answers nobody is one thing that is wrong, and one that answers somebody is not', () => {
  const from = [
    { machine: 'a', verified: [icmp('laptop'), icmp('c')] },
    { machine: 'b', verified: [icmp('laptop'), icmp('c', fine)] },
  ];
  expect(wrongOf(from)).toEqual([
    expect.stringMatching(/^laptop answers nobody/),
    'a to c (10.0.0.2), icmp: should pass, but was silent',
  ]);
});
