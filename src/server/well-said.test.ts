import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { showCrowd, starCrowd } from '../../tests/web/crowd.ts';
import { emptyFile, failing } from './fixtures/testing-hurdles.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

/** As a network in which all is well, as far as machines and tunnels go. */
const calm = (network: string) => {
  const { status, tunnels } = starCrowd(network);
  const up = tunnels.tunnels.filter(({ state }) => state === 'up');
  const machines = status.machines.map((one) => ({ ...one, connected: true }));
  const told = { ...tunnels, counts: { up: up.length }, tunnels: up };
  return { status: { ...status, machines }, tunnels: told };
};

suite('pages that say that all is well', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test.each(['/n/net', '/'])(
    'say it at %s when services were heard of, and not before',
    async (path) => {
      const shown = (page: Page) => page.getByRole('button', { name: 'Log out' });
      const { page } = await board.visit({ shows: shown });
      if (path === '/') await board.server.call('createNetwork', { network: 'empty' }, emptyFile);
      await showCrowd(page, 'net', calm);
      const services = '**/v1/networks/net/monitors?*';
      const well = page.getByText(/^All is well/);
      const asking = page.getByText(/^Asking (for the services|how it is)/);
      let answer: (() => void) | undefined;
      await page.route(services, async (route) => {
        await new Promise<void>((done) => {
          answer = done;
        });
        await route.fulfill({ json: { network: 'net', monitors: [] } });
      });
      await page.goto(path);
      await asking.first().waitFor();
      await expect.poll(() => answer).toBeDefined();
      expect(await well.count()).toBe(0);
      answer?.();
      await page.getByText('All is well', { exact: true }).waitFor();
      await page.unroute(services);
      await page.route(services, failing);
      await page.goto(path);
      await page.getByText('All is well, as far as anybody tells').waitFor({ timeout: 20_000 });
      await page.context().close();
    },
  );
});
