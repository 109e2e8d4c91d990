/** How soon a browser shows what happens in a kernel: of real machines in namespaces, by their agents and a real server. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type Machine, type Running, serve, settled, World } from '../tests/server/world.ts';
import { logIn, openBrowser, openPage } from '../tests/web/browser.ts';
import { type Bench, type BenchResult, median, quantile, type Size } from './bench.ts';

const rounds: Readonly<Record<Size, number>> = { whole: 25, quick: 3 };

/** A hub with the server and a browser, and one machine more. */
class Watched {
  readonly #world: World;
  readonly #folder: string;
  readonly #program: Running;
  readonly #browser: Browser;
  readonly alice: Machine;
  readonly page: Page;

  private constructor(
    world: World,
    folder: string,
    program: Running,
    browser: Browser,
    seen: { readonly alice: Machine; readonly page: Page },
  ) {
    this.#world = world;
    this.#folder = folder;
    this.#program = program;
    this.#browser = browser;
    this.alice = seen.alice;
    this.page = seen.page;
  }

  static async open(): Promise<Watched> {
    const world = await World.open();
    const [hub, alice] = [await world.machine('hub'), await world.machine('alice')];
    const { program, joinToken } = await serve(hub);
    alice.must('join', joinToken);
    await settled(hub, 'hub', 'alice');
    const folder = mkdtempSync(join(tmpdir(), 'hawser-browser-'));
    const start = join(folder, 'chromium');
    writeFileSync(start, `#!/bin/sh\nexec ${hub.box.enter.join(' ')} /usr/bin/chromium "$@"\n`);
    chmodSync(start, 0o755);
    const browser = await openBrowser(start);
    const { page } = await openPage(browser, 'https://127.0.0.1:7443');
    const [, token = ''] = /^ +(hawser-admin-[\w-]+)$/m.exec(program.output) ?? [];
    await logIn(page, token);
    return new Watched(world, folder, program, browser, { alice, page });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#program.end('SIGKILL');
    await this.#world.close();
    rmSync(this.#folder, { recursive: true });
  }
}

let watched: Promise<Watched> | undefined;

export async function close(): Promise<void> {
  await (await watched)?.close();
}

/** ms from what is done to a machine until the page says it. */
async function seenAfter(act: () => unknown, says: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  act();
  await says();
  return performance.now() - began;
}

const result = (times: readonly number[], limit: number, detail: string): BenchResult => {
  const value = quantile(times, 0.99) / 1000;
  const middle = (median(times) / 1000).toFixed(2);
  return { value, unit: 's', reached: value <= limit, detail: `${detail}, median ${middle} s` };
};

/** Somebody takes an address away, which the agent sees, puts back and tells. */
async function kernelEvent(size: Size): Promise<BenchResult> {
  const { alice, page } = await (watched ??= Watched.open());
  await page.goto('/n/home/events?machine=alice&kind=repaired');
  const told = page.locator('.events li');
  const own = alice.do('ip -o -4 address show dev hw-home').split(/\s+/)[3] ?? '';
  const times: number[] = [];
  for (let round = 0; round < rounds[size]; round++) {
    const take = () => alice.do(`ip address delete ${own} dev hw-home`);
    times.push(await seenAfter(take, () => told.nth(round).waitFor()));
  }
  return result(times, 1, `${times.length} times`);
}

/** What comes by the tunnel is dropped, while it shakes hands on. */
async function silentFault(size: Size): Promise<BenchResult> {
  const { alice, page } = await (watched ??= Watched.open());
  await page.goto('/n/home/tunnels/alice/hub');
  // What it is now, and not the events of before, which the page tells too.
  const now = (state: string) => page.locator('p.lead .pill', { hasText: state });
  const times: number[] = [];
  for (let round = 0; round < Math.ceil(rounds[size] / 3); round++) {
    await now('up').waitFor();
    const drop = (): void => {
      alice.do('nft add table inet foreign');
      const hook = '{ type filter hook input priority -500 ; }';
      alice.do(`nft add chain inet foreign input ${hook}`);
      alice.do('nft add rule inet foreign input iifname hw-home drop');
    };
    times.push(await seenAfter(drop, () => now('down').waitFor()));
    alice.do('nft delete table inet foreign');
  }
  return result(times, 5, `${times.length} times`);
}

export const benches: readonly Bench[] = [
  { name: 'event in a kernel until a page tells it', target: '<= 1 s p99', run: kernelEvent },
  { name: 'silent fault until a page tells it', target: '<= 5 s p99', run: silentFault },
];
