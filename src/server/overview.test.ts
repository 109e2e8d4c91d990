import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { showCrowd } from '../../tests/web/crowd.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

/** Ten thousand tunnels are made, sent and read meanwhile. */
const patience = { timeout: 20_000 };

suite('the overview', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test('shows how many tunnels are how as parts of one bar, of seven as of ten thousand', async () => {
    const { page } = await board.visit();
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
