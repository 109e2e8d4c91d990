import { expect, test } from 'vitest';
import { type Answer, type Answers, heard, nextLook, refusing, unknown } from './answers.ts';

const start = 1_800_000_000_000;
const never = refusing(['10.0.0.0/24', 'fd00::/8']);
const of = (ttl: number, ...addresses: readonly string[]): Answer => ({
  addresses: addresses.map((address) => ({ address, ttl })),
});
const nothing: Answer = { addresses: [] };
const failed: Answer = { failure: 'no resolver answers' };
const after = (...said: readonly (readonly [seconds: number, Answers])[]) =>
  said.reduce((known, [s, answers]) => heard(known, answers, never, start + s * 1000), unknown);
const addresses = (known: ReturnType<typeof after>) => Object.keys(known.until).sort();

test('an address is the name’s until its time is over, also where a later answer is without it', () => {
  const first = [0, { 4: of(60, '192.0.2.1') }] as const;
  expect(addresses(after(first, [59, { 4: of(60, '192.0.2.2') }]))).toEqual([
    '192.0.2.1',
    '192.0.2.2',
  ]);
  expect(addresses(after(first, [61, { 4: of(60, '192.0.2.2') }]))).toEqual(['192.0.2.2']);
});

test.each([
  ['no resolver answers', { 4: failed, 6: failed }, 'no resolver answers'],
  ['there is no such name any more', { 4: nothing, 6: nothing }, 'it has no address'],
  [
    'one question fails and the other has no answer',
    { 4: nothing, 6: failed },
    'no resolver answers',
  ],
])('where %s, what was known stays, however long, and it is told', (_, answers, failure) => {
  const known = after([0, { 4: of(60, '192.0.2.1') }], [900, answers]);
  expect(addresses(known)).toEqual(['192.0.2.1']);
  expect(known.failure).toBe(failure);
  expect(after([0, { 4: failed }], [1, { 4: of(60, '192.0.2.1') }]).failure).toBeUndefined();
});

test('where one family fails, its addresses stay; where it has none any more, they end in time', () => {
  const first = [0, { 4: of(60, '192.0.2.1'), 6: of(60, '2001:db8::1') }] as const;
  const later = (six: Answer) => after(first, [61, { 4: of(60, '192.0.2.1'), 6: six }]);
  expect(later(failed).half).toEqual({ family: 6, why: 'no resolver answers' });
  expect([later(nothing).half, later(of(60, '2001:db8::1')).half]).toEqual([undefined, undefined]);
  const none = after(
    first,
    [1, { 4: failed, 6: of(60, '2001:db8::1') }],
    [2, { 4: failed, 6: failed }],
  );
  expect([none.half, none.failure]).toEqual([undefined, 'no resolver answers']);
  expect(addresses(later(failed))).toEqual(['192.0.2.1', '2001:db8::1']);
  expect(addresses(later(nothing))).toEqual(['192.0.2.1']);
});

test('what is inside, or nobody’s outside, never becomes reachable by a name', () => {
  const bad = [
    '0.0.0.0',
    '127.0.0.1',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '10.0.0.7',
  ];
  const bad6 = ['::', '::1', '::ffff:192.0.2.1', 'fe80::1', 'ff02::1', 'fd00::1'];
  const known = after([0, { 4: of(60, ...bad, '10.1.0.1'), 6: of(60, ...bad6, '2001:db8::1') }]);
  expect(addresses(known)).toEqual(['10.1.0.1', '2001:db8::1']);
  expect(known.refused).toEqual([...bad, ...bad6].sort());
  // Nor does what became an inside address since.
  const before = after([0, { 4: of(60, '192.0.2.1') }]);
  const narrower = heard(before, { 4: of(60, '192.0.2.2') }, refusing(['192.0.2.1/32']), start);
  expect(addresses(narrower)).toEqual(['192.0.2.2']);
});

test('a name with more addresses than a set should hold has the newest', () => {
  const many = (block: number) => Array.from({ length: 200 }, (_, i) => `198.51.${block}.${i}`);
  const known = after([0, { 4: of(60, ...many(1)) }], [5, { 4: of(60, ...many(2)) }]);
  expect(addresses(known)).toHaveLength(256);
  expect(addresses(known)).toEqual(expect.arrayContaining(many(2)));
});

test.each([
  [{ 4: of(300, '192.0.2.1') }, 300_000],
  [{ 4: of(0, '192.0.2.1') }, 5_000],
  [{ 4: of(300, '192.0.2.1'), 6: of(20, '2001:db8::1') }, 20_000],
  [{ 4: of(86_400, '192.0.2.1') }, 3_600_000],
])('a name is asked for again when its first answer ends: %j', (answers, ms) => {
  expect(nextLook(heard(unknown, answers, never, start), answers, start)).toBe(ms);
});
