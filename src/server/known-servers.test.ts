import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { KnownServers } from './known-servers.ts';
import { openStore } from './store/index.ts';

test('a server inside a network is told of last, and not when it says so no more', async () => {
  const data = mkdtempSync(join(tmpdir(), 'hawser-known-'));
  const store = await openStore({ data });
  const [inside, outside, standby] = ['https://10.77.0.1:1', 'https://h:1', 'https://s:1'];
  let own = [inside, standby, outside];
  const known = () =>
    new KnownServers({
      store,
      clock: () => new Date('2026-11-26T22:00:00.000Z'),
      log: pino({ level: 'silent' }),
      own: () => own,
      others: () => [],
      isInside: (server) => server === inside,
    });
  try {
    const before = known();
    await before.note();
    expect(before.list).toEqual([standby, outside, inside]);
    own = [outside];
    const after = known();
    await after.note();
    expect(after.list).toEqual([outside, standby]);
  } finally {
    await store.close();
    rmSync(data, { recursive: true, force: true });
  }
});
