import { expect, test } from 'vitest';
import { HandshakeAges } from './ages.ts';

const hour = 3600;

/** Ages by two clocks that a test sets: the machine's, and one that only goes on. */
function agesAt(start: number) {
  const clock = { now: start, steady: 10 };
  const ages = new HandshakeAges({ now: () => clock.now, steady: () => clock.steady });
  /** Time passes on both clocks. */
  const pass = (seconds: number): void => {
    clock.now += seconds;
    clock.steady += seconds;
  };
  return { clock, pass, age: (handshake: number) => ages.of('root wg0 K', handshake) };
}

test('a handshake grows old by the time that passes', () => {
  const { pass, age } = agesAt(1_000_000);
  expect(age(999_970)).toBe(30);
  pass(100);
  expect(age(999_970)).toBe(130);
  pass(10);
  expect(age(1_000_105)).toBe(5);
});

test('there is none where there never was one', () => {
  expect(agesAt(1_000_000).age(0)).toBe(Number.POSITIVE_INFINITY);
});

test('a clock that is put forward or back makes no handshake older or younger', () => {
  for (const jump of [24 * hour, -24 * hour]) {
    const { clock, pass, age } = agesAt(1_000_000);
    age(999_970);
    clock.now += jump;
    pass(30);
    expect(age(999_970)).toBe(60);
    pass(200);
    expect(age(999_970)).toBe(260);
  }
});

test('a handshake that came since the last look is no older than that, whatever the clock did since', () => {
  const { clock, pass, age } = agesAt(1_000_000);
  age(999_900);
  pass(10);
  const handshake = clock.now;
  pass(20);
  clock.now += 24 * hour;
  expect(age(handshake)).toBe(30);
});

test('a handshake from the future is one of now', () => {
  const { pass, age } = agesAt(1_000_000);
  expect(age(1_000_000 + hour)).toBe(0);
  pass(181);
  expect(age(1_000_000 + hour)).toBe(181);
});
