import { expect, test } from 'vitest';
import type { Store } from './contract.ts';
import type { Handshake } from './handshakes.ts';

const at = (second: number): string =>
  new Date(Date.UTC(2026, 10, 20, 12, 0, second)).toISOString();

/** What every Store does with when two shook hands last. */
export function keepsHandshakes(open: () => Store): void {
  const read = async (network = 'net') => open().read(async (tx) => tx.handshakes(network));
  const put = async (...all: readonly Handshake[]) =>
    open().write(async (tx) => tx.putHandshakes('net', all));

  test('keeps when two shook hands last, whoever puts it later', async () => {
    await put({ a: 'hub', b: 'zoe', at: at(1) }, { a: 'anna', b: 'hub', at: at(5) });
    await put({ a: 'anna', b: 'hub', at: at(3) }, { a: 'hub', b: 'zoe', at: at(4) });
    await put();
    expect(new Set(await read())).toEqual(
      new Set([
        { a: 'anna', b: 'hub', at: at(5) },
        { a: 'hub', b: 'zoe', at: at(4) },
      ]),
    );
    expect(await read('other')).toEqual([]);
  });

  test('forgets the handshakes that it is told to, and no others, however many', async () => {
    const all = Array.from({ length: 450 }, (_, n) => ({
      a: `a${String(n).padStart(3, '0')}`,
      b: 'hub',
      at: at(1),
    }));
    await put(...all, { a: 'a000', b: 'zoe', at: at(2) });
    await open().write(async (tx) => {
      await tx.removeHandshakes('net', all.slice(0, 449));
      await tx.removeHandshakes('other', all);
      await tx.removeHandshakes('net', []);
    });
    expect(new Set(await read())).toEqual(new Set([{ a: 'a000', b: 'zoe', at: at(2) }, all[449]]));
  });

  test('wakes nobody for a handshake', async () => {
    const heard: unknown[] = [];
    open().onChange((network) => heard.push(network));
    await put({ a: 'anna', b: 'hub', at: at(1) });
    // Who begins to listen may have missed something, and is told so.
    expect(heard.filter((network) => network !== undefined)).toEqual([]);
  });
}
