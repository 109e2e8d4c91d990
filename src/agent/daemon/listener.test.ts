import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Listener } from './listener.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a monitor that ends at once is started more and more rarely, but still', async () => {
  let ended = Promise.withResolvers<void>();
  const listener = new Listener({
    enter: [],
    monitors: [['true']],
    heard: () => undefined,
    missed: () => ended.resolve(),
    log: () => undefined,
  });
  try {
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      await ended.promise;
      ended = Promise.withResolvers();
      vi.advanceTimersByTime(pause - 1);
      expect(vi.getTimerCount(), `${pause} ms`).toBe(1);
      vi.advanceTimersByTime(1);
      expect(vi.getTimerCount(), `${pause} ms`).toBe(0);
    }
  } finally {
    listener.stop();
  }
});
