import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Machine, type Running, serve, settled, World } from '../server/world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { logIn, openBrowser, openPage, type Seen } from './browser.ts';

const isWell = async (page: Page): Promise<void> => page.getByText('All is well').first().waitFor();

suite('the dashboard of a network', { needs: ['root', 'netns', 'tun', 'chromium'] }, () => {
  let world: World;
  let hub: Machine;
  let alice: Machine;
  let program: Running | undefined;
  let folder: string;
  let browser: Browser;
  let seen: Seen;

  beforeAll(async () => {
    world = await World.open();
    [hub, alice] = [await world.machine('hub'), await world.machine('alice')];
    const serving = await serve(hub);
    ({ program } = serving);
    alice.must('join', serving.joinToken);
    await settled(hub, 'hub', 'alice');
    // The browser is on the hub too: it sees nothing but this network.
    folder = mkdtempSync(join(tmpdir(), 'hawser-browser-'));
    const start = join(folder, 'chromium');
    writeFileSync(start, `#!/bin/sh\nexec ${hub.box.enter.join(' ')} /usr/bin/chromium "$@"\n`);
    chmodSync(start, 0o755);
    browser = await openBrowser(start);
    seen = await openPage(browser, 'https://127.0.0.1:7443');
  });
  afterAll(async () => {
    await browser?.close();
    await program?.end('SIGKILL');
    await world?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  test('opens with the token that the first start shows, where that start says', async () => {
    expect(program?.output).toContain('The dashboard is at https://127.0.0.1:7443/');
    const [, token = ''] = /^ +(hawser-admin-[\w-]+)$/m.exec(program?.output ?? '') ?? [];
    await logIn(seen.page, token);
    expect(new URL(seen.page.url()).pathname).toBe('/n/home');
  });

  test('says that all is well, and how much that is', async () => {
    await isWell(seen.page);
    await seen.page.getByRole('link', { name: '2 of 2 machines connected' }).waitFor();
  });

  test('is served over one connection, however many pages of it are open', async () => {
    const over = await seen.page.evaluate(async () => {
      const streams = Array.from({ length: 10 }, () => new EventSource('/v1/networks/home/events'));
      await Promise.all(
        streams.map((stream) => new Promise((done) => stream.addEventListener('open', done))),
      );
      await fetch('/v1/networks/home/status');
      for (const stream of streams) stream.close();
      const asked = performance.getEntriesByType('resource') as { nextHopProtocol?: string }[];
      return asked.at(-1)?.nextHopProtocol;
    });
    expect(over).toBe('h2');
  });

  test('says within a second that a machine went, and that it returned', async () => {
    const { page } = seen;
    const away = page.locator('.findings').getByText('is away, seen');
    alice.must('agent', 'stop');
    await away.waitFor({ timeout: 1000 });
    await page.getByRole('link', { name: 'alice', exact: true }).click();
    await page.getByText(/^away, seen/).waitFor();
    alice.must('agent', 'start');
    await page.getByText(/^connected since/).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await isWell(page);
  });

  test('shows a cut cable in a sentence, on the map and as an event, and that it is mended', async () => {
    const { page } = seen;
    const [line, finding, event] = [
      page.getByRole('link', { name: /^(alice – hub|hub – alice) is (up|degraded):/ }),
      page.locator('.findings').getByText(/answers no probe/),
      page.locator('.events').getByText(/the tunnel between alice and hub is down/),
    ];
    world.cable(alice, 'down');
    await finding.first().waitFor();
    await event.first().waitFor();
    await page.getByRole('link', { name: 'Map' }).click();
    await page.getByRole('link', { name: /^(alice – hub|hub – alice) is down:/ }).waitFor();
    world.cable(alice, 'up');
    await line.waitFor();
    await page.getByRole('link', { name: 'Events' }).click();
    const mended = page.locator('.events li').first();
    await mended.getByText(/the tunnel between alice and hub is (up|degraded)/).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await isWell(page);
  });

  test('shows both ends of a tunnel, with what each has of it', async () => {
    const { page } = seen;
    await page.goto('/n/home/tunnels/hub/alice');
    await page.getByText(`${alice.address}:51820`).first().waitFor();
    await page.getByText(`${hub.address}:51820`).first().waitFor();
  });

  test('lets a partner in by a link: his browser makes the key, wg-quick takes the file, the page sees him come', async () => {
    const partner = await world.machine('partner');
    const link = hub.must('invite', 'partner-laptop', '--person', 'Petra', '--yes').trim();
    const { page, offences } = await openPage(browser, 'https://127.0.0.1:7443');
    // The link is for people who are elsewhere; this browser is on the hub.
    const { hash } = new URL(link);
    await page.goto(`/invite${hash}`);
    await page.getByRole('button', { name: 'Set up this device' }).click();
    await page.getByLabel('Linux server').check();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download hw-home.conf' }).click();
    const path = await (await downloading).path();
    await page.getByText('No machine of the network has heard partner-laptop yet').waitFor();
    partner.write('/run/hw-home.conf', readFileSync(path, 'utf8'));
    partner.do('wg-quick up /run/hw-home.conf');
    await until('the partner is in', () => partner.reaches('10.77.0.1'));
    await page.getByText('partner-laptop is in: hub shook hands with it').waitFor();
    expect(offences).toEqual([]);
    await page.reload();
    await page.getByText('This invitation was used already').waitFor();
    await page.context().close();
    await seen.page.goto('/n/home/tunnels/hub/partner-laptop');
    await seen.page
      .getByText(/hub heard partner-laptop/)
      .first()
      .waitFor();
  });

  test('shows everybody in the network how it is, without login and TLS, and names nobody', async () => {
    hub.must('pull', 'net.yaml', '--force');
    const text = hub.read('net.yaml');
    const look = 'monitors: { ssh: { type: tcp, host: hub, port: 22, from: hub } }';
    hub.write('net.yaml', `${text}\nstatus_page: { from: [overlay] }\n${look}\n`);
    hub.must('apply', 'net.yaml', '--yes');
    const { page, offences } = await openPage(browser, 'http://10.77.0.1:7480');
    await until('the page is there', async () =>
      page.goto('/').then(
        () => true,
        () => false,
      ),
    );
    await page.getByText('2 of 2 machines connected').waitFor();
    await page.getByText('ssh is').waitFor();
    expect(new URL(page.url()).pathname).toBe('/status/home');
    expect(offences).toEqual([]);
    await page.context().close();
    const own = 'http://10.77.0.1:7480/v1/networks/home/public';
    const said = alice.do(`curl -s ${own}`);
    const fields = ['network', 'at', 'machines', 'sites', 'tunnels', 'monitors'];
    const told = JSON.parse(said) as Record<string, unknown>;
    expect(Object.keys(told)).toEqual(fields);
    expect(told['machines']).toEqual({ connected: 2, total: 2 });
    expect(said).not.toMatch(/alice|partner|Petra|192\.0\.2|51820|[A-Za-z0-9+/]{43}=/);
    const outside = `https://${hub.address}:7443/v1/networks/home/public`;
    expect(alice.do(`curl -sk ${outside}`)).toContain('api/not-found');
  });

  test('asked nobody but its server, and did nothing that its policy refuses', () => {
    expect(seen.offences).toEqual([]);
  });
});
