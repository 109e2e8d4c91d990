import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type MonitorResult, type MonitorsReport, samplesWithin } from '#api';
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
  expect(said().slice(2).sort()).toEqual(['db up 60', 'web down 0', 'web up 60']);
  await vi.advanceTimersByTimeAsync(20_000);
  services.set(80, { state: 'down', why: 'gone for good' });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said().slice(5)).toEqual(['web down 30']);
});

/** Seconds since each that is told was found. */
const ages = (): readonly number[] =>
  heard.flatMap(({ results }) => Object.values(results).map(({ ago = 0 }) => ago));

/** Of how long a time of seconds a server knew nothing: it believes what it heard within `samplesWithin`. */
async function forgotten(seconds: number): Promise<number> {
  let [lost, silence] = [0, 0];
  for (let second = 0; second < seconds; second++) {
    const before = heard.length;
    await vi.advanceTimersByTimeAsync(1_000);
    silence = heard.length > before ? 0 : silence + 1;
    if (silence > samplesWithin) lost += 1;
  }
  return lost;
}

test('a service that is looked at every ten minutes is known all the time, and how old that is', async () => {
  monitors.follow(stateOf({ web: tcp(80, 600) }));
  expect(await forgotten(599)).toBe(0);
  expect(looks).toHaveLength(1);
  expect(ages()).toEqual([0, 60, 120, 180, 240, 300, 360, 420, 480, 540]);
  expect(said().at(-1)).toBe('web up 540');
  services.set(80, { state: 'down' });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(said().at(-1)).toBe('web down 0');
  expect(ages().at(-1)).toBe(0);
});

test('what was found is told on while the next look lasts long', async () => {
  const slow = new Monitors(
    async () => {
      looks.push(0);
      await new Promise((resolve) => setTimeout(resolve, 170_000));
      return { state: 'degraded' };
    },
    (report) => {
      heard.push(report);
      return true;
    },
  );
  slow.follow(stateOf({ web: tcp(80) }));
  await vi.advanceTimersByTimeAsync(171_000);
  expect(said()).toEqual(['web degraded 0']);
  expect(await forgotten(500)).toBe(0);
  slow.stop();
  expect(looks.length).toBeGreaterThanOrEqual(3);
  const count = heard.length;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(heard).toHaveLength(count);
});

test('what the next state names no more is looked at no more, and what it leaves goes on', async () => {
  monitors.follow(stateOf({ web: tcp(80), db: tcp(5432) }));
  await vi.advanceTimersByTimeAsync(5_000);
  looks = [];
  monitors.follow(stateOf({ web: tcp(80), db: tcp(5433) }));
  await vi.advanceTimersByTimeAsync(100);
  expect(looks).toEqual([5433]);
  monitors.follow(stateOf({}));
  [looks, heard] = [[], []];
  await vi.advanceTimersByTimeAsync(120_000);
  expect(looks).toEqual([]);
  expect(heard).toEqual([]);
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
