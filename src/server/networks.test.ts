import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { serverErrors } from './errors.ts';
import { firstStart } from './first.ts';
import { type CompilerCalls, compilerCalls } from './network/compiler.ts';
import { Networks } from './networks.ts';
import { type Local, Presence } from './presence/presence.ts';
import { openStore } from './store/index.ts';
import { InProcess } from './thread/in-process.ts';
import { Tokens } from './tokens.ts';

const clock = (): Date => new Date('2026-01-01T00:00:00Z');
const log = pino({ level: 'silent' });

/** A compiler that has just ended, for the first calls that come. */
class Ending extends InProcess<CompilerCalls> {
  #left: number;

  constructor(left: number) {
    super(compilerCalls());
    this.#left = left;
  }

  override async call<N extends keyof CompilerCalls>(
    name: N,
    input: Parameters<CompilerCalls[N]>[0],
  ): Promise<Awaited<ReturnType<CompilerCalls[N]>>> {
    if (this.#left-- > 0) throw serverErrors.error('server/thread-ended', { why: 'it was killed' });
    return super.call(name, input);
  }
}

/** The networks of a store with one, `net`; `added` counts how often its agents got a place. */
async function withNetworks(
  endings: number,
  work: (networks: Networks, added: () => number) => Promise<void>,
): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'hawser-networks-'));
  const store = await openStore({ data });
  const tokens = new Tokens({ servers: () => ['https://127.0.0.1:1'] }, store, clock);
  const firstNetwork = { network: 'net', machine: 'hub', endpoint: '192.0.2.1:51820' };
  await firstStart(store, tokens, { firstNetwork, now: clock() });
  let count = 0;
  class Counting extends Presence {
    override add(network: string, local: Local): void {
      count++;
      super.add(network, local);
    }
  }
  const init = { peers: store.peers, servers: () => [], onServers: () => undefined };
  const presence = new Counting(init);
  const compiler = new Ending(endings);
  const trust = () => ({ servers: [], authorities: [] });
  const networks = new Networks({ store, compiler, clock, log, trust, presence });
  try {
    await work(networks, () => count);
  } finally {
    await networks.close();
    await store.close();
    rmSync(data, { recursive: true, force: true });
  }
}

test('a network that is wanted twice at once is opened once: no agent is left in another', async () => {
  await withNetworks(0, async (networks, added) => {
    await Promise.all(['net', 'net', 'net'].map(async (name) => networks.open(name)));
    expect(added()).toBe(1);
  });
});

test('a network for which nobody could compute just then is served soon after', async () => {
  await withNetworks(1, async (networks) => {
    await networks.open('net');
    expect(networks.broken).toEqual(['net']);
    await expect.poll(() => networks.broken, { timeout: 5000 }).toEqual([]);
    expect(networks.get('net').network.name).toBe('net');
  });
});
