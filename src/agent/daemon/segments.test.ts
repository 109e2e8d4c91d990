import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SegmentSample, SegmentsReport } from '#api';
import type { Run } from '#host';
import type { HostState } from '#state';
import { droppedIn, knownIn } from './segment-samples.ts';
import { Segments } from './segments.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Looks at one segment that is as `now` says, and what a server hears of it while it listens. */
function looking() {
  const world = { now: {} as Readonly<Record<string, SegmentSample>>, listens: true, drops: 0 };
  const heard: SegmentsReport['segments'][] = [];
  const segments = new Segments(
    {
      known: () =>
        Object.fromEntries(
          Object.entries(world.now).map(([name, { dropped: _, ...known }]) => [name, known]),
        ),
      dropped: async () => {
        world.drops++;
        return new Map(Object.entries(world.now).map(([name, { dropped }]) => [name, dropped]));
      },
    },
    ({ segments: told }) => {
      if (world.listens) heard.push(told);
      return world.listens;
    },
  );
  segments.follow({} as HostState);
  return { world, heard, segments };
}

const sample = (leases: number, spoofed: number): Readonly<Record<string, SegmentSample>> => ({
  'hw-net-lab': { leases, here: 2, elsewhere: 1, dropped: { spoofed } },
});
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);

test('leases are told at the next look, and what was dropped once a minute, where there is more', async () => {
  const { world, heard, segments } = looking();
  world.now = sample(0, 0);
  await seconds(1);
  expect(heard).toEqual([sample(0, 0)]);
  world.now = sample(0, 7);
  await seconds(50);
  expect(heard).toHaveLength(1);
  world.now = sample(1, 8);
  await seconds(10);
  expect(heard.slice(1)).toEqual([sample(1, 8)]);
  world.now = sample(1, 9);
  await seconds(60);
  expect(heard.slice(2)).toEqual([sample(1, 9)]);
  const { drops } = world;
  await seconds(600);
  expect(heard).toHaveLength(3);
  expect(world.drops).toBe(drops + 10);
  segments.stop();
});

test('nobody is told of no segments, but that they are gone', async () => {
  const { world, heard, segments } = looking();
  await seconds(600);
  expect(heard).toEqual([]);
  world.now = sample(0, 0);
  await seconds(10);
  world.now = {};
  await seconds(10);
  expect(heard).toEqual([sample(0, 0), {}]);
  segments.stop();
});

test('a server that answers only now, or once more, hears all of it', async () => {
  const { world, heard, segments } = looking();
  world.now = sample(1, 2);
  world.listens = false;
  await seconds(30);
  world.listens = true;
  for (const _ of [1, 2]) {
    segments.again();
    await seconds(0);
  }
  expect(heard).toEqual([sample(1, 2), sample(1, 2)]);
  segments.stop();
});

test('of a segment is told what holds of leases, who is known, and what rules have dropped, bridged and routed', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'hawser-segments-'));
  mkdirSync(join(stateDir, 'leases/net'), { recursive: true });
  const leases = ['0 02:00:00:00:00:52 10.9.0.52 * *', '1 02:00:00:00:00:51 10.9.0.51 * *'];
  writeFileSync(join(stateDir, 'leases/net/hw-net-lab'), leases.join('\n'));
  const drop = (counter: string) => ({ match: [], counter, verdict: 'drop' });
  const chains = [{ name: 'far', rules: [drop('spoofed'), drop('deny')] }];
  const passing = { name: 'near', rules: [{ match: [], counter: 'policy-1', verdict: 'accept' }] };
  const nft = { items: [{ name: 'hawser-net', chains: [...chains, passing] }] };
  const vxlans = { items: [{}] };
  const namespaces = {
    root: { nft },
    'hw-net-lab': { nft, vxlans, dhcpServers: { items: [{}] } },
    'hw-net-far': { nft, vxlans },
  };
  const asked: string[] = [];
  const run: Run = async (_, argv) => {
    asked.push(argv.join(' '));
    if (argv.includes('hw-net-far')) throw new Error('no nft');
    const counter = (table: string, name: string, packets: number) => ({
      counter: { table, name, packets, bytes: 0 },
    });
    const said = [
      ...[counter('hawser-net', 'spoofed', 3), counter('hawser-net', 'spoofed', 4)],
      ...[counter('hawser-net-tracked', 'deny', 5), counter('hawser-net', 'policy-1', 100)],
      counter('docker', 'spoofed', 1000),
    ];
    return JSON.stringify({ nftables: [{ metainfo: {} }, ...said] });
  };
  const state = { network: 'net', namespaces } as unknown as HostState;
  const known = { here: 2, elsewhere: 1 };
  try {
    expect(
      knownIn(state, stateDir, (space) => (space === 'hw-net-lab' ? known : undefined)),
    ).toEqual({ 'hw-net-lab': { leases: 1, ...known }, 'hw-net-far': {} });
    expect(Object.fromEntries(await droppedIn(state, run))).toEqual({
      'hw-net-lab': { spoofed: 7, deny: 5 },
      'hw-net-far': {},
    });
    expect(asked).toEqual(
      ['lab', 'far'].map((name) => `ip netns exec hw-net-${name} nft -j list counters`),
    );
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});
