import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MonitorResult, MonitorsReport } from '#api';
import type { HostState, Monitor } from '#state';
import { Monitors } from './monitors.ts';

const tcp = (port: number, every = 10): Monitor => ({
  ...{ type: 'tcp', host: '192.0.2.1', port, every, timeout: 5 },
});
const stateOf = (monitors: Readonly<Record<string, Monitor>>): HostState =>
  ({ monitors }) as unknown as HostState;

/** How each service is by its port, and how often it was looked at. */
const services = new Map<number, MonitorResult>();
let looks: number[] = [];
let listens = true;
let heard: MonitorsReport[] = [];
let monitors: Monitors;

beforeEach(() => {
  vi.useFakeTimers();
  services.clear();
  [looks, listens, heard] = [[], true, []];
  monitors = new Monitors(
    async ({ port = 0 }) => {
      looks.push(port);
      return services.get(port) ?? { state: 'up', took: looks.length };
    },
    (report) => {
      if (listens) heard.push(report);
      return listens;
    },
  );
});
afterEach(() => {
  monitors.stop();
  vi.useRealTimers();
});

const said = (): readonly string[] =>
  heard.flatMap(({ results }) =>
    Object.entries(results).map(([name, { state, lasts }]) => `${name} ${state} ${lasts}`),
  );

test('a service is looked at in its own time, and told where it is another, or a minute has passed', async () => {
  monitors.follow(stateOf({ web: tcp(80), db: tcp(5432, 30) }));
  await vi.advanceTimersByTimeAsync(59_000);
  expect(looks.filter((port) => port === 80)).toHaveLength(6);
  expect(looks.filter((port) => port === 5432)).toHaveLength(2);
  expect(said()).toEqual(['web up 0', 'db up 0']);
  services.set(80, { state: 'down', why: 'gone' });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(said().slice(2).sort()).toEqual(['db up 60', 'web down 0']);
  await vi.advanceTimersByTimeAsync(20_000);
  services.set(80, { state: 'down', why: 'gone for good' });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said().slice(4)).toEqual(['web down 30']);
});

test('what the next state names no more is looked at no more, and what it leaves goes on', async () => {
  monitors.follow(stateOf({ web: tcp(80), db: tcp(5432) }));
  await vi.advanceTimersByTimeAsync(5_000);
  looks = [];
  monitors.follow(stateOf({ web: tcp(80), db: tcp(5433) }));
  await vi.advanceTimersByTimeAsync(100);
  expect(looks).toEqual([5433]);
  monitors.follow(stateOf({}));
  looks = [];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks).toEqual([]);
});

test('a server that did not listen is told all of it when one does', async () => {
  listens = false;
  monitors.follow(stateOf({ web: tcp(80) }));
  await vi.advanceTimersByTimeAsync(25_000);
  listens = true;
  monitors.again();
  expect(said()).toEqual(['web up 25']);
});

test('a look that takes longer than its time is not begun twice', async () => {
  let running = 0;
  let most = 0;
  const slow = new Monitors(
    async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 25_000));
      running--;
      return { state: 'busy' };
    },
    () => true,
  );
  slow.follow(stateOf({ web: tcp(80) }));
  await vi.advanceTimersByTimeAsync(100_000);
  slow.stop();
  expect(most).toBe(1);
});
