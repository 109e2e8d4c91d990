import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { logIn } from '../../tests/web/browser.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

/** ms. */
const day = 86_400_000;

const moments = /^\d+ (s|min) ago$/;

suite('a browser that lives on another day', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test.each([
    ['yesterday', -day],
    ['tomorrow', day],
  ])('tells ages, charts and since when as they are, in one of %s', async (name, ahead) => {
    const { page, offences } = await board.window();
    await page.clock.install({ time: Date.now() + ahead });
    await logIn(page, board.server.admin);
    await page
      .locator('.findings')
      .getByText(/is away, seen \d+ (s|min) ago/)
      .waitFor();
    await page.goto('/n/net/events');
    const times = page.locator('.events time');
    await times.first().waitFor();
    for (const told of await times.allTextContents()) expect(told).toMatch(moments);
    await page.goto('/n/net/tunnels/anna/hub');
    await page.getByRole('img', { name: /^Round trip: 11 ms to 4\d ms, at last/ }).waitFor();
    await page.getByLabel('How far back').selectOption('hour');
    await page.getByText('As a table').press('Enter');
    await page.getByRole('cell', { name: '15 %' }).first().waitFor();
    await page.getByText(/so since \d+ (s|min) ago/).waitFor();
    await page.goto('/n/net/platform/web');
    await page.getByText(/so for \d+ (h|min), looked at \d+ (s|min) ago/).waitFor();
    // A link is good from now on by the clock of the server, which refuses one that is over.
    await page.goto('/n/net/members');
    await page.getByRole('button', { name: 'Invite' }).press('Enter');
    await page.getByLabel('Device', { exact: true }).fill(`phone-of-${name}`);
    await page.getByLabel('Link good for').selectOption('1');
    await page.getByRole('button', { name: 'What would change?' }).press('Enter');
    await page.getByRole('button', { name: 'Apply it' }).press('Enter');
    await page.getByText(/\/invite#net\./).waitFor();
    const [invite] = await board.server.call('listInvites', {});
    const left = Date.parse(invite?.expires ?? '') - Date.now();
    expect(Math.abs(left - day)).toBeLessThan(60_000);
    expect(offences).toEqual([]);
    await page.context().close();
  });
});
