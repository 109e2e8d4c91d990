import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { axe, hinderNobody } from '../../tests/web/hurdles.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

suite('the editor of the file', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test('offers what the file may have where one types, with what it means, and takes what keys choose', async () => {
    const { page, offences } = await board.visit();
    await page.getByRole('link', { name: 'File' }).press('Enter');
    const text = page.getByRole('textbox', { name: /net.yaml/ });
    const { keyboard } = page;
    const offers = page.getByRole('listbox');
    const offered = async () => offers.getByRole('option').allTextContents();
    const chosen = (name: string) => offers.getByRole('option', { name, selected: true });
    /** What has opened only just takes no key, since that was meant for the text: CodeMirror lets 75 ms pass. */
    const open = async (): Promise<void> => {
      await offers.waitFor();
      await page.waitForTimeout(100);
    };
    const take = async (name: string): Promise<void> => {
      await chosen(name).waitFor();
      await keyboard.press('Enter');
      await offers.waitFor({ state: 'detached' });
    };
    await text.press('Control+End');
    await keyboard.type('defau');
    await chosen('defaults').waitFor();
    await expect.poll(offered).toEqual(['defaults']);
    // What is refused is not taken.
    await keyboard.press('Escape');
    await offers.waitFor({ state: 'detached' });
    expect(await text.innerText()).toMatch(/\ndefau\n?$/);
    await keyboard.type('l');
    await open();
    await take('defaults');
    expect(await text.innerText()).toMatch(/\ndefaults: \n?$/);

    await keyboard.press('Enter');
    await keyboard.press('Tab');
    await keyboard.press('Control+Space');
    await open();
    const keys = await offered();
    expect(keys).toEqual(expect.arrayContaining(['port', 'keepalive', 'interface']));
    expect(keys).not.toContain('sites');
    for (let at = 0; at < keys.indexOf('keepalive'); at += 1) await keyboard.press('ArrowDown');
    await chosen('keepalive').waitFor();
    await page
      .locator('.cm-completionInfo')
      .getByText(/seconds/i)
      .waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'what the editor offers');
    await take('keepalive');
    await keyboard.type('21');
    await page.getByRole('button', { name: 'Apply' }).and(page.locator(':enabled')).press('Enter');
    await page.locator('.diff .new').getByText('keepalive: 21').waitFor();
    const { entry, files } = await board.server.call('pull', {});
    expect(files[entry]).toMatch(/\ndefaults: *\n {2}keepalive: 21\n?$/);
    expect(offences).toEqual([]);
    await page.context().close();
  });
});
