import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { oidcReturnPath, type RoleRule } from '#api';
import { bundle } from '../../tests/support/hawser.ts';
import { suite } from '../../tests/support/suite.ts';
import { openBrowser, openPage } from '../../tests/web/browser.ts';
import { axe, hinderNobody } from '../../tests/web/hurdles.ts';
import { TestServer } from './fixtures/server.ts';
import { script } from './fixtures/testing-dashboard.ts';
import { TestProvider } from './fixtures/testing-provider.ts';

suite('the login by a provider', { needs: ['chromium'] }, () => {
  let server: TestServer;
  let provider: TestProvider;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    server = await TestServer.start({ dashboard: join(bundle, '../web') });
    url = `https://127.0.0.1:${server.port}`;
    const accounts = { vera: ['staff'], ben: ['ops'], olga: ['ops'], eve: ['gardeners', script] };
    provider = await TestProvider.start(accounts, [`${url}${oidcReturnPath}`]);
    const { issuer, clientId, clientSecret } = provider;
    const roles: RoleRule[] = [
      { role: 'viewer', group: 'staff' },
      { role: 'operator', group: 'ops' },
    ];
    const wish = { issuer, clientId, clientSecret, roles, label: 'the institute' };
    await server.call('putLoginProvider', {}, wish);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await provider?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  async function enter(name: string) {
    const { page, offences } = await openPage(browser, url);
    await page.goto('/n/net/file');
    await page.getByRole('link', { name: 'Log in with the institute' }).press('Enter');
    await page.getByPlaceholder('Enter any login').fill(name);
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL('**/n/net/file');
    return { page, offences };
  }

  test('lets people see or act as their groups say, and go on at the command line', async () => {
    const { page: vera } = await enter('vera');
    await vera.getByText('who is an operator may change it.').waitFor();
    await vera.context().close();

    const { page: ben, offences } = await enter('ben');
    const text = ben.getByRole('textbox', { name: /net.yaml/ });
    await text.press('Control+End');
    await ben.keyboard.type('# more');
    await ben.getByRole('button', { name: 'Apply' }).waitFor();
    await ben.getByRole('link', { name: /^ben / }).press('Enter');
    await ben.getByRole('button', { name: 'Make a token' }).press('Enter');
    await ben.getByText('hawser login hawser-operator-').waitFor();
    await ben.evaluate(axe);
    await hinderNobody(ben, 'the command line');
    await ben.getByRole('button', { name: 'Log out' }).click();
    await ben.getByText('or with a token').waitFor();
    await ben.evaluate(axe);
    await hinderNobody(ben, 'a login by a provider');
    // What the provider's own page asks for is its own.
    const own = (offence: string) =>
      !offence.startsWith(provider.issuer) && !offence.includes('fonts.g');
    expect(offences.filter(own)).toEqual([]);
    await ben.context().close();
  });

  test('says to others which groups they are in, and lets them in nowhere', async () => {
    const { page: eve } = await enter('eve');
    await eve.getByRole('alert').getByText('is in no group that may do anything here').waitFor();
    await eve.getByText(`gardeners, ${script.slice(0, 20)}`).waitFor();
    await eve.evaluate(axe);
    await hinderNobody(eve, 'a refused login');
    expect(await eve.title()).not.toBe('1');
    await eve.context().close();
  });

  test('makes two people of two accounts: what one applies, another lets go', async () => {
    await server.call('createToken', {}, { role: 'admin', name: 'two' });
    const { revision: base, entry, files } = await server.call('pull', {});
    const two = { ...files, [entry]: `${files[entry] ?? ''}approvals: 2\n` };
    await server.call('apply', {}, { entry, files: two, base });
    const { page: ben } = await enter('ben');
    const text = ben.getByRole('textbox', { name: /net.yaml/ });
    await text.press('Control+End');
    await ben.keyboard.type('groups: { staff: [hub] }');
    await ben.getByLabel('Why', { exact: true }).fill('a group');
    await ben.getByRole('button', { name: 'Apply' }).and(ben.locator(':enabled')).press('Enter');
    await ben.getByText('a second person has to approve it').waitFor();
    const approving = ben.getByRole('button', { name: 'Let it go' });
    await approving.press('Enter');
    await ben.getByText('needs another person').waitFor();

    const { page: olga } = await enter('olga');
    await olga.goto(new URL(ben.url()).pathname);
    await olga.getByRole('button', { name: 'Let it go' }).press('Enter');
    await olga.getByRole('heading', { name: 'History' }).waitFor();
    await ben.reload();
    await ben.getByText('let go by olga').waitFor();
    expect((await server.call('pull', {})).files[entry]).toContain('groups: { staff: [hub] }');
    await olga.context().close();
    await ben.context().close();
  });
});
