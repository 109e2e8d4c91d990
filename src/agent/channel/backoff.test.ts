import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff, patienceFor } from './backoff.ts';

const chance = fc.double({ min: 0, max: 1, noNaN: true });
const attempts = fc.record({
  failures: fc.nat(10_000),
  servers: fc.integer({ min: 1, max: 5 }),
  hurry: fc.boolean(),
});

test('a pause lasts 0.2 to 30 s, and at most 1 s in a hurry, after however many failures', () => {
  fc.assert(
    fc.property(attempts, chance, (made, luck) => {
      const pause = backoff(made, luck);
      expect(pause).toBeGreaterThanOrEqual(200);
      expect(pause).toBeLessThanOrEqual(made.hurry ? 1_000 : 30_000);
    }),
  );
});

test('a pause grows with each round of failures, not with each server', () => {
  const longest = (failures: number, servers: number): number =>
    backoff({ failures, servers, hurry: false }, 1);
  expect([0, 1, 2].map((failures) => Math.round(longest(failures, 1)))).toEqual([400, 520, 676]);
  expect(longest(3, 3)).toBe(longest(1, 1));
  expect(longest(4, 3)).toBe(longest(2, 1));
});

test('a server that was away is found again within two thirds of that time, and 30 s', () => {
  const longest = (failures: number): number => backoff({ failures, servers: 1, hurry: false }, 1);
  let away = 0;
  for (let failures = 0; failures < 40; failures++) {
    // On average a pause is in the middle of its bounds.
    away += (200 + longest(failures)) / 2;
    expect(longest(failures + 1)).toBeLessThan(Math.min((2 / 3) * away + 400, 30_001));
  }
});

test('agents that lost one server at once come back spread out', () => {
  const once = { failures: 0, servers: 1, hurry: false };
  expect(backoff(once, 1) - backoff(once, 0)).toBe(200);
  expect(backoff({ ...once, failures: 20 }, 1) - backoff(once, 0)).toBe(29_800);
});

test('an attempt may take 5 s, and 15 s where others failed: many may come over one slow network', () => {
  const all = [0, 1, 2, 3, 10_000].map((failures) => patienceFor({ failures, servers: 1 }));
  expect(all).toEqual([5_000, 7_500, 11_250, 15_000, 15_000]);
  expect(patienceFor({ failures: 2, servers: 2 })).toBe(7_500);
});

/** When agents are back that lost their only server for so many ms and are refused until then; ms after its return. */
function returns(agents: number, away: number): readonly number[] {
  // A generator with a seed: xorshift32 (Marsaglia, 2003).
  let state = 2_463_534_242;
  const luck = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const back = Array.from({ length: agents }, () => {
    let now = 0;
    for (let failures = 0; now <= away; failures++) {
      now += backoff({ failures, servers: 1, hurry: false }, luck());
    }
    return now - away;
  });
  return back.toSorted((a, b) => a - b);
}

test.each([
  { away: 100, p99: 300, most: 2_600 },
  { away: 2_000, p99: 1_500, most: 800 },
  { away: 10_000, p99: 7_000, most: 250 },
  { away: 600_000, p99: 28_000, most: 60 },
])(
  'of 5,000 agents whose server was away for $away ms 99 of 100 are back after $p99 ms, $most at most in 0.1 s',
  ({ away, p99, most }) => {
    const back = returns(5_000, away);
    expect(back[4_949]).toBeLessThan(p99);
    const within = back.map((from, i) => back.findLastIndex((at) => at < from + 100) - i + 1);
    expect(Math.max(...within)).toBeLessThan(most);
  },
);
