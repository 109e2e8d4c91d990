import { join } from 'node:path';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../tests/support/hawser.ts';
import { suite } from '../../tests/support/suite.ts';
import { logIn, openBrowser, openPage } from '../../tests/web/browser.ts';
import { TestServer } from './fixtures/server.ts';
import { addToFile, furnish, script } from './fixtures/testing-dashboard.ts';

/** Where the answers of the server have a name, alone or in a sentence. */
const stands = /"(anna|web|giessen|zoe)"|\b(anna|zoe)\b(?= (joined|heard|is))/g;

/** As a server would answer that lets anybody be called anything: another line of defence than its own checks. */
async function renamed(route: Route): Promise<void> {
  if (route.request().resourceType() === 'eventsource') return route.continue();
  const answer = await route.fetch();
  const quoted = JSON.stringify(script);
  const body = (await answer.text()).replaceAll(stands, (found) =>
    found.startsWith('"') ? quoted : quoted.slice(1, -1),
  );
  return route.fulfill({ response: answer, body });
}

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
  '/trace?from=anna&to=giessen&port=tcp/22': '.way',
};

suite('names with script in them', { needs: ['chromium'] }, () => {
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let offences: readonly string[];
  beforeAll(async () => {
    server = await TestServer.start({ dashboard: join(bundle, '../web') });
    await furnish(server);
    await addToFile(server, `# ${script}\n`, script);
    browser = await openBrowser();
    ({ page, offences } = await openPage(browser, `https://127.0.0.1:${server.port}`));
    await logIn(page, server.admin);
    await page.route('**/v1/networks/net/**', renamed);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  test.each(Object.entries(pages))('are shown and not run on the page %s', async (path, part) => {
    await page.goto(`/n/net${path}`);
    await page.locator(part).getByText(script.slice(0, 20)).first().waitFor({ state: 'attached' });
    const made = `document.querySelectorAll('main img, main script, main [onerror]').length`;
    expect(await page.evaluate(made)).toBe(0);
    expect(await page.title()).toBe('Hawser');
    expect(offences).toEqual([]);
  });
});
