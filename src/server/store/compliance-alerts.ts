import { expect, test } from 'vitest';
import type { Store } from './contract.ts';

const at = (second: number): string =>
  new Date(Date.UTC(2026, 10, 20, 12, 0, second)).toISOString();

/** What every Store does with those who are alerted, and of what. */
export function keepsAlerts(open: () => Store): void {
  test('keeps who is alerted and how far, what is not well, and of what nobody is alerted', async () => {
    const store = open();
    const target = { kind: 'webhook', url: 'https://a/', secret: 'ü' } as const;
    const filter = { severity: 'info' } as const;
    const ops = { network: 'net', name: 'ops', target, filter, made: at(1), sent: 0 };
    const trouble = {
      is: 'state',
      kind: 'down',
      severity: 'critical',
      since: at(0),
      times: 1,
      machine: 'anna',
      text: 'down',
    } as const;
    const silence = { id: 's', site: 'x', from: at(0), until: at(9), by: 'ada' };
    const alert = { at: at(2), is: 'once', severity: 'info', kind: 'apply', since: at(2) } as const;
    const told = [
      { ...alert, text: 'one', sites: ['x', 'y'] },
      { ...alert, text: 'two', machine: 'anna', other: 'hub', at: at(5) },
    ];
    await store.write(async (tx) => {
      await tx.putReceiver({ ...ops, target: { ...target, url: 'https://b/' } });
      await tx.putReceiver(ops);
      await tx.putTrouble('net', 'a', { ...trouble, times: 7 });
      await tx.putTrouble('net', 'a', trouble);
      await tx.putTrouble('net', 'b', trouble);
      await tx.putTrouble('net', 'b', undefined);
      await tx.putSilence('net', { ...silence, until: at(99) });
      await tx.putSilence('net', silence);
      await tx.addAlerts('net', told);
      await tx.addAlerts('other', told);
      await tx.putCursor('alerts/net', 4);
      await tx.putCursor('alerts/net', 5);
    });
    const failing = { since: at(1), attempts: 2, why: 'it is off' };
    const progress = { sent: 2, delivered: at(3), failing };
    await store.write(async (tx) => {
      await tx.noteProgress(ops, progress);
      await tx.noteProgress(ops, { sent: 1 });
      await tx.noteProgress({ network: 'net', name: 'gone' }, progress);
    });
    await store.read(async (tx) => {
      expect(await tx.receivers('net')).toEqual([{ ...ops, ...progress }]);
      expect(await tx.troubles('net')).toEqual(new Map([['a', trouble]]));
      expect(await tx.silences('net')).toEqual([silence]);
      expect(await tx.cursor('alerts/net')).toBe(5);
      expect(await tx.cursor('alerts/other')).toBeUndefined();
      const all = await tx.alerts('net', { after: 0, limit: 9 });
      expect(all.map(({ seq: _, ...one }) => one)).toEqual(told);
      expect(await tx.alerts('net', { after: all[0]?.seq ?? 0, limit: 9 })).toEqual([all[1]]);
      expect(await tx.alerts('net', { limit: 1 })).toEqual([all[1]]);
    });
    await store.write(async (tx) => {
      await tx.trimAlerts('net', at(4));
      await tx.removeReceiver('net', 'ops');
    });
    await store.read(async (tx) => {
      expect(await tx.alerts('net', { limit: 9 })).toMatchObject([{ text: 'two' }]);
      expect(await tx.silences('net')).toHaveLength(1);
      expect(await tx.receivers('net')).toEqual([]);
    });
    await store.write(async (tx) => tx.trimAlerts('net', at(10)));
    expect(await store.read(async (tx) => tx.silences('net'))).toEqual([]);
  });
}
