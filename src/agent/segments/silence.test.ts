import { expect, test } from 'vitest';
import type { Pair } from './asking.ts';
import { bareTable } from './fixtures/testing-table.ts';
import { Registry } from './registry.ts';
import { Silence } from './silence.ts';

const known = {
  table: { ...bareTable, subnets: ['10.9.0.0/16'] },
  fdb: [],
  neighbours: [],
};

const machine = (n: number): Pair => [
  `02:00:00:00:0${n >> 8}:${(n & 255).toString(16).padStart(2, '0')}`,
  `10.9.${n >> 8}.${n & 255}`,
];

/** A port whose machines answer or do not, and a clock that goes on only when it is told to. */
function port(pairs: readonly Pair[]) {
  const due: { at: number; act: () => void }[] = [];
  let now = 0;
  const there = new Set<string>();
  const up = new Set<string>();
  const asked: (readonly [at: number, addresses: number])[] = [];
  const registry = new Registry(known, () => now);
  for (const [mac, address] of pairs) registry.seen(mac, address);
  let isBroken = false;
  const silence = new Silence({
    registry,
    sight: {
      lookFor: (some) => {
        asked.push([now, some.length]);
        return Promise.resolve();
      },
      heard: () => (isBroken ? Promise.reject(new Error('no nft')) : Promise.resolve(up)),
      isThere: (mac) => there.has(mac),
    },
    concern: () => undefined,
    later: (delay, act) => due.push({ at: now + delay, act }),
  });
  const pass = async (ms: number): Promise<void> => {
    for (const end = now + ms; ; ) {
      const [next] = due.toSorted((a, b) => a.at - b.at);
      if (!next || next.at > end) return void (now = end);
      due.splice(due.indexOf(next), 1);
      now = next.at;
      next.act();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const breakKernel = (): void => void (isBroken = true);
  const answers = ([mac, address]: Pair): void => {
    there.add(mac);
    up.add(`${mac} ${address}`);
  };
  return { silence, registry, pass, answers, there, asked, breakKernel };
}

test('a machine that was not heard for long is asked for, and is gone when it does not answer', async () => {
  const [one, two] = [machine(1), machine(2)];
  const { silence, registry, pass, answers, asked } = port([one, two]);
  for (const [mac] of [one, two]) silence.machine(mac);
  await pass(1_900);
  expect(asked).toEqual([[15, 2]]);
  expect(registry.own.size).toBe(4);
  answers(two);
  await pass(200);
  expect(registry.own.size).toBe(4);
  await pass(2_100);
  expect(asked).toMatchObject([
    [15, 2],
    [expect.any(Number), 1],
  ]);
  expect([...registry.own.keys()]).toEqual([...two]);
});

test('of a machine one answer may be lost', async () => {
  const one = machine(1);
  const { silence, registry, pass, answers } = port([one]);
  silence.machine(one[0]);
  await pass(3_000);
  answers(one);
  await pass(3_000);
  expect([...registry.own.keys()]).toEqual([...one]);
});

test('an address that its machine has no more is gone, though the machine is there', async () => {
  const [mac, old] = machine(1);
  const now: Pair = [mac, '10.9.0.77'];
  const { silence, registry, pass, answers } = port([[mac, old], now]);
  answers(now);
  silence.all(new Set([now.join(' ')]));
  await pass(4_200);
  expect([...registry.own.keys()]).toEqual([...now]);
});

test('a kernel that cannot be asked makes nobody gone', async () => {
  const one = machine(1);
  const { silence, registry, pass, breakKernel } = port([one]);
  breakKernel();
  silence.machine(one[0]);
  await pass(5_000);
  expect(registry.own.size).toBe(2);
});

test('of a thousand that fall silent at once no more are asked for than the kernel remembers', async () => {
  const all = Array.from({ length: 1_000 }, (_, n) => machine(n + 1));
  const { silence, registry, pass, asked } = port(all);
  for (const [mac] of all) silence.machine(mac);
  await pass(15_000);
  expect(asked.reduce((sum, [, count]) => sum + count, 0)).toBe(2_000);
  const inTwoSeconds = asked.map(([at]) =>
    asked.reduce((sum, [time, count]) => sum + (time >= at && time < at + 1_200 ? count : 0), 0),
  );
  expect(Math.max(...inTwoSeconds)).toBeLessThanOrEqual(512);
  expect(registry.own.size).toBe(0);
});
