import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BegunSilence, Delivery } from '#api';
import { type Channel, Machine } from '../fixtures/machine.ts';
import { TestServer } from '../fixtures/server.ts';

let server: TestServer;
let agents: ReadonlyMap<string, Channel>;
let hook: Server;
let url: string;
let ahead = 0;
const taken: Delivery[] = [];
const soon = { interval: 20, timeout: 20_000 };

beforeAll(async () => {
  hook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/hook')
        taken.push(JSON.parse(String(Buffer.concat(chunks))) as Delivery);
      response.writeHead(request.url === '/hook' ? 200 : 404).end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  server = await TestServer.start({ clock: () => new Date(Date.now() + ahead) });
  agents = await server.populate('anna', 'bob');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  hook.close();
});

const target = (path: string) => ({ kind: 'webhook' as const, url: `${url}${path}`, secret: 's' });
const put = (receiver: string, path: string, token?: string) =>
  server.ask(
    'putReceiver',
    { receiver },
    { target: target(path), filter: { severity: 'warning' } },
    token,
  );
const tokenOf = async (role: 'operator' | 'viewer'): Promise<string> =>
  (await server.call('createToken', {}, { role, name: role })).token;

test('admins say who is alerted, operators try it, and nobody reads the secrets of it', async () => {
  const [operator, viewer] = [await tokenOf('operator'), await tokenOf('viewer')];
  expect((await put('ops', '/hook', operator)).status).toBe(403);
  await put('ops', '/hook');
  await put('broken', '/nowhere?token=abc');
  const { receivers } = await server.call('alerts', {}, undefined, viewer);
  expect(receivers.map((one) => [one.name, one.target])).toEqual([
    ['broken', `${url}/...`],
    ['ops', `${url}/...`],
  ]);
  expect((await server.ask('testReceiver', { receiver: 'ops' }, undefined, viewer)).status).toBe(
    403,
  );
  await server.call('testReceiver', { receiver: 'ops' }, undefined, operator);
  expect(taken.at(-1)?.alerts).toMatchObject([{ is: 'test', text: /^operator asked/ }]);
  const refused = await server.ask('testReceiver', { receiver: 'broken' });
  expect(refused.body).toMatchObject({
    code: 'server/alert-not-taken',
    detail: 'broken did not take the alert: it answers with status 404',
  });
  const bad = { target: { ...target(''), url: 'ftp://a/' }, filter: { severity: 'info' } } as const;
  expect((await server.ask('putReceiver', { receiver: 'x' }, bad)).body).toMatchObject({
    code: 'server/bad-receiver',
  });
  await server.call('removeReceiver', { receiver: 'broken' });
  expect((await server.ask('removeReceiver', { receiver: 'broken' })).status).toBe(404);
  const audit = await server.call('audit', {});
  expect(JSON.stringify(audit)).not.toContain('abc');
});

test('a service that fails is alerted of, unless the machine that looks at it or its site is silenced', async () => {
  const { entry, files, revision } = await server.call('pull', {});
  const monitor = (name: string, from: string) =>
    `${name}: { type: http, url: "http://192.0.2.9/", from: ${from} }`;
  const monitors = [monitor('web', 'anna'), monitor('db', 'bob'), monitor('nas', 'hub')];
  const text = `${files[entry] ?? ''}monitors: { ${monitors.join(', ')} }\n`;
  await server.call('apply', {}, { entry, files: { [entry]: text }, base: revision });
  const silence = await server.call('silence', {}, { machine: 'bob', lasts: 3600, why: 'works' });
  const ofSite = await server.call('silence', {}, { site: 'hub', lasts: 3600, why: 'moves' });
  for (const [machine, name] of Object.entries({ anna: 'web', bob: 'db', hub: 'nas' })) {
    const results = { [name]: { state: 'down' as const, why: 'it is off', lasts: 1 } };
    agents.get(machine)?.say({ type: 'monitors', results });
  }
  const open = async () => (await server.call('alerts', {})).open;
  await expect.poll(async () => (await open()).length, soon).toBe(3);
  ahead += 11_000;
  await expect
    .poll(() => taken.at(-1)?.alerts, soon)
    .toMatchObject([
      {
        is: 'firing',
        severity: 'critical',
        service: 'web',
        text: 'the service web is down: it is off',
      },
    ]);
  expect(taken.at(-1)?.text).toBe('critical: the service web is down: it is off');
  expect((await open()).map(({ service, silenced }) => [service, silenced])).toEqual(
    expect.arrayContaining([
      ['web', undefined],
      ['db', true],
      ['nas', true],
    ]),
  );
  const { machines } = await server.call('status', {});
  expect(machines.find(({ name }) => name === 'bob')?.notes).toContainEqual(
    expect.stringMatching(/^silenced until .* by admin: works$/),
  );
  const events = await server.call('events', {});
  const down = events.filter(({ kind }) => kind === 'down');
  expect(down.map(({ service, silenced }) => [service, silenced ?? false])).toEqual(
    expect.arrayContaining([
      ['web', false],
      ['db', true],
      ['nas', true],
    ]),
  );
  const count = taken.length;
  await server.call('endSilence', { id: silence.id });
  await expect.poll(() => taken.length, soon).toBe(count + 1);
  expect(taken.at(-1)?.alerts).toMatchObject([{ is: 'firing', service: 'db' }]);
  await server.call('endSilence', { id: ofSite.id });
  expect(await server.call('silences', {})).toEqual([]);
  await expect.poll(() => taken.length, soon).toBe(count + 2);
  expect(taken.at(-1)?.alerts).toMatchObject([{ is: 'firing', service: 'nas' }]);
  const nobody = await server.ask('silence', {}, { site: 'nowhere', lasts: 60 });
  expect(nobody.status).toBe(404);
});

test('a clone that is not put right is alerted of when the silence of its machine ends', async () => {
  const cleo = new Machine('cleo');
  await server.enrol(cleo);
  const silence = await server.call('silence', {}, { machine: 'cleo', lasts: 3600 });
  const copy = await server.connect(cleo, { seen: { boot: 'of a copy' } });
  await copy.next('refused');
  const open = async () =>
    (await server.call('alerts', {})).open.filter(({ kind }) => kind === 'clone');
  await expect.poll(open, soon).toMatchObject([{ machine: 'cleo', silenced: true }]);
  const clones = () => taken.flatMap(({ alerts }) => alerts).filter(({ kind }) => kind === 'clone');
  expect(clones()).toEqual([]);
  await server.call('endSilence', { id: silence.id });
  const text = 'the identity of cleo is used at two places: 127.0.0.1 and 127.0.0.1';
  await expect.poll(clones, soon).toMatchObject([{ is: 'firing', machine: 'cleo', text }]);
  ahead += 901_000;
  const after = `this was not seen again for 15 min: ${text}`;
  await expect.poll(clones, soon).toMatchObject([{}, { is: 'resolved', text: after }]);
});

test('two that claim one address, and a difference that stays, are alerted of when the silence ends', async () => {
  const finding = (code: string, message: string) => ({
    ...{ code, severity: 'warning' as const, message, fix: 'Mend it.' },
  });
  const stays = finding('agent/two-places', '10.101.0.9 of segment lab is at two places');
  const passes = finding('agent/two-places', '10.101.0.8 of segment lab is at two places');
  const differs = finding('agent/not-put-back', 'this machine differs, and so on: add a route');
  const [anna, bob] = ['anna', 'bob'].map((name) => agents.get(name));
  const since = taken.length;
  const about = (kind: string) =>
    taken
      .slice(since)
      .flatMap(({ alerts }) => alerts)
      .filter((alert) => alert.kind === kind)
      .map(({ is, machine, text }) => [is, machine, text]);
  const silence = await server.call('silence', {}, { site: 'hub', lasts: 3600 });
  const silences = [silence.id];
  for (const machine of ['anna', 'bob']) {
    silences.push((await server.call('silence', {}, { machine, lasts: 3600 })).id);
  }
  const at = new Date().toISOString();
  anna?.say({ type: 'drift', at, changes: ['add a route'], repaired: false });
  bob?.say({ type: 'drift', at, changes: ['add a rule'], repaired: false });
  anna?.say({ type: 'seen', warnings: [stays, passes, differs] });
  const events = async () => (await server.call('events', {})).filter(({ silenced }) => silenced);
  await expect
    .poll(async () => (await events()).map(({ kind }) => kind), soon)
    .toEqual(expect.arrayContaining(['drift', 'conflict']));
  ahead += 60_000;
  anna?.say({ type: 'seen', warnings: [stays, differs] });
  await expect
    .poll(
      async () => (await server.call('status', {})).machines.find(({ name }) => name === 'anna'),
      soon,
    )
    .toMatchObject({ notes: expect.not.arrayContaining([expect.stringContaining('10.101.0.8')]) });
  expect([...about('conflict'), ...about('drift')]).toEqual([]);
  for (const id of silences) await server.call('endSilence', { id });
  await expect.poll(() => about('conflict').length + about('drift').length, soon).toBe(2);
  expect(about('conflict')).toEqual([
    ['once', 'anna', 'anna sees what cannot be: 10.101.0.9 of segment lab is at two places'],
  ]);
  // Of bob, who says that it is as it should be, nothing.
  expect(about('drift')).toEqual([
    ['once', 'anna', 'anna is another than it should be: add a route'],
  ]);
  ahead += 900_000;
  const count = taken.length;
  await server.call('testReceiver', { receiver: 'ops' });
  expect(taken.length).toBe(count + 1);
  expect([about('conflict').length, about('drift').length]).toEqual([1, 1]);
});

test('who silences the same again says until when, and what that replaces', async () => {
  const held = async () =>
    (await server.call('silences', {})).map(({ machine, site, until, why }) => [
      machine ?? site,
      until,
      why,
    ]);
  await server.call('silence', {}, { site: 'hub', lasts: 60 });
  const first = await server.call('silence', {}, { machine: 'anna', lasts: 7200, why: 'disks' });
  expect(first.replaced).toBeUndefined();
  for (const lasts of [600, 14_400]) {
    const before = (await server.call('silences', {})).find(({ machine }) => machine === 'anna');
    const next = await server.call('silence', {}, { machine: 'anna', lasts, why: `${lasts} s` });
    expect(next.replaced).toEqual([before]);
    expect(await held()).toEqual([
      ['hub', expect.anything(), undefined],
      ['anna', next.until, `${lasts} s`],
    ]);
  }
  // What was silenced already is, until the last word said so.
  const { machines } = await server.call('status', {});
  expect(machines.find(({ name }) => name === 'anna')?.notes).toContainEqual(
    expect.stringMatching(/^silenced until .* by admin: 14400 s$/),
  );
});

test('a silence that is asked for again under one name is answered as the first time', async () => {
  const ask = async (name: string, lasts: number) => {
    const headers = { 'idempotency-key': name };
    const sent = { token: server.admin, body: { machine: 'bob', lasts }, headers };
    const { status, body } = await server.send('POST', '/v1/networks/net/silences', sent);
    expect(status).toBe(200);
    return body as BegunSilence;
  };
  await ask('of-ada-before', 60);
  const first = await ask('of-ada-first', 3600);
  expect(first.replaced).toMatchObject([{ machine: 'bob' }]);
  ahead += 30_000;
  expect(await ask('of-ada-first', 3600)).toEqual(first);
  // Also after it was ended, or another began: what was answered once is not begun anew.
  await server.call('endSilence', { id: first.id });
  expect(await ask('of-ada-first', 3600)).toEqual(first);
  await ask('of-ben-after', 7200);
  const late = await ask('of-ada-first', 3600);
  expect([late.id, late.from]).toEqual([first.id, first.from]);
  const held = await server.call('silences', {});
  expect(held.filter(({ machine }) => machine === 'bob').map(({ until }) => until)).toEqual([
    expect.not.stringMatching(first.until),
  ]);
  const { length } = (await server.call('audit', {})).filter(({ action, detail }) => {
    return action === 'silence' && (detail as { id?: string }).id === first.id;
  });
  expect(length).toBe(1);
});
