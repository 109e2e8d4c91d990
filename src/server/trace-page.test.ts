import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

suite('the page that traces a way', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test('keeps what was typed of a way that nobody asked for yet when a session ends, and shows others as asked', async () => {
    const { page, offences } = await board.visit();
    await page.getByRole('link', { name: 'Trace' }).press('Enter');
    const fields = ['From', 'To', 'Port'].map((name) => page.getByLabel(name, { exact: true }));
    const typed = async () => Promise.all(fields.map(async (field) => field.inputValue()));
    const words = ['anna', 'hub', 'tcp/22'];
    for (const [index, field] of fields.entries()) await field.fill(words[index] ?? '');
    await page.context().clearCookies();
    await page.reload();
    await page.getByLabel('Token', { exact: true }).fill(board.server.admin);
    await page.getByRole('button', { name: 'Log in' }).click();
    await fields[0]?.waitFor();
    expect(await typed()).toEqual(words);
    await page.goto('/n/net/trace?from=hub&to=anna');
    await fields[0]?.waitFor();
    expect(await typed()).toEqual(['hub', 'anna', '']);
    await page.goto('/n/net/trace');
    await page.getByRole('button', { name: 'Trace', exact: true }).press('Enter');
    await page.getByText(/^tcp\/22 from anna to hub/).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(offences).toEqual([]);
    await page.context().close();
  });
});
