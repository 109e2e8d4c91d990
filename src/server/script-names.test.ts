import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PublicStatus } from '#api';
import { suite } from '../../tests/support/suite.ts';
import { logIn } from '../../tests/web/browser.ts';
import { addToFile, published, script } from './fixtures/testing-dashboard.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

/** Where the answers of the server have a name, alone or in a sentence. */
const stands = /"(anna|web|giessen|zoe)"|\b(anna|zoe)\b(?= (joined|heard|is))/g;

/** As a server would answer that lets anybody be called anything: another line of defence than its own checks. */
async function renamed(route: Route): Promise<void> {
  if (route.request().resourceType() === 'eventsource') return route.continue();
  // Pages ask by the name that they were told, in a path or a query.
  const [, inQuery = ''] = String(new URLSearchParams({ name: script })).split('=');
  const url = [encodeURIComponent(script), inQuery].reduce(
    (text, name) => text.replaceAll(name, 'anna'),
    route.request().url(),
  );
  const answer = await route.fetch({ url });
  const quoted = JSON.stringify(script);
  const body = (await answer.text()).replaceAll(stands, (found) =>
    found.startsWith('"') ? quoted : quoted.slice(1, -1),
  );
  return route.fulfill({ response: answer, body });
}

/** What everybody is told of a network in which all that has a name is called so. */
const named: PublicStatus = {
  ...published,
  sites: [{ name: script, connected: 1, total: 1 }],
  monitors: published.monitors.map((monitor) => ({ ...monitor, name: script })),
};

/** Pages that show names, and the part of each that does. */
const pages: Readonly<Record<string, string>> = {
  '': '.findings',
  '/map': 'svg',
  '/machines': '.body',
  '/tunnels': '.body',
  '/members': '.body',
  '/platform': '.body',
  '/platform/mupif': '.body',
  '/events': '.events',
  '/policy': '.matrix',
  '/file': '.cm-content',
  '/history': '.items',
  '/machines/NAME': 'h1',
  '/tunnels/NAME/hub': 'h1',
  '/trace?from=anna&to=giessen&port=tcp/22': '.way',
};

suite('names with script in them', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  let page: Page;
  /** That has it in its files and its reason. */
  let revision: number;
  let offences: readonly string[];
  beforeAll(async () => {
    board = await Dashboard.open();
    revision = await addToFile(board.server, `# ${script}\n`, script);
    ({ page, offences } = await board.window());
    await logIn(page, board.server.admin);
    await page.route('**/v1/networks/net/**', renamed);
  });
  afterAll(async () => {
    await board?.close();
  });

  /** Whether it stands there as text, and nothing came of it. */
  async function isShown(part: string): Promise<void> {
    await page.locator(part).getByText(script.slice(0, 20)).first().waitFor({ state: 'attached' });
    const made = `document.querySelectorAll('main img, main script, main [onerror]').length`;
    expect(await page.evaluate(made)).toBe(0);
    expect(await page.title()).toBe('Hawser');
    expect(offences).toEqual([]);
  }

  test.each(Object.entries(pages))('are shown and not run on the page %s', async (path, part) => {
    await page.goto(`/n/net${path.replace('NAME', encodeURIComponent(script))}`);
    await isShown(part);
  });

  test('are shown and not run among the files of a revision', async () => {
    await page.goto(`/n/net/history/${revision}`);
    await isShown('.lead');
    await isShown('.diff');
  });

  test('are shown and not run among several networks, one of which is called so', async () => {
    const networks = [script, 'net'].map((network) => ({ network, revision: { number: 1 } }));
    await page.route('**/v1/networks', (route) => route.fulfill({ json: networks }));
    await page.goto('/');
    await isShown('h2');
    await page.unroute('**/v1/networks');
  });

  test('are shown and not run on the status page', async () => {
    await page.route('**/v1/networks/net/public', (route) => route.fulfill({ json: named }));
    await page.goto('/status/net');
    await isShown('section:has(h2:text-is("Sites"))');
    await isShown('section:has(h2:text-is("Services"))');
  });

  test('are shown and not run on the page that a link opens', async () => {
    const { link } = await board.server.call('createInvite', {}, { machine: 'petra' });
    const asked = '**/v1/networks/net/invitation';
    await page.route(asked, async (route) => {
      const answer = await route.fetch();
      const json = (await answer.json()) as object;
      await route.fulfill({ json: { ...json, machine: script, by: script } });
    });
    await page.goto(`/invite${new URL(link).hash}`);
    await isShown('strong');
    await isShown('section > p');
  });
});
