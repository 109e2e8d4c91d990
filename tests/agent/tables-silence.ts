import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../support/until.ts';
import { type Gateway, space } from './tables-world.ts';

/** How the kernel of a gateway comes to forget a machine that it has not heard for long. */
export interface Ageing {
  readonly age: (mac: string) => void;
  readonly isHeard: (mac: string) => boolean;
}

/** Of a machine at pouta that falls silent nothing is left at both gateways; but whoever answers when asked for stays. */
export async function isForgotten(
  [a, b]: readonly [near: Gateway, far: Gateway],
  { name, addresses, mac }: { name: string; addresses: readonly string[]; mac: string },
  { age, isHeard }: Ageing,
): Promise<void> {
  const speak = (): void => {
    for (const one of addresses) b.reaches(name, one.includes(':') ? 'fd09::129' : '10.9.0.129');
  };
  const tables = [
    'bridge fdb show',
    'ip neigh show nud permanent',
    'ip neigh show proxy',
    'ip route',
    'ip -6 route',
  ];
  const kept = (): string =>
    [a, b].flatMap((one) => tables.map((line) => one.inside(space, line))).join('\n');
  const isReached = (): boolean => addresses.every((one) => a.reaches('knox-1', one, 0.3));
  const counted = () => [b.known()?.here ?? 0, a.known()?.elsewhere ?? 0];
  // Machines of tests before this one are being forgotten still.
  const before = await settled(counted);
  const withIt = before.map((count) => count + 1);
  b.plugIn(name, addresses, mac);
  speak();
  await until('the other site reaches it', isReached);
  expect(counted()).toEqual(withIt);

  age(mac);
  await until('it answers when it is asked for', () => isHeard(mac));
  expect(isReached()).toBe(true);

  b.unplug(name);
  age(mac);
  const marks = [mac, ...addresses];
  await until('nothing is left of it', () => marks.every((one) => !kept().includes(one)), 15_000);
  expect(counted()).toEqual(before);

  b.plugIn(name, addresses, mac);
  speak();
  await until('its next word brings it back', isReached);
  expect(counted()).toEqual(withIt);
  b.unplug(name);
}

/** What is counted once it stays so for as long as a probe takes. */
const settled = (counted: () => readonly number[]): Promise<readonly number[]> =>
  until(
    'the counts stay',
    async () => {
      const first = counted();
      await sleep(4_500);
      return first.join() === counted().join() && first;
    },
    40_000,
  );
