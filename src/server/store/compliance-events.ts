import { expect, test } from 'vitest';
import type { Store } from './contract.ts';
import type { NewEvent } from './events.ts';

const at = (second: number): string =>
  new Date(Date.UTC(2026, 10, 20, 12, 0, second)).toISOString();

/** What every Store does with what happened. */
export function keepsEvents(open: () => Store): void {
  test('answers what happened: since when, of which kind, to whom, in which words', async () => {
    const event = (second: number, more: Partial<NewEvent> = {}): NewEvent => ({
      ...{ at: at(second), kind: 'up', machine: 'anna', other: 'hub', text: `said ${second}` },
      ...more,
    });
    const store = open();
    await store.write(async (tx) => {
      await tx.addEvents('net', [event(0), event(1, { kind: 'down', text: 'Ü 100% \u0000lost' })]);
      await tx.addEvents('other', [event(2)]);
      await tx.addEvents('net', [
        { at: at(3), kind: 'down', service: 'web', text: 'the service web is down' },
        event(4, { machine: 'bob', kind: 'degraded' }),
      ]);
      await tx.addEvents('net', []);
    });
    const ask = (options: object) => store.read((tx) => tx.events('net', { limit: 9, ...options }));
    const all = await ask({});
    expect(all.map((one) => one.at)).toEqual([0, 1, 3, 4].map(at));
    expect(all[2]).toEqual({
      ...{ seq: all[2]?.seq, at: at(3), kind: 'down', service: 'web' },
      text: 'the service web is down',
    });
    expect(all[1]?.text).toBe('Ü 100%  lost');
    expect(await ask({ since: at(1), limit: 2 })).toEqual(all.slice(1, 3));
    expect(await ask({ after: all[2]?.seq })).toEqual(all.slice(3));
    expect(await ask({ limit: 1 })).toEqual(all.slice(3));
    expect(await ask({ kind: 'down' })).toEqual([all[1], all[2]]);
    expect(await ask({ machine: 'hub' })).toEqual([all[0], all[1], all[3]]);
    expect(await ask({ machine: 'hub', other: 'anna' })).toEqual([all[0], all[1]]);
    expect(await ask({ machine: 'anna', other: 'hub', limit: 1 })).toEqual([all[1]]);
    expect(await ask({ machine: 'anna', other: 'bob' })).toEqual([]);
    expect(await ask({ search: '100% ' })).toEqual([all[1]]);
    expect(await ask({ search: '1_0' })).toEqual([]);
    const last = await store.read((tx) => tx.lastEvents('net', ['up', 'down']));
    expect(new Set(last)).toEqual(new Set([all[1], all[2]]));
    await store.write((tx) => tx.trimEvents('net', { before: at(1), most: 2 }));
    expect(await ask({})).toEqual(all.slice(2));
    await store.write((tx) => tx.trimEvents('net', { before: at(4), most: 9 }));
    expect(await ask({})).toEqual(all.slice(3));
    expect(await store.read((tx) => tx.events('other', { limit: 9 }))).toHaveLength(1);
  });

  test('keeps the history of tunnels in chunks, of each step until it is trimmed', async () => {
    const store = open();
    const of = (step: number, b = 'hub') => ({ network: 'net', a: 'anna', b, step });
    await store.write(async (tx) => {
      for (const chunk of [7, 5, 6]) await tx.putHistoryChunk(of(10), chunk, `short ${chunk}`);
      await tx.putHistoryChunk(of(10), 6, 'short 6 again');
      await tx.putHistoryChunk(of(10, 'bob'), 5, 'of bob');
      await tx.putHistoryChunk(of(300), 5, 'long 5');
    });
    const read = async (...[step, b]: Parameters<typeof of>) =>
      (await store.read((tx) => tx.historyChunks(of(step, b), { first: 5, last: 6 }))).map(
        ({ chunk, data }) => `${chunk}: ${data}`,
      );
    expect(await read(10)).toEqual(['5: short 5', '6: short 6 again']);
    await store.write((tx) => tx.trimHistory(10, 6));
    expect(await read(10)).toEqual(['6: short 6 again']);
    expect(await read(10, 'bob')).toEqual([]);
    expect(await read(300)).toEqual(['5: long 5']);
  });
}
