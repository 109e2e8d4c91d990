import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../tests/support/hawser.ts';
import { suite } from '../../tests/support/suite.ts';
import { logIn, openBrowser, openPage } from '../../tests/web/browser.ts';
import { showCrowd } from '../../tests/web/crowd.ts';
import { TestServer } from './fixtures/server.ts';
import { furnish } from './fixtures/testing-dashboard.ts';

/** Ten thousand tunnels are made, sent and read meanwhile. */
const patience = { timeout: 20_000 };

suite('the overview', { needs: ['chromium'] }, () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await TestServer.start({ dashboard: join(bundle, '../web') });
    await furnish(server);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  test('shows how many tunnels are how as parts of one bar, of seven as of ten thousand', async () => {
    const { page } = await openPage(browser, `https://127.0.0.1:${server.port}`);
    await logIn(page, server.admin);
    const bar = page.getByRole('link', { name: /tunnels up/ }).locator('.bar');
    const parts = async (): Promise<string> => bar.innerHTML();
    const part = (mood: string, count: number): string =>
      `<span class="${mood}" style="flex-grow: ${count};"></span>`;
    // What no tunnel is has no part.
    await expect.poll(parts, patience).toBe(part('good', 6) + part('bad', 1));
    await showCrowd(page, 'net');
    await page.reload();
    await expect.poll(parts, patience).toBe(part('good', 9900) + part('bad', 100));
    await page.context().close();
  });
});
