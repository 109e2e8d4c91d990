/** How soon a browser shows what happens in a kernel: of real machines in namespaces, by their agents and a real server. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type Machine, type Running, serve, settled, World } from '../tests/server/world.ts';
import { until } from '../tests/support/until.ts';
import { logIn, openBrowser, openPage } from '../tests/web/browser.ts';
import { type Bench, type BenchResult, median, quantile, type Size } from './bench.ts';

const rounds: Readonly<Record<Size, number>> = { whole: 25, quick: 3 };

/** A plain host at the site that alice is the gateway of, and she herself there. */
const plain = '192.168.77.11';
const gateway = '192.168.77.4';

/** Writes into the file of a network that alice is a gateway, with a plain host behind her. */
function addSite(hub: Machine, alice: Machine): void {
  hub.must('pull', 'net.yaml', '--force');
  const gateways = `gateways: { alice: { endpoint: "${alice.address}:51820", address: ${gateway} } }`;
  const hosts = `hosts: { station: { address: ${plain} } }`;
  const site = `giessen: { subnets: [192.168.77.0/24], ${gateways}, ${hosts} }`;
  hub.write('net.yaml', hub.read('net.yaml').replace(/^sites:\n/m, `sites:\n  ${site}\n`));
  hub.must('apply', 'net.yaml', '--yes');
}

/** Puts the plain host behind the gateway, on a network of their own. */
function addStation(alice: Machine, station: Machine): void {
  const [a, b] = [alice, station].map(({ box }) => String(box.pid)) as [string, string];
  const ends = ['name', 'lan', 'netns', a, 'type', 'veth', 'peer', 'name', 'lan', 'netns', b];
  execFileSync('ip', ['link', 'add', ...ends]);
  for (const [machine, address] of [
    [alice, gateway],
    [station, plain],
  ] as const) {
    machine.do(`ip address add ${address}/24 dev lan`);
    machine.do('ip link set lan up');
  }
  station.do(`ip route add 10.77.0.0/24 via ${gateway}`);
}

/** A hub with the server and a browser, and a gateway with a plain host. */
class Watched {
  readonly #world: World;
  readonly #folder: string;
  readonly #program: Running;
  readonly #browser: Browser;
  readonly hub: Machine;
  readonly alice: Machine;
  readonly page: Page;

  private constructor(
    world: World,
    folder: string,
    program: Running,
    browser: Browser,
    seen: Pick<Watched, 'hub' | 'alice' | 'page'>,
  ) {
    this.#world = world;
    this.#folder = folder;
    this.#program = program;
    this.#browser = browser;
    this.hub = seen.hub;
    this.alice = seen.alice;
    this.page = seen.page;
  }

  static async open(): Promise<Watched> {
    const world = await World.open();
    const [hub, alice] = [await world.machine('hub'), await world.machine('alice')];
    const { program, joinToken } = await serve(hub);
    addSite(hub, alice);
    addStation(alice, await world.machine('station'));
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
    return new Watched(world, folder, program, browser, { hub, alice, page });
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
  // Of the address alone: what is put right while a machine joins is told late at times.
  const told = page.locator('.events li', { hasText: 'add address' });
  await page.getByText('None fits.').or(page.locator('.events li').first()).waitFor();
  const own = alice.do('ip -o -4 address show dev hw-home').split(/\s+/)[3] ?? '';
  const times: number[] = [];
  for (let round = 0; round < rounds[size]; round++) {
    const take = () => alice.do(`ip address delete ${own} dev hw-home`);
    await until('it is there', () => alice.do('ip -o -4 address show dev hw-home').includes(own));
    const before = await told.count();
    times.push(await seenAfter(take, () => told.nth(before).waitFor()));
  }
  return result(times, 1, `${times.length} times`);
}

/** Packets of the tunnel that pass this hook of hers are dropped; she shakes hands on. */
function drop(alice: Machine, hook: 'input' | 'forward'): void {
  alice.do('nft add table inet foreign');
  const words = `{ type filter hook ${hook} priority -500 ; }`;
  alice.do(`nft add chain inet foreign drops ${words}`);
  alice.do('nft add rule inet foreign drops iifname hw-home drop');
}

/** A fault that nobody tells of, until the tunnel's page says what it made of it. */
async function silentFault(
  size: Size,
  hook: 'input' | 'forward',
  becomes: 'down' | 'degraded',
): Promise<BenchResult> {
  const { alice, page } = await (watched ??= Watched.open());
  await page.goto('/n/home/tunnels/alice/hub');
  // What it is now, and not the events of before, which the page tells too.
  const now = (state: string) => page.locator('p.lead .pill', { hasText: state });
  const times: number[] = [];
  for (let round = 0; round < Math.ceil(rounds[size] / 3); round++) {
    await now('up').waitFor();
    times.push(
      await seenAfter(
        () => drop(alice, hook),
        () => now(becomes).waitFor(),
      ),
    );
    alice.do('nft delete table inet foreign');
  }
  return result(times, 5, `${times.length} times`);
}

/** Only what the gateway forwards is lost: it answers itself. */
async function forwardingFault(size: Size): Promise<BenchResult> {
  const { hub } = await (watched ??= Watched.open());
  // Of a host that was never heard nothing is concluded.
  await until('the plain host was heard', () =>
    /"through":\{"loss":0[,}]/.test(hub.must('tunnels', '--json').replaceAll(/\s/g, '')),
  );
  return silentFault(size, 'forward', 'degraded');
}

export const benches: readonly Bench[] = [
  { name: 'event in a kernel until a page tells it', target: '<= 1 s p99', run: kernelEvent },
  {
    name: 'silent fault until a page tells it',
    target: '<= 5 s p99',
    run: (size) => silentFault(size, 'input', 'down'),
  },
  {
    name: 'a gateway that lives and does not forward, until a page tells it',
    target: '<= 5 s p99',
    run: forwardingFault,
  },
];
