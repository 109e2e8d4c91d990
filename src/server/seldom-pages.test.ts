import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { logIn } from '../../tests/web/browser.ts';
import { crowd, showCrowd, starCrowd } from '../../tests/web/crowd.ts';
import { axe, hinderNobody } from '../../tests/web/hurdles.ts';
import { addToFile, published } from './fixtures/testing-dashboard.ts';
import { hinderNobodyOn, unansweredYet } from './fixtures/testing-hurdles.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

/** Of 5,000 machines and 10,000 tunnels, with what only these pages say. */
const crowdPages = {
  '': /^of 5000$/,
  '/map': /site-39/,
  '/machines': /^machine-0$/,
  '/machines?by=site': /site-0/,
  '/tunnels': /^machine-0 – machine-1$/,
  '/tunnels?state=down': /^machine-0 – machine-1$/,
} as const;

const starPages = {
  '/map': /members of hub/,
  '/machines?only=members%3Ahub': /^Only members of/,
  '/members': /^machine-1$/,
};

/** Of more tunnels than are told one by one. */
const halfTold = (network: string) => {
  const { status, tunnels } = crowd(network);
  const counts = { up: 12_600, down: 180 };
  return { status, tunnels: { ...tunnels, counts, leftOut: { up: 2_700, down: 80 } } };
};

const halfToldPages = {
  '': /more, in the tables|too many/,
  '/map': /too many/,
  '/tunnels': /too many/,
};

suite('pages as one seldom sees them', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test.each([
    ['thousands of machines at many sites', crowd, crowdPages],
    ['hundreds of members at one hub', starCrowd, starPages],
    ['more tunnels than are told', halfTold, halfToldPages],
  ] as const)('hinder nobody where a network has %s', async (_, of, pages) => {
    const { page, offences } = await board.window();
    await showCrowd(page, 'net', of);
    await logIn(page, board.server.admin);
    await page.evaluate(axe);
    await hinderNobodyOn(page, 'net', pages);
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('hinder nobody who waits for them, and have their heading already', async () => {
    const { page, offences } = await board.visit({
      shows: (one) => one.getByRole('button', { name: 'Log out' }),
    });
    const headings = {
      ...{ '': 'Overview of net', '/tunnels': 'Tunnels', '/tunnels/anna/hub': 'anna – hub' },
      ...{ '/machines/anna': 'anna', '/history': 'History', '/policy': 'Policy' },
    };
    const held = ['status', 'access*', 'revisions*'].map((one) => `**/v1/networks/net/${one}`);
    for (const one of held) await page.route(one, unansweredYet);
    for (const [path, name] of Object.entries(headings)) {
      await page.goto(`/n/net${path}`);
      await page.getByText(/^Asking for/).waitFor();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await page.evaluate(axe);
      await hinderNobody(page, `${path} while one waits`);
    }
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('hinder nobody while one points at a site that stands for its machines', async () => {
    const { page } = await board.window();
    await showCrowd(page, 'net');
    await logIn(page, board.server.admin);
    await page.goto('/n/net/map');
    await page.getByRole('link', { name: /^site-7: / }).focus();
    await page
      .locator('.said')
      .getByText(/^site-7: /)
      .waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'what the map says of a site');
    await page.context().close();
  });

  test('hinder nobody on the page of a tunnel, whose charts are tables as well', async () => {
    const { page, offences } = await board.visit();
    await page.goto('/n/net/tunnels/anna/hub');
    for (const what of ['Round trip', 'Loss', 'Traffic']) {
      await page.getByRole('img', { name: new RegExp(`^${what}`) }).waitFor();
    }
    await page.evaluate(axe);
    await hinderNobody(page, 'the charts of a tunnel');
    await page.getByText('As a table').press('Enter');
    await page.getByRole('cell', { name: /ms$/ }).first().waitFor();
    await hinderNobody(page, 'the tables of a tunnel');
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('hinder nobody who is invited: before he comes, when he has, and too late', async () => {
    const { link } = await board.server.call('createInvite', {}, { machine: 'petra-laptop' });
    const { page, offences } = await board.window();
    const open = async (): Promise<void> => {
      await page.goto('about:blank');
      await page.goto(`/invite${new URL(link).hash}`);
      await page.evaluate(axe);
    };
    await open();
    const begin = page.getByRole('button', { name: 'Set up this device' });
    await begin.waitFor();
    await hinderNobody(page, 'an invitation');
    await begin.press('Enter');
    await page.getByText('No machine of the network has heard petra-laptop yet').waitFor();
    await hinderNobody(page, 'a device that is not in yet');
    const heard = { rx: 1, tx: 1, heard: 1, handshake: 1 };
    await expect
      .poll(async () => {
        board.agents.get('hub')?.say({ type: 'samples', peers: { 'petra-laptop': heard } });
        return page.getByText('petra-laptop is in').count();
      })
      .toBe(1);
    await hinderNobody(page, 'a device that is in');
    await open();
    await page.getByText('This invitation was used already').waitFor();
    await hinderNobody(page, 'an invitation that was used');
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('hinder nobody who sees the status page, well or not', async () => {
    const { page, offences } = await board.window({ width: 390 });
    const about = '**/v1/networks/net/public';
    for (const [how, json] of Object.entries({
      'not well': published,
      well: { ...published, tunnels: { up: 7 }, monitors: [] },
    })) {
      await page.route(about, (route) => route.fulfill({ json }));
      await page.goto('/status/net');
      await page.getByText('7 of 8 machines connected').waitFor();
      await page.evaluate(axe);
      await hinderNobody(page, `the status page of what is ${how}`);
      await page.unroute(about);
    }
    await page.route(about, (route) => route.fulfill({ status: 404, json: {} }));
    await page.goto('/status/net');
    await page.getByRole('alert').waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'a status page that nobody may see');
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('hinder nobody where a revision waits for a second person', async () => {
    await board.server.call('createToken', {}, { role: 'operator', name: 'ben' });
    await addToFile(board.server, 'approvals: 2\n');
    await addToFile(board.server, 'groups: { staff: [anna, zoe] }\n', 'a group for staff');
    const { page, offences } = await board.visit();
    const see = async (at: string, says: (page: Page) => Promise<unknown>): Promise<void> => {
      await page.goto(`/n/net${at}`);
      await says(page);
      await page.evaluate(axe);
      await hinderNobody(page, `${at} with a revision that waits`);
    };
    await see('', () => page.getByText(/waits for approval/).waitFor());
    await see('/history', () => page.getByText('held', { exact: true }).waitFor());
    await page
      .getByRole('link', { name: /^Revision / })
      .first()
      .press('Enter');
    const says = page.getByRole('button', { name: 'Let it go' });
    await says.waitFor();
    await hinderNobody(page, 'a revision that waits');
    // Who applied it is not the second.
    await says.press('Enter');
    await page.locator('.tools .pill.bad').waitFor();
    await hinderNobody(page, 'a revision that one may not let go oneself');
    expect(offences).toEqual([]);
    await page.context().close();
  });
});
