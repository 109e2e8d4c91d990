import { Address, Prefix, PrefixSet } from '#ip';
import type { Bench } from './bench.ts';

/** Numbers that look random and are the same in every run (Numerical Recipes' generator). */
function* numbers(): Generator<number, never> {
  for (let state = 1; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

function take<T>(count: number, make: (random: () => number) => T): T[] {
  const source = numbers();
  return Array.from({ length: count }, () => make(() => source.next().value));
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** Millions of operations a second: the median of nine runs after three to warm up. */
function rate(operations: number, run: () => number): number {
  const times: number[] = [];
  for (let i = 0; i < 12; i++) {
    const start = process.hrtime.bigint();
    if (run() < 0) throw new Error('the bench counted nothing');
    const nanoseconds = Number(process.hrtime.bigint() - start);
    if (i >= 3) times.push(nanoseconds);
  }
  return (operations * 1000) / median(times);
}

const addressOf = (random: () => number): Address => Address.of(4, random());
const wideAddressOf = (random: () => number): Address =>
  Address.of(6, (0x20010db8n << 96n) | (BigInt(random()) << 64n) | BigInt(random()));
const prefixOf = (random: () => number): Prefix =>
  Prefix.of(addressOf(random), 8 + ((random() >>> 8) % 25));

async function parseIpv4() {
  const texts = take(100_000, (random) => addressOf(random).toString());
  const value = rate(texts.length * 10, () => {
    let sum = 0;
    for (let round = 0; round < 10; round++) {
      for (const text of texts) sum += Address.parse(text).family;
    }
    return sum;
  });
  return { value, unit: 'M/s', reached: value >= 5 };
}

function countWithin(prefixes: readonly Prefix[], addresses: readonly Address[]): number {
  let within = 0;
  for (const prefix of prefixes) {
    for (const address of addresses) if (prefix.contains(address)) within++;
  }
  return within;
}

/** Both families pass through the same code first, as they do in a program that runs for long. */
async function prefixContains() {
  const prefixes = take(1000, prefixOf);
  const addresses = take(1000, addressOf);
  const wide = take(1000, wideAddressOf);
  const widePrefix = Prefix.parse('2001:db8::/32');
  for (let i = 0; i < 1000; i++) countWithin([widePrefix], wide);
  const value = rate(10 * prefixes.length * addresses.length, () => {
    let within = 0;
    for (let round = 0; round < 10; round++) within += countWithin(prefixes, addresses);
    return within;
  });
  return { value, unit: 'M/s', reached: value >= 50 };
}

/** Seconds to build a set of 300,000 prefixes, two thirds IPv4, and to ask it once for each. */
async function prefixSet() {
  const v4 = take(200_000, (random) => Prefix.of(addressOf(random), 24 + ((random() >>> 8) % 9)));
  const v6 = take(100_000, (random) => Prefix.of(wideAddressOf(random), 64));
  const items = [...v4, ...v6];
  const perSecond = rate(1, () => {
    const set = PrefixSet.of(items);
    return items.filter((item) => set.contains(item)).length - items.length;
  });
  const value = 1 / (perSecond * 1e6);
  return { value, unit: 's', reached: value <= 1 };
}

export const benches: readonly Bench[] = [
  { name: 'parse IPv4', target: '>= 5 M/s on one core', run: parseIpv4 },
  { name: 'prefix contains', target: '>= 50 M/s on one core', run: prefixContains },
  { name: 'set of 300,000 prefixes: build, ask each', target: '<= 1 s', run: prefixSet },
];
