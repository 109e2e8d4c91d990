import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyPlace, type ResponseOf } from '#api';
import { generateKeyPair } from '#wireguard';
import {
  type Machine,
  overlayOf,
  type Running,
  serve,
  settled,
  statusAt,
  World,
} from '../server/world.ts';
import { outcomeOf } from '../support/hawser.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { logIn, openBrowser, openPage, type Seen } from './browser.ts';
import { axe, hinderNobody } from './hurdles.ts';

/** A machine at the site. */
const behind = '192.168.77.11';

const isWell = async (page: Page): Promise<void> => page.getByText('All is well').first().waitFor();

suite('the dashboard of a network', { needs: ['root', 'netns', 'tun', 'chromium'] }, () => {
  let world: World;
  let hub: Machine;
  let alice: Machine;
  let partner: Machine;
  let program: Running | undefined;
  let folder: string;
  let browser: Browser;
  let seen: Seen;

  beforeAll(async () => {
    world = await World.open();
    [hub, alice] = [await world.machine('hub'), await world.machine('alice')];
    const serving = await serve(hub);
    ({ program } = serving);
    // She is the gateway of a site, with a machine behind her that has no WireGuard.
    hub.must('pull', 'net.yaml', '--force');
    const gateways = `{ alice: { endpoint: "${alice.address}:51820", address: 192.168.77.4 } }`;
    const site = `{ subnets: [192.168.77.0/24], gateways: ${gateways} }`;
    const sites = hub.read('net.yaml').replace(/^sites:\n/m, `sites:\n  giessen: ${site}\n`);
    hub.write('net.yaml', sites);
    hub.must('apply', 'net.yaml', '--yes');
    alice.do('ip link add lan type veth peer name station');
    for (const end of ['lan', 'station']) alice.do(`ip link set ${end} up`);
    alice.do('ip address add 192.168.77.4/24 dev lan');
    alice.do(`ip address add ${behind}/32 dev station`);
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

  test('shows a site that is cut off in a sentence, on the map and as an event, and that it returned', async () => {
    const { page } = seen;
    const findings = page.locator('.findings');
    expect(hub.reaches(behind)).toBe(true);
    world.cable(alice, 'down');
    await findings
      .getByText(/^giessen is cut off: its tunnel is down: .*answers no probe/)
      .waitFor();
    await page
      .locator('.events')
      .getByText(/the tunnel between alice and hub is down/)
      .first()
      .waitFor();
    expect(hub.reaches(behind)).toBe(false);
    await page.getByRole('link', { name: 'Map' }).click();
    const line = /^(alice – hub|hub – alice) is down:/;
    await page.getByRole('link', { name: line }).hover();
    await page.locator('.said').getByText(line).waitFor();
    world.cable(alice, 'up');
    await page
      .getByRole('link', { name: /^(alice – hub|hub – alice) is (up|degraded):/ })
      .waitFor();
    expect(hub.reaches(behind)).toBe(true);
    await page.getByRole('link', { name: 'Events' }).click();
    // The newest, which stands first: that it came up at all is told as well.
    const newest = page
      .locator('.events li')
      .filter({ hasText: 'the tunnel between alice and hub is' })
      .first();
    await newest.getByText(/is (up|degraded)/).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await isWell(page);
  });

  test('shows a way on which large packets vanish, and why asks tell, until it is mended', async () => {
    const { page } = seen;
    const hole = /an MTU hole: of packets of \d+ bytes from (alice|hub) none comes back/;
    const findings = page.locator('.findings');
    await page.goto('/n/home');
    await isWell(page);
    world.narrow(alice, 1400);
    await findings.getByText(hole).waitFor({ timeout: 90_000 });
    await findings.getByText(/is degraded/).waitFor();
    const why = hub.hawser('why', 'hub', 'alice');
    expect(why.out).toMatch(/^poor/);
    expect(why.out).toMatch(hole);
    // It is a hole, and nothing else: what is small passes.
    expect(hub.reaches(behind)).toBe(true);
    world.narrow(alice, 1500);
    await findings.getByText(hole).waitFor({ state: 'detached', timeout: 90_000 });
    await isWell(page);
    expect(hub.hawser('why', 'hub', 'alice').out).toMatch(/^passes/);
  });

  test('shows both ends of a tunnel, with what each has of it', async () => {
    const { page } = seen;
    await page.goto('/n/home/tunnels/hub/alice');
    await page.getByText(`${alice.address}:51820`).first().waitFor();
    await page.getByText(`${hub.address}:51820`).first().waitFor();
  });

  test('marks a mistake in the file and leaves all as it is; closes a port by a change, and opens it by going back', async () => {
    const { page } = seen;
    const { revision } = statusAt(hub);
    const serving = "require('node:http').createServer((_, answer) => answer.end()).listen(8080)";
    const web = alice.run(process.execPath, '-e', serving);
    const url = `http://${overlayOf(statusAt(hub), 'alice')}:8080/`;
    // 0: it answers. A refusal of the policy's drops, or rejects at once.
    const curl = () =>
      outcomeOf([...hub.box.enter, 'curl', '-sf', '-o', '/dev/null', '--max-time', '2', url]).code;
    const opens = async (what: string) => until(what, () => curl() === 0);
    await opens('alice answers at her port');

    const lines = hub.must('pull').trimEnd().split('\n').length;
    await page.getByRole('link', { name: 'File' }).click();
    const text = page.getByRole('textbox', { name: /net.yaml/ });
    await text.press('Control+End');
    await page.keyboard.type('policy: [{ from: all, to: nobody, ports: [icmp] }]');
    await page.keyboard.press('Escape');
    await page.getByText('there is no machine, host or group nobody').waitFor();
    await page.getByRole('button', { name: `net.yaml, line ${lines + 1}` }).waitFor();
    await page.locator('.cm-lint-marker-error').waitFor();
    const apply = page.getByRole('button', { name: 'Apply' });
    expect(await apply.count()).toBe(0);
    expect(statusAt(hub).revision).toEqual(revision);
    expect(curl()).toBe(0);

    await text.press('Control+End');
    await page.keyboard.press('Shift+Home');
    // Chromium gives what is typed over something chosen a style of its own, which the page's policy refuses.
    await page.keyboard.press('Backspace');
    await page.keyboard.type('policy: [{ from: all, to: all, ports: [icmp] }]');
    await page.keyboard.press('Escape');
    await page.getByText('Newly denied').waitFor();
    expect(curl()).toBe(0);
    await apply.and(page.locator(':enabled')).click();
    await page.getByRole('heading', { name: `Revision ${revision.number + 1}` }).waitFor();
    await until('her port is closed', () => curl() !== 0);
    await settled(hub, 'hub', 'alice');
    expect(curl()).not.toBe(0);
    expect(hub.reaches(behind)).toBe(true);

    await page.goto(`/n/home/history/${revision.number}`);
    await page.getByRole('button', { name: 'What would going back' }).click();
    await page.getByRole('button', { name: `Go back to revision ${revision.number}` }).click();
    await opens('her port is open again');
    await page
      .getByText(/^Revision \d+ rollback by/)
      .first()
      .waitFor();
    await web.end('SIGKILL');
  });

  test('lets a partner in by a link: his browser makes the key, wg-quick takes the file, the page sees him come', async () => {
    partner = await world.machine('partner');
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

  test('lets her in with a second device, which goes on when the first is lost', async () => {
    const phone = await world.machine('phone');
    const link = hub.must('invite', 'partner-phone', '--person', 'Petra', '--yes').trim();
    const key = generateKeyPair();
    const secret = link.split('#home.')[1] ?? '';
    const body = JSON.stringify({ publicKey: key.publicKey });
    const argv = ['curl', '-skf', '-H', `authorization: Bearer ${secret}`, '--json', body];
    const answer = hub.box.run([...argv, 'https://127.0.0.1:7443/v1/networks/home/invitation']);
    const { files } = JSON.parse(answer) as ResponseOf<'acceptInvitation'>;
    phone.write('/run/hw-home.conf', files.wgQuick.text.replace(keyPlace, key.privateKey.reveal()));
    phone.do('wg-quick up /run/hw-home.conf');
    await until('her phone is in', () => phone.reaches('10.77.0.1'));
    expect(partner.reaches('10.77.0.1')).toBe(true);
    const hers = statusAt(hub).machines.filter(({ person }) => person === 'Petra');
    expect(hers.map(({ name }) => name)).toEqual(['partner-laptop', 'partner-phone']);
    hub.must('revoke', 'partner-laptop', '-m', 'lost');
    await until('her laptop is out', () => !partner.reaches('10.77.0.1'));
    expect(phone.reaches('10.77.0.1')).toBe(true);
    const { page } = seen;
    await page.goto('/n/home/events?kind=left');
    await page.getByText('partner-laptop is cut off: admin did that').waitFor();
    hub.must('revoke', 'partner-laptop', '--undo');
    await until('her laptop is back', () => partner.reaches('10.77.0.1'));
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
    await page.evaluate(axe);
    await hinderNobody(page, 'the status page');
    expect(offences).toEqual([]);
    await page.context().close();
    const own = 'http://10.77.0.1:7480/v1/networks/home/public';
    const said = alice.do(`curl -s ${own}`);
    const fields = ['network', 'at', 'machines', 'sites', 'tunnels', 'monitors'];
    const told = JSON.parse(said) as Record<string, unknown>;
    expect(Object.keys(told)).toEqual(fields);
    expect(told['machines']).toEqual({ connected: 2, total: 2 });
    expect(said).not.toMatch(/alice|partner|Petra|192\.0\.2|51820|[A-Za-z0-9+/]{43}=/);
    // From outside: over TLS as if there were none; without it nobody listens at the underlay address, and who sends packets
    // for the overlay address past the tunnels is answered as if there were none as well.
    const outside = `https://${hub.address}:7443/v1/networks/home/public`;
    expect(alice.do(`curl -sk ${outside}`)).toContain('api/not-found');
    const stranger = await world.machine('stranger');
    const fetched = (url: string) =>
      outcomeOf([...stranger.box.enter, 'curl', '-s', '--max-time', '5', url]);
    // curl: 7 is that nobody listens there.
    expect(fetched(`http://${hub.address}:7480/`).code).toBe(7);
    stranger.do(`ip route add 10.77.0.1/32 via ${hub.address}`);
    expect(fetched(own).out).toContain('api/not-found');
    expect(alice.do(`curl -s ${own}`)).toContain('"tunnels"');
  });

  test('asked nobody but its server, and did nothing that its policy refuses', () => {
    expect(seen.offences).toEqual([]);
  });
});
