import { setTimeout as sleep } from 'node:timers/promises';
import { file, type Gateway, openWorld, proxied } from '../../tests/agent/tables-world.ts';
import type { Program } from '../../tests/support/sandbox.ts';
import { until } from '../../tests/support/until.ts';

/** A frame in the tunnel that is for many machines: the first byte of its receiver is odd (IEEE 802.3, 3.2.3). */
const forAll = /> [\da-f][13579bdf](:[\da-f]{2}){5}, ethertype/g;

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
    const seen = await watch(a);
    await sleep(seconds * 1000);
    const times: number[] = [];
    for (let n = 0; n < count; n++) times.push(firstPing(a, b, n));
    // What the other side answered last is seen last.
    await until('the last ping is seen', () => seen.output().includes('echo reply'));
    return { frames: [...seen.output().matchAll(forAll)].length, times };
  } finally {
    await a.close();
    await b.close();
  }
}

/** Says the frames of the segment in the tunnel of a gateway, in both directions. */
async function watch({ box }: Gateway): Promise<Program> {
  const seen = box.start(['tcpdump', '-lnei', 'wg0', '-T', 'vxlan', 'udp', 'port', '14789']);
  await until('it listens', () => seen.output().includes('listening on'));
  return seen;
}

function firstPing(a: Gateway, b: Gateway, n: number): number {
  const last = 130 + n;
  const address = n % 2 === 0 ? `10.9.0.${last}` : `fd09::${last}`;
  b.plugIn(`m-${n}`, address, `02:00:00:00:03:${n.toString(16).padStart(2, '0')}`);
  const began = performance.now();
  if (!a.reaches('knox-1', address, 5)) return Number.POSITIVE_INFINITY;
  return performance.now() - began;
}
