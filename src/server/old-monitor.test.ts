import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { logIn } from '../../tests/web/browser.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

/** What the monitors of MuPIF's network showed of each tunnel, and the column that has it. */
const columns = {
  name: 'Between',
  'VPN address': 'Overlay',
  'remote host and port': 'From',
  received: 'Received',
  sent: 'Sent',
  'last handshake': 'Handshake',
} as const;

/** What it says of a tunnel whose name comes before the hub's, and of one whose name comes after it. */
const tunnels: Readonly<Record<string, Readonly<Record<keyof typeof columns, unknown>>>> = {
  'anna – hub': {
    ...{ name: 'anna – hub', 'VPN address': '10.86.0.2 – 10.86.0.1' },
    ...{ 'remote host and port': '198.51.100.20:51820', sent: '48 kB', received: '145 kB' },
    'last handshake': expect.stringMatching(/^\d+ s$/),
  },
  'zoe – hub': {
    ...{ name: 'zoe – hub', 'VPN address': '10.86.0.8 – 10.86.0.1' },
    ...{ 'remote host and port': '198.51.100.26:51820', sent: '810 MB', received: '2.4 GB' },
    'last handshake': expect.stringMatching(/^\d+ s$/),
  },
};

/** The same of the platform, and the text by which the page of the service has it. */
const platform = {
  'name server is there': /^degraded$/,
  'name server URI': /^10\.77\.0\.1:10000$/,
  'tags of what is registered': /^type:jobmanager$/,
  'job manager': /^thermal$/,
  signature: /SimpleJobManager2/,
  'URI of a job manager': /PYRO:obj_5f0c81d24c5c4d0f@10\.77\.0\.2:10010/,
  'jobs that run, of how many': /2 of 4 running/,
  'jobs in all': /187/,
  'key of a job': /^1@thermal$/,
  'user of a job': /^bp@cvut$/,
  'running time of a job': /^13 min$/,
  'tasks running': /^2$/,
  scheduled: /^3$/,
  processed: /^1240$/,
  finished: /^1198$/,
  failed: /^42$/,
  load: /^6 %$/,
  'last executions': /workflow13/,
} as const;

suite('what users of the old monitor looked at', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  let page: Page;
  beforeAll(async () => {
    board = await Dashboard.open();
    const look = { width: 1800 };
    ({ page } = await board.window(look));
    await logIn(page, board.server.admin);
  });
  afterAll(async () => {
    await board?.close();
  });

  test.each(Object.keys(tunnels))('of a tunnel, from the machine to its hub: %s', async (name) => {
    await page.goto('/n/net/tunnels');
    await page.getByRole('row').filter({ hasText: name }).waitFor();
    const heads = await page.getByRole('columnheader').allTextContents();
    const cells = await page.getByRole('row').filter({ hasText: name }).getByRole('cell').all();
    const told = Object.entries(columns).map(async ([what, column]) => [
      what,
      await cells[heads.indexOf(column)]?.textContent(),
    ]);
    expect(Object.fromEntries(await Promise.all(told))).toEqual(tunnels[name]);
  });

  test('of a tunnel: all of it for both ends on its own page', async () => {
    await page.goto('/n/net/tunnels/anna/hub');
    for (const told of ['Overlay', 'Hears anna from', 'Received', 'Sent', 'Handshake']) {
      await page.getByText(told, { exact: true }).first().waitFor();
    }
  });

  test.each(Object.entries(platform))('of the platform: %s', async (_, told) => {
    await page.goto('/n/net/platform/mupif');
    await page.getByText(told).first().waitFor();
  });

  test('of the platform: the end of a job’s log, and 48 bars of an hour', async () => {
    await page.goto('/n/net/platform/mupif');
    await page.locator('summary.job').first().press('Enter');
    await page.getByText('time step 119').waitFor();
    await page.locator('.hours svg').first().locator('g').nth(47).waitFor({ state: 'attached' });
  });
});
