import { expect, test } from 'vitest';
import { emptyFacts } from '#compile';
import { facilityVersions } from '#state';
import { compilerCalls } from '../network/compiler.ts';
import { pack } from '../store/packed.ts';
import { spreadOf } from './states.ts';

test('a few machines prove what they are told as they like, many take turns', () => {
  expect(spreadOf(2)).toBeUndefined();
  expect(spreadOf(150)).toBeUndefined();
  expect(spreadOf(5000)).toBe(10_000);
});

const text = `version: 1
network: net
overlay: 10.1.0.0/24
topology: { hub: [hub] }
sites: { hub: { gateways: { hub: { endpoint: "192.0.2.1:51820" } } } }
members: { anna: {} }
`;

test('how long they may take stands in what changes their state, and in nothing else', () => {
  const compiler = compilerCalls();
  compiler.open({
    basis: 1,
    head: {
      network: 'net',
      revision: { epoch: 'e', number: 1 },
      latest: 1,
      frozen: false,
      facts: pack(emptyFacts),
    },
    files: pack({ entry: 'net.yaml', files: { 'net.yaml': text } }),
    machines: [],
    held: undefined,
    acts: 0,
    secret: undefined,
  });
  const one = { machine: 'anna', supports: { ...facilityVersions } };
  const ask = (has: { readonly hash: string } | undefined, spread?: number) => {
    const [answer] = compiler.states({ basis: 1, wanted: [{ ...one, has }], spread });
    if (typeof answer !== 'object') throw new Error(answer);
    return { ...answer, message: JSON.parse(answer.text) as { readonly spread?: number } };
  };
  const { hash, message } = ask(undefined, 900);
  expect(message.spread).toBe(900);
  expect(ask(undefined).message.spread).toBeUndefined();
  expect(ask({ hash }, 900).message).toEqual({ type: 'current', epoch: 'e', rev: 1, hash, act: 0 });
});
