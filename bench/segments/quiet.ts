import { setTimeout as sleep } from 'node:timers/promises';
import { file, type Gateway, openWorld, proxied } from '../../tests/agent/tables-world.ts';
import { framesForMany, watchTunnel } from '../../tests/agent/tunnel-watch.ts';
import { until } from '../../tests/support/until.ts';

export interface Quiet {
  /** Frames for many machines that crossed the border. */
  readonly frames: number;
  /** ms until each machine that never spoke answered its first ping, or none. */
  readonly times: readonly number[];
}

/**
 * A segment in which nothing happens for that many seconds, and in which then as many machines as `count` says are asked for from
 * the other site that never spoke, one after another, every other one over IPv6. `routed`: the site where they are is in proxy mode.
 */
export async function quiet(seconds: number, count: number, routed = false): Promise<Quiet> {
  const [a, b] = await openWorld(routed ? proxied : file);
  try {
    const all = ['10.9.0.129', 'fd09::129'];
    await until('the machines of the file reach each other', () =>
      all.every((address) => a.reaches('knox-1', address)),
    );
    const seen = await watchTunnel(a.box);
    await sleep(seconds * 1000);
    const times: number[] = [];
    for (let n = 0; n < count; n++) times.push(firstPing(a, b, n));
    // What the other side answered last is seen last.
    await until('the last ping is seen', () => seen.output().includes('echo reply'));
    return { frames: framesForMany(seen.output()).length, times };
  } finally {
    await a.close();
    await b.close();
  }
}

function firstPing(a: Gateway, b: Gateway, n: number): number {
  const last = 130 + n;
  const address = n % 2 === 0 ? `10.9.0.${last}` : `fd09::${last}`;
  b.plugIn(`m-${n}`, address, `02:00:00:00:03:${n.toString(16).padStart(2, '0')}`);
  const began = performance.now();
  if (!a.reaches('knox-1', address, 5)) return Number.POSITIVE_INFINITY;
  return performance.now() - began;
}
