import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../tests/support/hawser.ts';
import { suite } from '../../tests/support/suite.ts';
import { logIn, openBrowser, openPage } from '../../tests/web/browser.ts';
import { TestServer } from './fixtures/server.ts';
import { addToFile } from './fixtures/testing-dashboard.ts';

const dashboard = join(bundle, '../web');

suite('the pages of the dashboard for who may only look', { needs: ['chromium'] }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test('let who may only look read the file, and not write it', async () => {
    await using server = await TestServer.start({ dashboard });
    await server.populate('anna');
    const { token } = await server.call('createToken', {}, { role: 'viewer', name: 'vera' });
    const { page } = await openPage(browser, `https://127.0.0.1:${server.port}`);
    await logIn(page, token);
    await page.getByRole('link', { name: 'File' }).press('Enter');
    await page.getByText('who is an operator may change it.').waitFor();
    const text = page.getByRole('textbox', { name: /net.yaml/ });
    await text.press('Control+End');
    await page.keyboard.type('groups: {}');
    expect(await text.textContent()).not.toContain('groups: {}');
    await page.context().close();
  });

  test('offer nothing to do to who may only look, at members and revisions, and all of it to others', async () => {
    await using own = await TestServer.start({ dashboard });
    await own.populate('anna');
    const { token: viewer } = await own.call('createToken', {}, { role: 'viewer', name: 'vera' });
    const { token } = await own.call('createToken', {}, { role: 'operator', name: 'ben' });
    await addToFile(own, 'approvals: 2\n');
    const held = await addToFile(own, '# more\n');
    /** What is there for everybody, and what for those who act, by page. */
    const offers: Readonly<Record<string, readonly [string, readonly string[]]>> = {
      '/members': ['anna', ['Invite', 'Suspend anna', 'Remove anna']],
      '/history/1': ['What it changed', ['What would going back to it do?']],
      [`/history/${held}`]: ['What it changed', ['Let it go', 'Reject it']],
    };
    for (const [who, times] of [[token, 1] as const, [viewer, 0] as const]) {
      const { page } = await openPage(browser, `https://127.0.0.1:${own.port}`);
      await logIn(page, who);
      for (const [path, [there, buttons]] of Object.entries(offers)) {
        await page.goto(`/n/net${path}`);
        await page.getByText(there, { exact: true }).first().waitFor();
        const found = async () =>
          Promise.all(
            buttons.map((name) => page.getByRole('button', { name, exact: true }).count()),
          );
        await expect.poll(found, { message: path }).toEqual(buttons.map(() => times));
      }
      await page.context().close();
    }
    expect((await own.call('status', {})).held?.id.number).toBe(held);
  });
});
