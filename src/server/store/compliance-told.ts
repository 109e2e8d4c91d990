import { expect, test } from 'vitest';
import type { Store } from './contract.ts';
import type { Told } from './told.ts';

const told = (identity: string, server: string, more: Partial<Told> = {}): Told => ({
  ...{ identity, what: 'samples', server, since: '2026-11-27T10:00:00.000Z', data: '{}' },
  ...more,
});

/** What machines told servers is there for the other servers. */
export function keepsTold(store: () => Store): void {
  const put = async (...all: readonly Told[]) =>
    store().write(async (tx) => tx.putTold('net', all));
  const newsFor = async (except: string, after = 0) =>
    store().read(async (tx) => tx.told('net', { after, except }));

  test('tells a server what the others were told, once', async () => {
    await put(told('anna', 'one', { data: '{"a":1}' }), told('bob', 'two'));
    const first = await newsFor('two');
    expect(first.told).toMatchObject([{ identity: 'anna', server: 'one', data: '{"a":1}' }]);
    expect(first.told[0]?.age).toBeGreaterThanOrEqual(0);
    expect(first.told[0]?.age).toBeLessThan(60_000);
    expect((await newsFor('two', first.version)).told).toEqual([]);
    await put(told('anna', 'one', { data: '{"a":2}' }), told('anna', 'one', { what: 'monitors' }));
    const next = await newsFor('two', first.version);
    expect(next.told.map(({ what, data }) => [what, data])).toEqual(
      expect.arrayContaining([
        ['samples', '{"a":2}'],
        ['monitors', '{}'],
      ]),
    );
    expect(next.version).toBeGreaterThan(first.version);
  });

  test('keeps what a machine tells the server that it came to last', async () => {
    const later = '2026-11-27T10:00:01.000Z';
    await put(told('anna', 'two', { since: later, data: '"new"' }));
    await put(told('anna', 'one', { data: '"old"' }));
    expect((await newsFor('')).told.map(({ data }) => data)).toEqual(['"new"']);
    await put(told('anna', 'two', { since: later, data: '"newer"' }));
    expect((await newsFor('')).told.map(({ data }) => data)).toEqual(['"newer"']);
  });

  test('forgets what was told to servers that are no more, and counts on', async () => {
    await put(told('anna', 'gone'), told('bob', 'here'));
    await put(told('zoe', 'gone'));
    const { version } = await newsFor('');
    const trim = async (older: number) =>
      store().write(async (tx) => tx.trimTold('net', { older, servers: ['here'] }));
    await trim(3_600_000);
    expect((await newsFor('')).told).toHaveLength(3);
    await trim(-1);
    expect((await newsFor('')).told.map(({ identity }) => identity)).toEqual(['bob', 'zoe']);
    await put(told('anna', 'here'));
    expect((await newsFor('', version)).told.map(({ identity }) => identity)).toEqual(['anna']);
  });

  test('wakes nobody for what machines tell', async () => {
    const heard: unknown[] = [];
    store().onChange((network) => heard.push(network));
    await put(told('anna', 'one'));
    // Who begins to listen may have missed something, and is told so.
    expect(heard.filter((network) => network !== undefined)).toEqual([]);
  });
}
