import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { create } from 'qrcode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../tests/support/hawser.ts';
import { suite } from '../../tests/support/suite.ts';
import { logIn, openBrowser, openPage } from '../../tests/web/browser.ts';
import { axe, hinderNobody } from '../../tests/web/hurdles.ts';
import { TestServer } from './fixtures/server.ts';
import { addToFile } from './fixtures/testing-dashboard.ts';

const dashboard = join(bundle, '../web');

/** The modules of the code of a text, row by row. */
function codeOf(text: string): readonly string[] {
  const { size, data } = create(text, { errorCorrectionLevel: 'L' }).modules;
  const rows = Array.from({ length: size }, (_, row) => data.slice(row * size, (row + 1) * size));
  return rows.map((row) => Array.from(row, (bit) => (bit ? '#' : ' ')).join(''));
}

/** In the page: the modules of a drawing, its margin too. */
const readModules = (title: string): string => `(() => {
  const all = [...document.querySelectorAll('svg')];
  const svg = all.find((one) => one.querySelector('title')?.textContent === ${JSON.stringify(title)});
  const { x, y, width, height } = svg.viewBox.baseVal;
  const painted = [...svg.querySelectorAll('path')].reverse();
  const moduleAt = (column, row) => {
    const point = new DOMPoint(x + column + 0.5, y + row + 0.5);
    const top = painted.find((path) => path.isPointInFill(point));
    return top && getComputedStyle(top).fill === 'rgb(0, 0, 0)' ? '#' : ' ';
  };
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => moduleAt(column, row)).join(''));
})()`;

/**
 * The modules of a code that a page draws, row by row, where each is white or black as what is painted last in the
 * middle of it. Throws where less than four modules of white stand around (ISO/IEC 18004, 9.1).
 */
async function drawnIn(page: Page, title: string): Promise<readonly string[]> {
  await page.getByRole('img', { name: title }).waitFor();
  const rows = await page.evaluate<readonly string[]>(readModules(title));
  const [quiet, end] = [4, rows.length - 4];
  const around = [...rows.slice(0, quiet), ...rows.slice(end)];
  const sides = rows.flatMap((row) => [row.slice(0, quiet), row.slice(end)]);
  expect([...around, ...sides].join('').trim()).toBe('');
  return rows.slice(quiet, end).map((row) => row.slice(quiet, end));
}

suite('the pages by which people come and go', { needs: ['chromium'] }, () => {
  let server: TestServer;
  let browser: Browser;
  let url: string;
  /** ms that the server's clock is ahead of what it was. */
  let later = 0;
  beforeAll(async () => {
    const clock = () => new Date(Date.now() + later);
    server = await TestServer.start({ dashboard, clock });
    await server.populate('anna');
    browser = await openBrowser();
    url = `https://127.0.0.1:${server.port}`;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  /** The page Members of a network of its own, with anna in it. */
  async function membersOf(own: TestServer) {
    await own.populate('anna');
    const opened = await openPage(browser, `https://127.0.0.1:${own.port}`);
    await logIn(opened.page, own.admin);
    await opened.page.getByRole('link', { name: 'Members' }).press('Enter');
    return opened;
  }

  test('invite a device when what that changes was seen, suspend it and let it back', async () => {
    const { page, offences } = await openPage(browser, url);
    await logIn(page, server.admin);
    await page.getByRole('link', { name: 'Members' }).press('Enter');
    await page.getByRole('button', { name: 'Invite' }).press('Enter');
    await page.getByLabel('Device', { exact: true }).fill('ida-phone');
    await page.getByLabel('Whose').fill('Ida');
    const asking = page.getByRole('button', { name: 'What would change?' });
    await page.context().clearCookies();
    await asking.press('Enter');
    await page.getByLabel('Token', { exact: true }).fill(server.admin);
    await page.getByRole('button', { name: 'Log in' }).click();
    await asking.press('Enter');
    await page.getByText('ida-phone joins the network').waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'the plan of an invitation');
    await page.getByRole('button', { name: 'Apply it' }).press('Enter');
    await page.getByText(/^https:.*\/invite#net\.[\w-]{43}$/).waitFor();
    await hinderNobody(page, 'a link');
    await page.getByRole('button', { name: 'Done' }).press('Enter');
    const row = page.getByRole('row').filter({ hasText: 'ida-phone' });
    await row.getByText('Ida', { exact: true }).waitFor();
    await row.getByText('invited').first().waitFor();
    await page.getByRole('button', { name: 'Suspend ida-phone' }).press('Enter');
    await row.getByText('suspended').waitFor();
    await page.getByRole('button', { name: 'Resume ida-phone' }).press('Enter');
    await row.getByText('invited').first().waitFor();
    await page.getByRole('button', { name: 'Withdraw the invitation of ida-phone' }).press('Enter');
    await row.getByText('has no key').waitFor();
    await page.getByRole('button', { name: 'Expire ida-phone' }).press('Enter');
    await page.getByLabel('Last day').fill('2030-01-31');
    await page.getByRole('button', { name: 'What would change?' }).press('Enter');
    await page.getByText('ida-phone: is cut off at 2030-02-01T00:00:00.000Z').waitFor();
    await hinderNobody(page, 'the plan of an end');
    await page.getByRole('button', { name: 'Apply it' }).press('Enter');
    await row.getByText('2030-01-31', { exact: true }).waitFor();
    const endOf = async () =>
      (await server.call('status', {})).machines.find(({ name }) => name === 'ida-phone')?.expires;
    expect(await endOf()).toBe('2030-02-01T00:00:00.000Z');
    await page.getByRole('button', { name: 'Expire ida-phone' }).press('Enter');
    expect(await page.getByLabel('Last day').inputValue()).toBe('2030-01-31');
    expect(await page.getByLabel('Until (UTC)').inputValue()).toBe('');
    await page.getByLabel('Until (UTC)').fill('16:30');
    await page.getByRole('button', { name: 'What would change?' }).press('Enter');
    await page.getByText('ida-phone: is cut off at 2030-01-31T16:30:00.000Z').waitFor();
    await page.getByRole('button', { name: 'Apply it' }).press('Enter');
    await row.getByTitle(/^2030.*:30/).waitFor();
    expect(await endOf()).toBe('2030-01-31T16:30:00.000Z');
    await page.getByRole('button', { name: 'Expire ida-phone' }).press('Enter');
    expect(await page.getByLabel('Until (UTC)').inputValue()).toBe('16:30');
    await page.getByLabel('Last day').fill('');
    expect(await page.getByLabel('Until (UTC)').isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'What would change?' }).press('Enter');
    await page.getByRole('button', { name: 'Apply it' }).press('Enter');
    await row.getByText(/2030/).waitFor({ state: 'detached' });
    expect(await endOf()).toBeUndefined();
    await page.getByRole('button', { name: 'Remove ida-phone' }).press('Enter');
    await page.getByText('loses its place in net and all access').waitFor();
    await page.getByText('ida-phone leaves the network').waitFor();
    await hinderNobody(page, 'the plan of a removal');
    await page.getByRole('button', { name: 'Remove it' }).press('Enter');
    await row.waitFor({ state: 'detached' });
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('take nobody out as it was not seen, nor before the second person where there are two', async () => {
    await using own = await TestServer.start({ dashboard });
    const { page, offences } = await membersOf(own);
    await page.getByRole('button', { name: 'Remove anna' }).press('Enter');
    await page.getByText('anna leaves the network').waitFor();
    await own.call('createToken', {}, { role: 'operator', name: 'ben' });
    await addToFile(own, 'approvals: 2\n');
    const go = page.getByRole('button', { name: 'Remove it' });
    await go.press('Enter');
    await page.getByRole('alert').getByText('what was planned is no longer').waitFor();
    await page.getByText('It waits until a second person approves it.').waitFor();
    await go.press('Enter');
    await page.getByText('waits until another person approves it').waitFor();
    await page.getByText('anna keeps its place and its access until then').waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'a removal that waits');
    await page.getByRole('link', { name: /^Revision \d+$/ }).press('Enter');
    await page.getByRole('button', { name: 'Reject it' }).waitFor();
    expect((await own.call('status', {})).held?.kind).toBe('remove');
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('give nobody another end as it was not seen, nor before the second person where there are two', async () => {
    await using own = await TestServer.start({ dashboard });
    const { page, offences } = await membersOf(own);
    await page.getByRole('button', { name: 'Expire anna' }).press('Enter');
    await page.getByLabel('Last day').fill('2030-01-31');
    const asking = page.getByRole('button', { name: 'What would change?' });
    await asking.press('Enter');
    const plan = page.getByText('anna: is cut off at 2030-02-01T00:00:00.000Z');
    await plan.waitFor();
    await own.call('createToken', {}, { role: 'operator', name: 'ben' });
    await addToFile(own, 'approvals: 2\n');
    const go = page.getByRole('button', { name: 'Apply it' });
    await go.press('Enter');
    await page.getByRole('alert').getByText('what was planned is no longer').waitFor();
    // What was typed is there, and what was planned is not.
    expect(await page.getByLabel('Last day').inputValue()).toBe('2030-01-31');
    expect([await go.count(), await plan.count()]).toEqual([0, 0]);
    const expires = async () =>
      (await own.call('status', {})).machines.find(({ name }) => name === 'anna')?.expires;
    expect(await expires()).toBeUndefined();
    await asking.press('Enter');
    await plan.waitFor();
    await page.getByText('It waits until a second person approves it.').waitFor();
    await go.press('Enter');
    await page.getByText('waits until another person approves it').waitFor();
    await page.getByText('anna ends as before until then').waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'an end that waits');
    expect(await expires()).toBeUndefined();
    await page.getByRole('link', { name: /^Revision \d+$/ }).press('Enter');
    await page.getByRole('button', { name: 'Reject it' }).waitFor();
    const { held } = await own.call('status', {});
    expect(held?.why).toBe('anna ends 2030-02-01T00:00:00.000Z');
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('keep the end that somebody was about to give a member when his session ends, until it is given', async () => {
    await using own = await TestServer.start({ dashboard });
    const { page, offences } = await membersOf(own);
    await page.getByRole('button', { name: 'Expire anna' }).press('Enter');
    const [day, time] = [page.getByLabel('Last day'), page.getByLabel('Until (UTC)')];
    await day.fill('2030-01-31');
    await time.fill('16:30');
    const asking = page.getByRole('button', { name: 'What would change?' });
    await page.context().clearCookies();
    await asking.press('Enter');
    await page.getByLabel('Token', { exact: true }).fill(own.admin);
    await page.getByRole('button', { name: 'Log in' }).click();
    await asking.waitFor();
    expect([await day.inputValue(), await time.inputValue()]).toEqual(['2030-01-31', '16:30']);
    await asking.press('Enter');
    await page.getByText('anna: is cut off at 2030-01-31T16:30:00.000Z').waitFor();
    await page.getByRole('button', { name: 'Apply it' }).press('Enter');
    await day.waitFor({ state: 'detached' });
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    // Neither is what was given up.
    await page.getByRole('button', { name: 'Expire anna' }).press('Enter');
    await day.fill('2031-01-31');
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('let one withdraw an invitation that fifty newer ones came after, and say how many are not listed', async () => {
    await using own = await TestServer.start({ dashboard });
    await own.call('createInvite', {}, { machine: 'first-phone' });
    const { page, offences } = await membersOf(own);
    const [first] = await own.call('listInvites', {});
    const over = Array.from({ length: 53 }, (_, id) => ({
      ...first,
      ...{ id: `over-${id}`, machine: `phone-${id}`, state: 'expired' },
    }));
    await page.route('**/invites', async (route) => {
      const json = [...over, ...(await own.call('listInvites', {}))];
      await route.fulfill({ json });
    });
    await page.reload();
    await page.getByText('and 3 more').waitFor();
    await page
      .getByRole('button', { name: 'Withdraw the invitation of first-phone' })
      .press('Enter');
    await page.getByText('and 4 more').waitFor();
    const [withdrawn] = await own.call('listInvites', {});
    expect(withdrawn).toMatchObject({ machine: 'first-phone', state: 'withdrawn' });
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('let people in who have a link and no token', async () => {
    const { link } = await server.call('createInvite', {}, { machine: 'guest' });
    const { page, offences } = await openPage(browser, url, { width: 390 });
    const sent: string[] = [];
    page.on('request', (request) => {
      sent.push(
        `${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`,
      );
    });
    const { hash } = new URL(link);
    const open = async (behind: string): Promise<void> => {
      await page.goto('about:blank');
      await page.goto(`/invite${behind}`);
      await page.evaluate(axe);
    };
    await open(hash.slice(0, -1));
    await page.getByText('It is not whole').waitFor();
    await hinderNobody(page, 'a link that is not whole');
    await open(hash);
    await page.getByRole('button', { name: 'Set up this device' }).press('Enter');
    for (const device of ['Windows', 'Phone', 'Linux desktop', 'Linux server']) {
      await page.getByLabel(device).check();
      await hinderNobody(page, device);
    }
    // What a camera reads is the file that the page gives, with the private key in it.
    await page.getByLabel('Phone').check();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: /^Download / }).press('Enter');
    const text = readFileSync(await (await downloading).path(), 'utf8');
    const [, key = ''] = /^PrivateKey = ([\w+/]{43}=)$/m.exec(text) ?? [];
    expect(sent.filter((one) => one.includes('"publicKey"'))).toHaveLength(1);
    // The private key stays in the browser, however it might be written.
    for (const form of ['base64', 'base64url', 'hex'] as const) {
      const written = Buffer.from(key, 'base64').toString(form).replace(/=$/, '');
      expect(written.length).toBeGreaterThanOrEqual(43);
      expect(sent.filter((one) => one.includes(written))).toEqual([]);
    }
    expect(await drawnIn(page, 'The tunnel as a QR code')).toEqual(codeOf(text));
    await open(hash);
    await page.getByText('This invitation was used already').waitFor();
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('say to whom comes too late, or a second time, whom to ask, and take no key of his', async () => {
    const invite = async (machine: string) => {
      const { link } = await server.call('createInvite', {}, { machine });
      return new URL(link).hash;
    };
    const [once, late] = [await invite('zoe-laptop'), await invite('zoe-phone')];
    // Browsers of people have clocks of their own: the server's decides.
    const { page, offences } = await openPage(browser, url, { width: 390 });
    await page.clock.install({ time: Date.now() + 30 * 86_400_000 });
    const open = async (hash: string): Promise<void> => {
      await page.goto('about:blank');
      await page.goto(`/invite${hash}`);
    };
    await open(once);
    const second = await openPage(browser, url);
    await second.page.goto(`/invite${once}`);
    const begin = (one: typeof page) => one.getByRole('button', { name: 'Set up this device' });
    await begin(second.page).waitFor();
    await begin(page).press('Enter');
    await page.getByText('zoe-laptop has its key').waitFor();
    await begin(second.page).press('Enter');
    for (const one of [second.page, page]) {
      if (one === page) await open(once);
      await one.getByText('This invitation was used already').waitFor();
      await one.getByText(/ask .*admin/i).waitFor();
    }
    later = 8 * 86_400_000;
    await open(late);
    await page.getByText(/^This invitation ended \d{4}-\d\d-\d\d /).waitFor();
    await page.getByText(/ask .*admin/i).waitFor();
    expect(await begin(page).count()).toBe(0);
    later = 0;
    const { machines } = await server.call('status', {});
    expect(machines.find(({ name }) => name === 'zoe-phone')?.hasKey).toBe(false);
    expect([...offences, ...second.offences]).toEqual([]);
    await second.page.context().close();
    await page.context().close();
  });
});
