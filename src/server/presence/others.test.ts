import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestWord } from '../store/peers.ts';
import { type Card, shortened } from './card.ts';
import { Others } from './others.ts';
import { formatWord, type Here, parseWord, parted, type Word } from './words.ts';

const card = (identity: string, more: Partial<Card> = {}): Card => ({
  ...{ identity, boot: 'b', address: '192.0.2.1', since: '2026-01-01', program: '1' },
  ...{ isConfirmed: true, isCurrent: true, lacks: [], isQuarantined: false, failures: [] },
  ...more,
});

const here = (...cards: readonly Card[]): Here => ({
  network: 'net',
  cards,
  gone: [],
  revision: 1,
});
const whole = (seq: number, part: 'first' | 'next' | 'last', of?: Here): Word => ({
  ...{ say: 'whole', to: 'me', seq, servers: [], part },
  ...(of && { here: of }),
});

function tell(others: Others, from: string, ...words: readonly Word[]) {
  return words.map((word) => others.heard(from, word, 0));
}

/** Others who know one server, to which an agent is connected. */
function acquainted(): Others {
  const others = new Others();
  const words = [whole(4, 'first'), whole(4, 'next', here(card('anna'))), whole(4, 'last')];
  expect(tell(others, 'a', ...words)).toEqual([undefined, undefined, undefined]);
  return others;
}

const places = (others: Others, ...identities: readonly string[]): readonly unknown[] =>
  identities.map((identity) => others.find('net', identity)?.server);

test('who is met for the first time is asked for all it knows', () => {
  const others = new Others();
  expect(tell(others, 'a', { say: 'beat', seq: 0, servers: [] })).toEqual(['ask']);
  expect(places(acquainted(), 'anna')).toEqual(['a']);
});

test('words are taken in a row, and one that is missing is noticed', () => {
  const others = acquainted();
  const ben: Word = { say: 'here', seq: 5, here: here(card('ben')) };
  expect(tell(others, 'a', ben)).toEqual([undefined]);
  expect(places(others, 'anna', 'ben')).toEqual(['a', 'a']);
  const gone: Here = { network: 'net', cards: [], gone: ['ben'] };
  expect(tell(others, 'a', { say: 'here', seq: 7, here: gone })).toEqual(['ask']);
  expect(places(others, 'ben')).toEqual(['a']);
  expect(tell(others, 'a', { say: 'beat', seq: 7, servers: [] })).toEqual(['ask']);
});

test('a whole takes the place of what was known only when all of it is there', () => {
  const others = acquainted();
  tell(others, 'a', whole(9, 'first'), whole(9, 'next', here(card('ben'))));
  expect(places(others, 'anna', 'ben')).toEqual(['a', undefined]);
  tell(others, 'a', whole(9, 'last'));
  expect(places(others, 'anna', 'ben')).toEqual([undefined, 'a']);
});

test('who says goodbye, or nothing for long, is forgotten with all its agents', () => {
  const others = acquainted();
  tell(others, 'a', { say: 'bye' });
  expect(places(others, 'anna')).toEqual([undefined]);
  const silent = acquainted();
  silent.prune(6_000);
  expect(silent.some).toBe(true);
  silent.prune(8_000);
  expect(silent.some).toBe(false);
});

test('an agent that moved is where it connected last', () => {
  const others = acquainted();
  const moved = here(card('anna', { since: '2026-01-02' }));
  tell(others, 'b', whole(0, 'first', moved), whole(0, 'last'));
  expect(places(others, 'anna')).toEqual(['b']);
});

test('many agents are told in words that PostgreSQL carries, none left out', () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 2_000 });
  const failures = fc.array(
    fc.record({ code: texts, severity: fc.constant('error' as const), message: texts, fix: texts }),
    { maxLength: 5 },
  );
  const cards = fc.array(
    fc.record({ failures, program: texts, lacks: fc.array(texts) }).map((more) => card('x', more)),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(cards, (list) => {
      const all = list.map((one, i) => shortened({ ...one, identity: `${i}` }));
      const parts = parted({ network: 'n'.repeat(63), cards: all, gone: ['y'], revision: 7 });
      for (const part of parts) {
        const text = formatWord({ say: 'here', seq: 123_456, here: part });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(longestWord);
        expect(parseWord(text)).toMatchObject({ here: part });
      }
      expect(parts.flatMap((part) => part.cards)).toEqual(all);
      expect(parts.flatMap((part) => part.gone)).toEqual(['y']);
      expect(parts.map(({ revision }) => revision).findLastIndex((r) => r === 7)).toBe(
        parts.length - 1,
      );
    }),
    { numRuns: 50 },
  );
});

test('what a server of another version says is passed over', () => {
  expect(parseWord('{"v":2,"say":"beat"}')).toBeUndefined();
  expect(parseWord('no JSON')).toBeUndefined();
});

test('of what a machine sees other servers are told first what no event tells the end of', () => {
  const warnings = ['a', 'b', 'c', 'agent/two-places', 'agent/not-put-back'].map((code) => ({
    ...{ code, severity: 'warning' as const, message: code, fix: 'Mend it.' },
  }));
  const told = shortened(card('anna', { warnings })).warnings ?? [];
  expect(told.map(({ code }) => code)).toEqual(['agent/two-places', 'agent/not-put-back', 'a']);
});
