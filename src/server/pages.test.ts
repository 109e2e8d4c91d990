import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PublicStatus, TunnelsStatus } from '#api';
import { bundle } from '../../tests/support/hawser.ts';
import { suite } from '../../tests/support/suite.ts';
import { logIn } from '../../tests/web/browser.ts';
import { axe, hinderNobody } from '../../tests/web/hurdles.ts';
import { published, script } from './fixtures/testing-dashboard.ts';
import {
  emptyFile,
  emptyPages,
  failing,
  heldUp,
  hinderNobodyOn,
  pages,
} from './fixtures/testing-hurdles.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

const dashboard = join(bundle, '../web');

/** What the map calls the states of tunnels, by how it draws them. */
const keysOfMap = {
  ...{ good: 'up', warn: 'stale or degraded', bad: 'misconfigured or down' },
  ...{ untold: 'unknown', idle: 'not up yet or invited' },
};

suite('the pages of the dashboard', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test('hinder nobody, break no rule and ask nobody else, in light and dark', async () => {
    const { page, offences } = await board.window();
    await page.goto('/');
    await page.getByLabel('Token', { exact: true }).waitFor();
    // As a debugger does, past the policy of the page.
    await page.evaluate(axe);
    await hinderNobody(page, 'login');
    await logIn(page, board.server.admin);
    await page.evaluate(axe);
    await hinderNobodyOn(page, 'net', pages);
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('say at once what goes wrong and what is well again, in sentences', async () => {
    const { page } = await board.visit();
    const wrong = page.locator('.findings');
    await wrong.getByText('is away, seen').waitFor();
    await wrong.getByText('bob – hub').waitFor();
    await wrong.getByText('bob has heard nothing of hub for').waitFor();
    const sample = { rx: 1, tx: 1, heard: 1, handshake: 1 };
    board.agents.get('bob')?.say({ type: 'samples', peers: { hub: sample } });
    board.agents.get('hub')?.say({ type: 'samples', peers: { bob: sample } });
    await wrong.getByText('bob – hub').waitFor({ state: 'detached', timeout: 2000 });
    await page.context().close();
  });

  test('go live again by themselves after their stream of events was refused, again and again', async () => {
    const { page } = await board.window();
    const stream = '**/v1/networks/net/events';
    let refused = 0;
    await page.route(stream, (route) => {
      refused += 1;
      return route.fulfill({ status: 503, json: {} });
    });
    await logIn(page, board.server.admin);
    const lost = page.getByText('reconnecting', { exact: true });
    await lost.waitFor();
    await expect.poll(() => refused, { timeout: 20_000 }).toBeGreaterThan(2);
    await lost.waitFor();
    await page.unroute(stream);
    await lost.waitFor({ state: 'detached', timeout: 20_000 });
    // It hears again what happens; nothing is asked for by age so soon.
    const db = (why: string): void =>
      board.agents
        .get('hub')
        ?.say({ type: 'monitors', results: { db: { state: 'down', why, lasts: 340 } } });
    const findings = page.locator('.findings');
    db('it is another since the stream is back');
    await findings.getByText('it is another since').waitFor({ timeout: 5000 });
    db('nobody listens at 10.77.0.1:5432');
    await findings.getByText('it is another since').waitFor({ state: 'detached' });
    await page.context().close();
  });

  test('tell apart what nobody tells of, what is not there yet and what needs a look', async () => {
    const { page } = await board.window();
    await page.route('**/v1/networks/net/tunnels', async (route) => {
      const answer = await route.fetch();
      const json = (await answer.json()) as TunnelsStatus;
      const untold = json.tunnels.find(({ ends }) => ends[0].machine === 'anna');
      if (untold) untold.state = 'unknown';
      await route.fulfill({ json });
    });
    await logIn(page, board.server.admin);
    const under = (title: string) =>
      page.locator('section', { has: page.getByRole('heading', { name: title }) });
    await under('Nobody tells').getByText('anna – hub').waitFor();
    await page.goto('/n/net/map');
    const legend = page.getByRole('list', { name: 'What the map shows' });
    for (const [mood, name] of Object.entries(keysOfMap)) {
      const key = legend.locator('li', { has: page.locator(`.tunnel.${mood}`) });
      await key.getByText(name, { exact: true }).waitFor();
    }
    await page.locator('.tunnel.untold').first().waitFor();
    const calm: PublicStatus = {
      ...{ ...published, tunnels: { up: 6, stale: 1 }, machines: { connected: 8, total: 8 } },
      monitors: [{ name: 'mupif', type: 'pyro', state: 'busy' }],
    };
    await page.route('**/v1/networks/net/public', (route) => route.fulfill({ json: calm }));
    await page.goto('/status/net');
    await page.locator('.pill.warn').getByText('Something needs a look').waitFor();
    await page.context().close();
  });

  test('show what a machine says as text, whatever it is', async () => {
    const failure = { code: 'host/strange', severity: 'error', message: script, fix: script };
    board.agents.get('giessen')?.report('failed', undefined, [failure]);
    const { page, offences } = await board.visit();
    await page.locator('.findings').getByText(script).first().waitFor();
    await page.goto('/n/net/machines/giessen');
    await page.getByText(script).first().waitFor();
    expect(await page.title()).toBe('Hawser');
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('show a platform as it is: who is busy, who is gone, and logs in their place', async () => {
    const { page, offences } = await board.visit();
    await page
      .locator('.findings')
      .getByRole('link', { name: 'mupif', exact: true })
      .press('Enter');
    const item = (name: string) => page.locator('.items > li').filter({ hasText: name });
    await item('thermal').getByText('2 of 4 running').waitFor();
    await item('cfd-giessen').getByText('busy', { exact: true }).waitFor();
    await item('old-solver').getByText('down, still registered').waitFor();
    await item('1@thermal').locator('summary').first().press('Enter');
    await page.getByText('time step 119').waitFor();
    await page.getByText('1198', { exact: true }).waitFor();
    await page.getByRole('img', { name: 'processed in the last 48 hours' }).waitFor();
    expect(await page.locator('.hours svg').first().locator('g').count()).toBe(48);
    expect(await page.title()).toBe('Hawser');
    const thermal = {
      name: 'thermal',
      uri: 'PYRO:a@10.77.0.2:10010',
      state: 'up',
      jobs: [],
    } as const;
    const leftOut = { objects: 12, jobManagers: 3 };
    const much = { objects: [], jobManagers: [thermal], schedulers: [], leftOut };
    board.agents.get('hub')?.say({
      ...{ type: 'monitors', results: { mupif: { state: 'up', lasts: 0, platform: much } } },
    });
    await page.getByText('and 12 more, not listed').waitFor();
    await page.getByText('and 3 more, not asked').waitFor();
    const why = 'the name server cannot be reached';
    board.agents.get('hub')?.say({
      ...{ type: 'monitors', results: { mupif: { state: 'down', why, lasts: 0 } } },
    });
    await page.getByText(why).waitFor({ timeout: 2000 });
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('tell what happened as it happens, to a browser of yesterday as well', async () => {
    const { page, offences } = await board.window();
    await page.clock.install({ time: Date.now() - 86_400_000 });
    await logIn(page, board.server.admin);
    await page.getByRole('link', { name: 'events of zoe' }).press('Enter');
    const told = page.locator('.events li');
    await told.getByText('zoe joined').waitFor();
    expect(await told.getByText('anna').count()).toBe(0);
    expect(await told.locator('time').first().textContent()).toMatch(/^\d+ (s|min) ago$/);
    await page.getByLabel('Machine', { exact: true }).fill('');
    await page.getByLabel('Words in the sentence').fill('web');
    await page.getByLabel('Kind').selectOption('down');
    await page.getByText('None fits.').waitFor();
    const why = 'it answers 500 instead of 200';
    board.agents.get('hub')?.say({
      ...{ type: 'monitors', results: { web: { state: 'down', why, lasts: 0 } } },
    });
    await told.getByText(`the service web is down: ${why}`).waitFor();
    await page.goto('/n/net/tunnels/anna/hub');
    await page.getByRole('img', { name: /^Round trip: 11 ms to 4\d ms, at last/ }).waitFor();
    await page.getByRole('img', { name: /^Loss: .+ to 15 %, at last/ }).waitFor();
    const traffic = /^Traffic, anna to hub: [\d.]+ \w+\/s to .+; hub to anna: [\d.]+ \w+\/s to /;
    await page.getByRole('img', { name: traffic }).waitFor();
    await page.getByLabel('How far back').selectOption('hour');
    await page.getByText('As a table').press('Enter');
    await page.getByRole('cell', { name: '15 %' }).first().waitFor();
    await page.getByText(/so since \d+ (s|min) ago/).waitFor();
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('tell what a revision changed, and go back to one whose effect was seen', async () => {
    const { page, offences } = await board.visit();
    await page.getByRole('link', { name: 'History' }).press('Enter');
    await page.getByRole('link', { name: 'Revision 9', exact: true }).press('Enter');
    await page.locator('.diff .new').getByText('+ policy:').waitFor();
    await page.goto('/n/net/history/8');
    await page.getByRole('button', { name: 'What would going back' }).press('Enter');
    await page.getByText('Newly allowed').waitFor();
    const why = page.getByLabel('Why', { exact: true });
    const back = page.getByRole('button', { name: 'Go back to revision 8' });
    await why.fill('it was too strict');
    // The session ends, and the plan is there again after the next login, with the reason.
    await page.context().clearCookies();
    await back.press('Enter');
    await page.getByLabel('Token', { exact: true }).fill(board.server.admin);
    await page.getByRole('button', { name: 'Log in' }).click();
    await back.waitFor();
    expect(await why.inputValue()).toBe('it was too strict');
    expect((await board.server.call('pull', {})).revision).toMatchObject({ number: 9 });
    await back.press('Enter');
    await page.getByText('it was too strict').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('mark a mistake in the file, keep what is typed when a session ends, and join what two changed', async () => {
    const { page, offences } = await board.visit();
    await page.getByRole('link', { name: 'File' }).press('Enter');
    const text = page.getByRole('textbox', { name: /net.yaml/ });
    await text.press('Control+End');
    await page.keyboard.type('groups: { staff: [anna, nobody] }');
    const mistake = page.getByRole('button', { name: /net.yaml, line/ });
    await mistake.waitFor();
    await page.locator('.cm-lint-marker-error').waitFor();
    await mistake.press('Enter');
    await text.and(page.locator(':focus')).waitFor();
    const typed = 'groups: { staff: [anna, zoe] }';
    await page.keyboard.press('End');
    for (const _ of ', nobody] }') await page.keyboard.press('Backspace');
    await page.keyboard.type(', zoe] }');
    const ready = page.getByRole('button', { name: 'Apply' }).and(page.locator(':enabled'));
    await ready.waitFor();
    const why = page.getByLabel('Why', { exact: true });
    await why.fill('a group for staff');
    // The session ends, and somebody else is faster.
    await page.context().clearCookies();
    await ready.press('Enter');
    const { revision: base, entry, files } = await board.server.call('pull', {});
    const theirs = { ...files, [entry]: `# of another\n${files[entry] ?? ''}` };
    await board.server.call('apply', {}, { entry, files: theirs, base, why: 'faster' });
    await page.getByLabel('Token', { exact: true }).fill(board.server.admin);
    await page.getByRole('button', { name: 'Log in' }).click();
    await text.getByText(typed).waitFor();
    await page.getByText('apply by admin: faster').waitFor();
    await page.getByRole('button', { name: 'Put mine into it' }).press('Enter');
    await text.getByText('# of another').waitFor();
    expect(await why.inputValue()).toBe('a group for staff');
    await ready.press('Enter');
    await page.getByText('apply by admin').waitFor();
    await page.locator('.diff .new').getByText(`+ ${typed}`).waitFor();
    expect((await board.server.call('pull', {})).files[entry]).toContain('# of another');
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await page.getByRole('link', { name: 'File' }).press('Enter');
    await page.getByText(/^As it is stored/).waitFor();
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('edit a file and what it includes as one, and mark a mistake in the file that has it', async () => {
    const { revision: base, entry, files } = await board.server.call('pull', {});
    const own = 'parts/people.yaml';
    const split = {
      ...files,
      [entry]: `include: parts/*.yaml\n${files[entry] ?? ''}`,
      [own]: 'members:\n  rob: { hub: hub }\n',
    };
    await board.server.call('apply', {}, { entry, files: split, base });
    const { page, offences } = await board.visit();
    await page.getByRole('link', { name: 'File' }).press('Enter');
    const [main, part] = [entry, own].map((name) => page.getByRole('button', { name }).first());
    await part?.press('Enter');
    await page.getByRole('textbox', { name: own }).press('Control+End');
    await page.keyboard.type('  mistake: { hub: nobody }');
    await page.getByRole('button', { name: `${own} changed 1 mistake` }).waitFor();
    await main?.press('Enter');
    await page.getByRole('textbox', { name: entry }).press('Control+Home');
    await page.keyboard.type('# both\n');
    await page.getByRole('button', { name: `${entry} changed` }).waitFor();
    // What was typed in both outlives the page.
    await page.reload();
    await page.getByRole('textbox', { name: entry }).getByText('# both').waitFor();
    await page.getByRole('button', { name: `${own}, line 3` }).press('Enter');
    const text = page.getByRole('textbox', { name: own }).and(page.locator(':focus'));
    await text.getByText('mistake').waitFor();
    await page.locator('.cm-lint-marker-error').waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'a file that includes another');
    await text.press('End');
    for (const _ of 'nobody }') await page.keyboard.press('Backspace');
    await page.keyboard.type('hub }');
    await page.getByRole('button', { name: 'Apply' }).and(page.locator(':enabled')).press('Enter');
    await page.locator('.diff .new').getByText('mistake: { hub: hub }').waitFor();
    const now = (await board.server.call('pull', {})).files;
    expect(now[entry]).toMatch(/^# both\n/);
    expect(now[own]).toContain('mistake: { hub: hub }');
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('let nobody in who has no token, and nobody any more who logged out', async () => {
    const { page } = await board.window();
    await page.goto('/n/net/machines');
    const field = page.getByLabel('Token', { exact: true });
    await field.fill(`${board.server.admin.slice(0, -8)}AAAAAAAA`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('.mantine-PasswordInput-error').waitFor();
    await field.fill(board.server.admin);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('link', { name: 'Members' }).press('Enter');
    await page.getByRole('button', { name: 'Invite' }).press('Enter');
    await page.getByLabel('Whose').fill('Ida');
    const kept = async () => JSON.stringify(await page.evaluate('Object.entries(sessionStorage)'));
    expect(await kept()).toContain('Ida');
    expect(await kept()).not.toContain(board.server.admin);
    await page.getByRole('button', { name: 'Log out' }).click();
    await field.waitFor();
    expect(await kept()).toBe('[]');
    await page.context().close();
  });

  test('hinder nobody either where a server has several networks, one of them empty', async () => {
    await board.server.call('createNetwork', { network: 'empty' }, emptyFile);
    const { page, offences } = await board.visit({
      shows: (page) => page.getByRole('link', { name: 'empty' }),
    });
    await page.getByRole('button', { name: 'Log out' }).waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'the networks');
    await hinderNobodyOn(page, 'empty', emptyPages);
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('hinder nobody either while the server fails, is away, or waits for a second person', async () => {
    const { page, offences } = await board.visit({
      shows: (page) => page.getByRole('button', { name: 'Log out' }),
    });
    const stream = '**/v1/networks/net/events';
    await page.route('**/v1/networks/net/status', heldUp);
    await page.route(stream, failing);
    await page.goto('/n/net');
    await page.evaluate(axe);
    await page.getByText('reconnecting').waitFor();
    await page.getByText('by ben waits for approval: a policy for the printers').waitFor();
    await hinderNobody(page, 'an approval that waits, while the server is away');
    const failures = {
      policy: '**/v1/networks/net/access*',
      platform: '**/v1/networks/net/monitors*',
      history: '**/v1/networks/net/revisions*',
      file: '**/v1/networks/net/file*',
    };
    for (const [path, asked] of Object.entries(failures)) {
      await page.route(asked, failing);
      await page.goto(`/n/net/${path}`);
      await page.evaluate(axe);
      await page.getByRole('alert').getByText('the server failed at this request').waitFor();
      await page.getByRole('heading', { level: 1, name: path }).waitFor();
      await hinderNobody(page, `${path}, which failed`);
      await page.unroute(asked);
      await page.getByRole('button', { name: 'Try again' }).press('Enter');
      await page.getByRole('alert').waitFor({ state: 'detached' });
    }
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('are there at once: all of the first load has at most 200 kB', () => {
    const names = new Set(['index.html']);
    for (const name of names) {
      const text = readFileSync(join(dashboard, name), 'utf8');
      // What is imported at once; what a page loads when it is looked at stands in `import(...)`.
      const found = text.matchAll(/\/assets\/([\w.-]+)"|(?:from|import)"\.\/([\w-]+\.js)"/g);
      for (const [, asset, part] of found) names.add(asset ?? part ?? '');
    }
    expect([...names].filter((name) => name.endsWith('.css'))).toHaveLength(1);
    const sizes = [...names].map((name) => gzipSync(readFileSync(join(dashboard, name))).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(200_000);
  });
});
