import { expect, test } from 'vitest';
import type { Question, Tried } from '#api';
import { longestWord } from '../store/peers.ts';
import { type Answer, type Asked, Calls, type Piece } from './calls.ts';
import { formatWord } from './words.ts';

const asked = (count: number): Asked => ({
  ...{ network: 'net', what: 'try', identity: 'anna', within: 1_000 },
  questions: Array.from(
    { length: count },
    (_, id): Question => ({ id, kind: 'resolve', name: `${Math.random()}` }),
  ),
});

/** Two servers, `a` and `b`; each word passes `carry`. */
function pair(answer: (one: Asked) => Promise<Answer>, carry = (_: Piece) => true) {
  const words: Piece[] = [];
  const to = (server: () => Calls, from: string) => (some: readonly Piece[]) => {
    for (const word of some) {
      words.push(word);
      if (carry(word)) server().heard(from, word);
    }
  };
  const nobody = async () => Promise.reject(new Error('nobody is asked'));
  const a: Calls = new Calls({ say: to(() => b, 'a'), answer: nobody });
  const b: Calls = new Calls({ say: to(() => a, 'b'), answer });
  return { a, words };
}

const tried = async (one: Asked): Promise<Answer> =>
  one.what === 'try'
    ? one.questions.map(({ id }): Tried => ({ id, outcome: 'answered', ms: 1 }))
    : null;

test('a question and its answer pass whole, in words that PostgreSQL carries', async () => {
  const { a, words } = pair(tried);
  for (const count of [1, 1_000]) {
    expect(await a.ask('b', asked(count), 5_000)).toHaveLength(count);
  }
  expect(await a.ask('b', { network: 'net', what: 'store', a: 'x', b: 'y' }, 5_000)).toBe(null);
  expect(words.length).toBeGreaterThan(6);
  for (const word of words) {
    expect(Buffer.byteLength(formatWord(word))).toBeLessThanOrEqual(longestWord);
  }
});

test('nothing comes of what was not heard whole, nor from a server that ends or does not know', async () => {
  const gap = pair(tried, ({ of, part }) => of === 'answer' || part !== 1);
  expect(await gap.a.ask('b', asked(1_000), 20)).toBe(undefined);
  const silent = pair(async () => new Promise(() => undefined));
  const waits = silent.a.ask('b', asked(1), 60_000);
  silent.a.gone('c');
  silent.a.gone('b');
  expect(await waits).toBe(undefined);
  const fails = pair(async () => Promise.reject(new Error('it is not connected')));
  expect(await fails.a.ask('b', asked(1), 5_000)).toBe(null);
});
