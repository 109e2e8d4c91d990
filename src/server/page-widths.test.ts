import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { logIn } from '../../tests/web/browser.ts';
import { axe, hinderNobody } from '../../tests/web/hurdles.ts';
import { campus } from './fixtures/testing-campus.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

/** Letters of a name beyond which it is no fault of a table to cut it: pointing at it tells it whole. */
const long = 40;

/** What is cut off on a page, and what goes beyond its window. */
const cutOn = async (page: Page): Promise<readonly string[]> =>
  page.evaluate<string[]>(`(() => {
    const isCut = (one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 2;
    const all = (selector) => [...document.querySelectorAll(selector)];
    const cells = all('.cell').filter((one) => isCut(one) && one.textContent.length <= ${long});
    const wide = [document.documentElement, ...all('.scroller, main, header')];
    return [
      ...cells.map((one) => 'cut: ' + one.textContent),
      ...wide.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.tagName + ' is too wide'),
      ...(innerWidth > 720 ? all('nav').filter(isCut).map(() => 'pages are cut off') : []),
    ];
  })()`);

/** How many pages a network has, and those whose links are outside the window, or below something else. */
const pagesOn = async (page: Page) =>
  page.evaluate<{ readonly all: number; readonly lost: readonly string[] }>(`(() => {
    const links = [...document.querySelectorAll('nav a')];
    const lost = links.filter((link) => {
      const { left, right, top, bottom } = link.getBoundingClientRect();
      const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return left < 0 || right > innerWidth || there !== link;
    });
    return { all: links.length, lost: lost.map((link) => link.textContent) };
  })()`);

/** There are several networks to choose from. */
const campusIs = (page: Page): Locator => page.getByRole('link', { name: 'campus' });

suite('the pages in windows of every width', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
    await campus(board.server);
  });
  afterAll(async () => {
    await board?.close();
  });

  test.each([390, 768, 1200, 1600])('cut nothing off at %i pixels', async (width) => {
    const { page } = await board.visit({
      width,
      shows: campusIs,
    });
    for (const path of ['net/tunnels', 'net/members', 'net/machines', 'net/platform']) {
      for (const network of ['net', 'campus']) {
        const own = path.replace('net', network);
        await page.goto(`/n/${own}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        if (own !== 'campus/platform') await page.locator('.body .row').first().waitFor();
        expect(await cutOn(page), own).toEqual([]);
      }
    }
    await page.goto('/');
    await page.locator('.items .findings').first().waitFor();
    expect(await cutOn(page), 'the networks').toEqual([]);
    await page.context().close();
  });

  test.each([768, 1024, 1100, 1200, 1600])(
    'show the names of all pages at %i pixels, also while they are cut off from the server',
    async (width) => {
      const name = 'ada.lovelace@computing.example.org';
      const own = { role: 'operator', name: `${name}-${width}` } as const;
      const { token } = await board.server.call('createToken', {}, own);
      const { page } = await board.window({ width });
      await logIn(page, token, campusIs(page));
      await page.goto('/n/net/events');
      await page.getByText(name).waitFor();
      expect(await pagesOn(page)).toEqual({ all: 11, lost: [] });
      await page.route('**/v1/networks/net/events', (route) => route.fulfill({ status: 503 }));
      await page.reload();
      await page.getByRole('status').getByText('reconnecting').waitFor();
      expect(await pagesOn(page)).toEqual({ all: 11, lost: [] });
      expect(await cutOn(page)).toEqual([]);
      await page.getByRole('link', { name: 'History' }).click();
      await page.getByRole('heading', { name: 'History' }).waitFor();
      await page.context().close();
    },
  );

  test('tell of a tunnel why it is so, in a line of its own where a column has no room', async () => {
    const { page } = await board.visit({
      width: 390,
      shows: campusIs,
    });
    await page.goto('/n/net/tunnels');
    const row = page.getByRole('row').filter({ hasText: 'bob – hub' });
    await row.getByText('bob has heard nothing of hub').waitFor();
    // One that is up has nothing to explain.
    const well = page.getByRole('row').filter({ hasText: 'anna – hub' });
    expect(await well.getByRole('cell').allTextContents()).toEqual(['anna – hub', 'up']);
    // The rows after it give way to it.
    const [first, second] = await page.locator('.body .row').all();
    const [upper, lower] = [await first?.boundingBox(), await second?.boundingBox()];
    expect((upper?.y ?? 0) + (upper?.height ?? 0)).toBeLessThanOrEqual((lower?.y ?? 0) + 1);
    await page.context().close();
  });

  test('have what one does with a member behind one button on a phone', async () => {
    const { page, offences } = await board.visit({
      width: 390,
      shows: campusIs,
    });
    await page.goto('/n/campus/members');
    const menu = page.getByRole('button', { name: 'What to do with anna-laptop' });
    await menu.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Resume anna-laptop' }).waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'what one does with a member');
    await page.keyboard.press('Escape');
    await menu.and(page.locator(':focus')).waitFor();
    await menu.press('Enter');
    await page.getByRole('button', { name: 'Remove anna-laptop' }).press('Enter');
    await page.getByText('anna-laptop loses its place in campus').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('say of each network how much of it is how, and what is worst there', async () => {
    const { page, offences } = await board.visit({
      shows: campusIs,
    });
    const of = (name: string) => page.locator('.items > li').filter({ hasText: name });
    const net = of('revision 9');
    await net.getByText('7 of 8 machines connected').waitFor();
    await net.getByText('6 tunnels up').waitFor();
    await net.getByText('1 tunnel down').waitFor();
    await net.locator('.findings').getByText('is down: nobody listens').waitFor();
    await of('campus').getByText('2 tunnels degraded').waitFor();
    await of('campus').locator('.findings').getByText('is suspended').waitFor();
    await net.getByRole('link', { name: /^\d+ more$/ }).press('Enter');
    await page.locator('.findings').getByText('bob – hub').waitFor();
    expect(offences).toEqual([]);
    await page.context().close();
  });
});
