/**
 * The dashboard in Chromium, with as many machines and tunnels as one network has: of a real server comes the page,
 * and what it asks for is made here, since the browser is what is measured.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { JsonText } from '#server';
import { logIn, openBrowser, openPage } from '../tests/web/browser.ts';
import { crowd } from '../tests/web/crowd.ts';
import { type Bench, type BenchResult, quantile, type Size } from './bench.ts';
import { processorTime } from './converge/processes.ts';
import { BenchServer } from './converge/server.ts';
import { Viewer } from './converge/viewers.ts';
import { FleetWorld } from './converge/world.ts';
import { fleet, fleetNames } from './generate.ts';

const network = 'fleet';
const { status, tunnels } = crowd(network);

interface Shown {
  readonly server: BenchServer;
  readonly browser: Browser;
  readonly page: Page;
}
let shown: Promise<Shown> | undefined;

/** How often the page is told that something changed, in ms: while only figures change, the server tells so a fifth as often. */
const toldEvery = 1000;

/** Takes the place of the stream of events of the server, where nothing changes. */
const stream = `
  window.EventSource = class extends EventTarget {
    readyState = 1;
    #timer = setInterval(() => {
      this.dispatchEvent(new MessageEvent('message', { data: '["status","tunnels"]' }));
    }, ${toldEvery});
    close() { clearInterval(this.#timer); }
  };
`;

/** An answer as the server writes it. */
const written = <Rest extends object>(
  rest: Rest,
  name: string,
  list: readonly object[],
): string => {
  const items = list.map((one) => JSON.stringify(one));
  return JsonText.listing<Record<string, unknown>>(rest, name, items).text;
};

/** All machines and tunnels once more, of which much is another. */
function answersOf(turn: number): Readonly<Record<'status' | 'tunnels', string>> {
  const { machines, ...ofStatus } = status;
  const { tunnels: all, ...ofTunnels } = tunnels;
  const later = all.map((one) => ({ ...one, rate: (one.rate ?? 0) + turn }));
  return {
    status: written(ofStatus, 'machines', machines),
    tunnels: written(ofTunnels, 'tunnels', later),
  };
}

/** How often the tables' rows came anew. */
let refetched = 0;

async function answer(page: Page): Promise<void> {
  const answers = [0, 1, 2].map(answersOf);
  await page.addInitScript(stream);
  for (const what of ['status', 'tunnels'] as const) {
    await page.route(`**/v1/networks/${network}/${what}`, (route) => {
      const body = answers[refetched++ % answers.length]?.[what] ?? '';
      return route.fulfill({ contentType: 'application/json', body });
    });
  }
}

async function show(): Promise<Shown> {
  const server = await BenchServer.open();
  const text = fleet({ sites: 1, members: 1, open: 22, port: 51820 });
  const files = { 'fleet.yaml': text };
  await server.ask('POST', `/v1/networks/${network}`, { entry: 'fleet.yaml', files });
  const browser = await openBrowser();
  const { page } = await openPage(browser, server.url);
  await answer(page);
  await logIn(page, server.adminToken);
  return { server, browser, page };
}

const open = async (): Promise<Page> => (await (shown ??= show())).page;

export async function close(): Promise<void> {
  const all = await shown;
  await all?.browser.close();
  await all?.server.close();
}

/** Begins to note how long each frame takes; `window.frames` would be the page's own. */
const watchFrames = `
  window.taken = [];
  let last = performance.now();
  const note = (now) => { window.taken.push(now - last); last = now; requestAnimationFrame(note); };
  requestAnimationFrame(note);
`;

/**
 * Scrolls as a hand does that is in a hurry: three rows a frame, to somewhere and on, at the end from the beginning. Answers
 * how many pixels that was.
 */
const scroll = `(async () => {
  const box = document.querySelector('.scroller');
  if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) box.scrollTop = 0;
  const from = box.scrollTop;
  for (let step = 0; step < 180; step++) {
    box.scrollTop += 120;
    await new Promise(requestAnimationFrame);
  }
  return box.scrollTop - from;
})()`;

/** Throws where nothing moved: then nothing was measured. */
async function scrolled(page: Page, what: string): Promise<void> {
  const moved = await page.evaluate<number>(scroll);
  if (moved <= 0) throw new Error(`the table of ${what} does not scroll`);
}

/** ms of frames, the longest of which is what somebody feels. */
async function frames(page: Page, what: string): Promise<readonly number[]> {
  await page.goto(`/n/${network}/${what}`);
  await page.locator('.body .row').first().waitFor();
  await scrolled(page, what);
  await page.evaluate(watchFrames);
  await scrolled(page, what);
  await page.getByLabel(`Filter ${what}`).pressSequentially('machine-49', { delay: 60 });
  await page.getByText(/^\d+ of \d+$/).waitFor();
  await page.locator('.heads button').first().click();
  await scrolled(page, what);
  return page.evaluate<number[]>('window.taken.slice(1)');
}

async function tables(): Promise<BenchResult> {
  const page = await open();
  const all = [...(await frames(page, 'machines')), ...(await frames(page, 'tunnels'))];
  const value = Math.max(...all);
  const at = (share: number): string => `${quantile(all, share).toFixed(1)} ms`;
  const detail = `${all.length} frames, median ${at(0.5)}, p99 ${at(0.99)}; ${refetched} answers meanwhile`;
  return { value, unit: 'ms', reached: value <= 50, detail };
}

/** From the address until the overview is there and does what it is told, with nothing kept in the browser. */
async function firstLoad(): Promise<BenchResult> {
  await open();
  const { server, browser } = (await shown) as Shown;
  const { page } = await openPage(browser, server.url);
  await logIn(page, server.adminToken);
  const session = await page.context().cookies();
  const times: number[] = [];
  for (let round = 0; round < 7; round++) {
    const fresh = await openPage(browser, server.url);
    await fresh.page.context().addCookies(session);
    await answer(fresh.page);
    const began = performance.now();
    await fresh.page.goto(`/n/${network}`);
    await fresh.page.getByText(`of ${tunnels.tunnels.length}`).first().waitFor();
    await fresh.page.getByRole('button', { name: /^Colours: auto/ }).press('Enter');
    await fresh.page.getByRole('button', { name: /^Colours: dark/ }).waitFor();
    times.push(performance.now() - began);
    await fresh.page.context().close();
  }
  const value = quantile(times, 0.5);
  return { value: value / 1000, unit: 's', reached: value <= 1000 };
}

const viewers = 50;
/** ms in which each machine tells once how its tunnels are. */
const telling: Readonly<Record<Size, number>> = { whole: 60_000, quick: 10_000 };

/**
 * Dashboards that are open while nothing happens but that all machines tell how their tunnels are. What is told for the first
 * time is news, and is over before it is measured.
 */
async function opened(size: Size): Promise<BenchResult> {
  const members = size === 'whole' ? 999 : 99;
  const world = await FleetWorld.open({ sites: 1, members });
  const [hub = ''] = fleetNames(1, members);
  const every = telling[size];
  await world.fleet.order({ do: 'talk', hub, every });
  const all: Viewer[] = [];
  const used = () => processorTime(world.server.pid);
  const answersOf = (): number => all.reduce((sum, one) => sum + one.answers, 0);
  try {
    for (let one = 0; one < viewers; one++) all.push(await Viewer.open(world.server, network));
    await sleep(every + 20_000);
    const [before, answers] = [used(), answersOf()];
    await sleep(every);
    const value = ((used() - before) / (every / 1000)) * 100;
    const trouble = all.find((one) => one.trouble !== undefined)?.trouble;
    if (trouble !== undefined) throw new Error(`a dashboard was refused: ${trouble}`);
    const detail = `${((answersOf() - answers) / (every / 1000)).toFixed(0)} answers a second`;
    return { value, unit: '% of a core', reached: value <= 25, detail };
  } finally {
    for (const one of all) one.close();
    await world.close();
  }
}

export const benches: readonly Bench[] = [
  {
    name: 'dashboard, first load until the overview of 5,000 machines, 10,000 tunnels is there and answers',
    target: '<= 1 s',
    run: firstLoad,
  },
  {
    name: 'dashboard, 5,000 machines, 10,000 tunnels: longest frame of scrolling and filtering, while both come anew',
    target: '<= 50 ms',
    run: tables,
  },
  {
    name: 'dashboard, 50 open at a server with 1,000 agents: its processor time',
    target: '<= 25 % of a core',
    run: opened,
  },
];
