import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TunnelsStatus } from '#api';
import { bundle } from '../../tests/support/hawser.ts';
import { suite } from '../../tests/support/suite.ts';
import { logIn, openBrowser, openPage } from '../../tests/web/browser.ts';
import { axe, hinderNobody } from '../../tests/web/hurdles.ts';
import { Channel, Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';
import { gatewayOf, mesh, tunnelsOfMesh } from './fixtures/testing-mesh.ts';

/** Two of whose tunnel an answer with all of them has no room for. */
const last = [gatewayOf(141), gatewayOf(142)] as const;
const between = last.join(' – ');

suite('of more tunnels than a list has room for', { needs: ['chromium'] }, () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await TestServer.start({ dashboard: join(bundle, '../web') });
    await mesh(server);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  /** What this checkout's program prints about the mesh. */
  async function hawser(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, HAWSER_TOKEN: server.admin };
    const argv = [bundle, ...args, '--network', 'mesh'];
    const { stdout } = await promisify(execFile)(process.execPath, argv, {
      ...{ env, maxBuffer: 64e6 },
    });
    return stdout;
  }

  /** A page of the mesh, and which of its tunnels it asks for, as queries. */
  async function visit(path: string) {
    const { page, offences } = await openPage(browser, `https://127.0.0.1:${server.port}`);
    await logIn(page, server.admin, page.getByRole('heading', { name: 'Networks' }));
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      // The page with all networks asks for its own.
      const isOwn = page.url().includes('/n/mesh');
      if (isOwn && pathname === '/v1/networks/mesh/tunnels') asked.push(search);
    });
    await page.goto(`/n/mesh${path}`);
    return { page, offences, asked };
  }

  /** The agent of a machine of the mesh. */
  async function joined(name: string): Promise<Channel> {
    const machine = new Machine(name);
    const token = { role: 'join', name, network: 'mesh', admits: true } as const;
    const made = await server.call('createToken', {}, token);
    await server.call('join', { network: 'mesh' }, machine.joinRequest('mesh'), made.token);
    const agent = await Channel.of(machine, { port: server.port, network: 'mesh' });
    await agent.next('state');
    return agent;
  }

  test('the command line says how many it does not list, and lists each by its machines', async () => {
    const lines = (await hawser('tunnels')).trim().split('\n');
    expect(lines[0]).toBe(`mesh: ${tunnelsOfMesh} tunnels: ${tunnelsOfMesh} never`);
    expect(lines.at(-1)).toMatch(/^not listed, as there are too many: 11 never; `hawser tunnels M/);
    expect(lines.filter((line) => line.startsWith('never '))).toHaveLength(10_000);
    const own = await hawser('tunnels', last[1]);
    expect(own.match(/^never /gm)).toHaveLength(141);
    expect(own).not.toContain('not listed');
    const one = JSON.parse(await hawser('tunnels', ...last, '--json')) as TunnelsStatus;
    expect(one.tunnels.map(({ ends }) => ends.map(({ machine }) => machine))).toEqual([last]);
    const all = JSON.parse(await hawser('tunnels', '--json')) as TunnelsStatus;
    expect([all.counts, all.leftOut]).toEqual([{ never: tunnelsOfMesh }, { never: 11 }]);
  });
  test('each has its page, which asks for it alone, and so has a machine with all of its own', async () => {
    const { page, offences, asked } = await visit(`/tunnels/${last.join('/')}`);
    await page.getByRole('heading', { name: between }).waitFor();
    await page.locator('.lead').getByText('never', { exact: true }).waitFor();
    expect(new Set(asked)).toEqual(new Set([`?machine=${last[0]}&other=${last[1]}`]));
    await page.goto(`/n/mesh/machines/${last[1]}`);
    await page.locator('.tools [role=status]').getByText('141', { exact: true }).waitFor();
    expect(asked.at(-1)).toBe(`?machine=${last[1]}`);
    await page.getByLabel(`Filter tunnels of ${last[1]}`).fill(last[0]);
    await page.getByRole('link', { name: between }).press('Enter');
    await page.getByRole('heading', { name: between }).waitFor();
    await page.goto(`/n/mesh/tunnels/${last[0]}/nobody`);
    await page.getByText(`There is no tunnel between ${last[0]} and nobody.`).waitFor();
    expect(asked).not.toContain('');
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('the table, the map and the Overview say how many they do not show, and lead to these', async () => {
    const { page, offences } = await visit('/tunnels');
    const left = (are: string) =>
      page.getByText(`11 tunnels are ${are}, as there are too many (11 never)`);
    await left('not listed').waitFor();
    await page.getByLabel('Filter tunnels').fill(last.join(' '));
    await page.getByText('None of those that are listed fits.').waitFor();
    await page.evaluate(axe);
    await hinderNobody(page, 'tunnels some of which are left out');
    await page.getByRole('link', { name: `between ${last.join(' and ')}` }).press('Enter');
    await page.getByRole('heading', { name: between }).waitFor();
    await page.goto('/n/mesh/tunnels?only=site:site-141&only=site:site-142');
    await page.getByText('None of those that are listed fits.').waitFor();
    await page.goto('/n/mesh/tunnels?state=down');
    await page.getByText('There are none.').waitFor();
    expect(await left('not listed').count()).toBe(0);
    await page.goto('/n/mesh');
    await page
      .locator('section', { hasText: 'Not there yet', has: left('neither told of nor listed') })
      .waitFor();
    await page.goto('/n/mesh/map');
    await left('not drawn').waitFor();
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('the page of one that is left out changes when its machines tell of it', async () => {
    const { page, asked } = await visit('/tunnels');
    await page.getByLabel('Filter tunnels').fill(last.join(' '));
    await page.getByRole('link', { name: `between ${last.join(' and ')}` }).press('Enter');
    const lead = page.locator('.lead .pill');
    await lead.getByText('never', { exact: true }).waitFor();
    const before = asked.length;
    const agents = [await joined(last[0]), await joined(last[1])];
    const sample = { rx: 1, tx: 1, heard: 1, handshake: 1 };
    for (const [index, agent] of agents.entries()) {
      agent.say({ type: 'samples', peers: { [last[1 - index] ?? '']: sample } });
    }
    // Sooner than it would be asked for by age.
    await lead.getByText('up', { exact: true }).waitFor({ timeout: 10_000 });
    expect(new Set(asked.slice(before))).toEqual(new Set([`?machine=${last[0]}&other=${last[1]}`]));
    // The first of its state is on the list.
    await page.getByRole('link', { name: 'Tunnels', exact: true }).press('Enter');
    await page.getByLabel('State', { exact: true }).selectOption('up');
    await page.locator('.body').getByRole('link', { name: between }).waitFor();
    for (const agent of agents) agent.close();
    await page.context().close();
  });

  test('what is wrong with some that are left out is said, and that there is more of it', async () => {
    const { page } = await visit('');
    await page.route('**/v1/networks/mesh/tunnels', async (route) => {
      const json = (await (await route.fetch()).json()) as TunnelsStatus;
      const [one, other] = json.tunnels;
      for (const tunnel of [one, other]) if (tunnel) tunnel.state = 'down';
      await route.fulfill({
        json: { ...json, counts: { ...json.counts, down: 5 }, leftOut: { down: 3 } },
      });
    });
    await page.goto('/n/mesh');
    const wrong = page.locator('section', { hasText: 'Wrong now' });
    await wrong.getByText('3 tunnels are neither told of nor listed').waitFor();
    await page.goto('/');
    await page.getByRole('link', { name: /^at least \d+ more$/ }).waitFor();
    await page.context().close();
  });
});
