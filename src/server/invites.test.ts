import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BodyOf, keyPlace, type Problem, type ResponseOf } from '#api';
import { generateKeyPair, parseConfig } from '#wireguard';
import type { Channel } from './fixtures/machine.ts';
import { type Answer, TestServer } from './fixtures/server.ts';

let server: TestServer;
let hub: Channel;
let now = new Date('2026-11-27T08:00:00Z');
beforeAll(async () => {
  server = await TestServer.start({ clock: () => now });
  const agents = await server.populate();
  hub = agents.get('hub') as Channel;
});
afterAll(async () => server[Symbol.asyncDispose]());

const problem = ({ status, body }: Answer) => [status, (body as Partial<Problem>).code];

const invite = async (body: BodyOf<'createInvite'>) => server.call('createInvite', {}, body);
const secretOf = ({ link }: { readonly link: string }): string => link.split('#net.')[1] ?? '';
const accept = async (secret: string, { publicKey } = generateKeyPair()) =>
  server.ask('acceptInvitation', {}, { publicKey }, secret);

const arrival = async (secret: string, key: string) =>
  server.send('GET', `/v1/networks/net/invitation/arrival?publicKey=${encodeURIComponent(key)}`, {
    token: secret,
  });

test('a link makes a member, shows it its files, and lets it in with the key of its own browser', async () => {
  const wanted = { machine: 'anna-phone', person: 'Anna Novak', tags: ['people'] };
  const plan = await server.call('planInvite', {}, wanted);
  expect(plan.text).toContain('anna-phone');
  const made = await invite({ ...wanted, plan: plan.hash });
  expect(made.link).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/invite#net\.[\w-]{43}$/);
  expect(made.revision).toMatchObject({ kind: 'apply', why: 'admin invites anna-phone' });
  const { files, entry } = await server.call('pull', {});
  expect(files[entry]).toContain(
    'anna-phone: { managed: false, person: "Anna Novak", tags: [people] }',
  );
  const secret = secretOf(made);
  const { body: told } = await server.send('GET', '/v1/networks/net/invitation', { token: secret });
  const expires = '2026-12-04T08:00:00.000Z';
  const { tunnels } = await server.call('tunnels', {});
  const why = `anna-phone is invited until ${expires}, and has no key yet`;
  expect(tunnels).toMatchObject([{ state: 'invited', why }]);
  const { machines } = await server.call('status', {});
  expect(machines).toContainEqual(
    expect.objectContaining({ person: 'Anna Novak', invited: expires, hasKey: false }),
  );
  const said = { network: 'net', machine: 'anna-phone', by: 'admin', expires };
  expect(told).toEqual({ ...said, replaces: false });

  const key = generateKeyPair();
  const answer = (await accept(secret, key)).body as ResponseOf<'acceptInvitation'>;
  const { wgQuick, networkManager, windows, qr } = answer.files;
  expect(wgQuick.name).toBe('hw-net.conf');
  expect(networkManager).toMatchObject({ name: 'hw-net.nmconnection' });
  for (const { text = '' } of [wgQuick, networkManager, windows, qr ?? wgQuick]) {
    expect(text.split(keyPlace)).toHaveLength(2);
  }
  const text = wgQuick.text.replace(keyPlace, key.privateKey.reveal());
  expect(parseConfig(text, wgQuick.name).interface.privateKey?.reveal()).toBe(
    key.privateKey.reveal(),
  );
  await hub.until(({ tunnels }) => JSON.stringify(tunnels).includes(key.publicKey));

  // What the browser asks until the device is there.
  expect((await arrival(secret, key.publicKey)).body).toEqual({ peers: [{ machine: 'hub' }] });
  const sample = { rx: 1, tx: 1, heard: 1, handshake: 2 };
  hub.say({ type: 'samples', peers: { 'anna-phone': sample } });
  await hub.settled();
  const { body } = await arrival(secret, key.publicKey);
  expect(body).toMatchObject({ peers: [{ machine: 'hub', handshake: expect.any(Number) }] });
});

test('a person has several devices, each with its own key, and loses one of them alone', async () => {
  const keys = { 'eva-laptop': generateKeyPair(), 'eva-pad': generateKeyPair() };
  for (const [machine, key] of Object.entries(keys)) {
    const secret = secretOf(await invite({ machine, person: 'Eva Braun', tags: ['people'] }));
    expect((await accept(secret, key)).status).toBe(200);
  }
  const [laptop, pad] = Object.values(keys).map(({ publicKey }) => publicKey) as [string, string];
  const has = (text: string, key: string) => text.includes(key);
  await hub.until(({ tunnels }) => [laptop, pad].every((key) => has(JSON.stringify(tunnels), key)));
  // No key is good for another device of hers.
  const spare = secretOf(await invite({ machine: 'eva-spare', person: 'Eva Braun' }));
  expect(problem(await accept(spare, keys['eva-pad']))[0]).toBe(409);
  const revoke = async (revoked: boolean) =>
    server.call('revokeMachine', { machine: 'eva-laptop' }, { revoked, why: 'lost' });
  await revoke(true);
  const left = await hub.until(({ tunnels }) => !has(JSON.stringify(tunnels), laptop));
  expect(JSON.stringify(left.tunnels)).toContain(pad);
  const hers = (await server.call('status', {})).machines.filter(
    ({ person, hasKey }) => person === 'Eva Braun' && hasKey,
  );
  expect(hers.map(({ name, notes }) => [name, notes.includes('revoked')])).toEqual([
    ['eva-laptop', true],
    ['eva-pad', false],
  ]);
  await revoke(false);
  await hub.until(({ tunnels }) => has(JSON.stringify(tunnels), laptop));
});

test('a link is used once: who asks again with his own key is answered alike, nobody else', async () => {
  const secret = secretOf(await invite({ machine: 'ben' }));
  const key = generateKeyPair();
  const [first, second] = [await accept(secret, key), await accept(secret, key)];
  expect([first.status, second.body]).toEqual([200, first.body]);
  const other = await accept(secret);
  expect(problem(other)).toEqual([410, 'api/invite-used']);
  expect((other.body as Problem).fix).toContain('ask admin for another link');
  expect(problem(await arrival(secret, generateKeyPair().publicKey))[1]).toBe('api/invite-used');
});

test('of two browsers that use a link at once one wins, and its key is the one that counts', async () => {
  const secret = secretOf(await invite({ machine: 'cara' }));
  const keys = Array.from({ length: 6 }, () => generateKeyPair());
  const answers = await Promise.all(keys.map(async (key) => accept(secret, key)));
  const winners = keys.filter((_, index) => answers[index]?.status === 200);
  expect(answers.map((answer) => problem(answer)[1]).filter(Boolean)).toEqual(
    Array(5).fill('api/invite-used'),
  );
  const { facts = '' } = (
    await server.send('GET', '/v1/networks/net/file?facts=true', { token: server.admin })
  ).body as ResponseOf<'pull'>;
  expect(keys.filter(({ publicKey }) => facts.includes(publicKey))).toEqual(winners);
});

test('what is too late, withdrawn or replaced says so', async () => {
  const early = secretOf(await invite({ machine: 'dora', expires: '2026-11-27T09:00:00Z' }));
  const replaced = secretOf(await invite({ machine: 'dora' }));
  expect(problem(await accept(early))).toEqual([410, 'api/invite-withdrawn']);
  now = new Date('2027-01-01T00:00:00Z');
  const late = await accept(replaced);
  expect(problem(late)).toEqual([410, 'api/invite-expired']);
  expect((late.body as Problem).fix).toContain('hawser invite dora');
  const { info, ...last } = await invite({ machine: 'dora' });
  await server.call('withdrawInvite', { id: info.id });
  expect(problem(await accept(secretOf(last)))).toEqual([410, 'api/invite-withdrawn']);
  expect(problem(await accept('A'.repeat(43)))).toEqual([401, 'api/unauthorized']);
  const all = await server.call('listInvites', {});
  expect(all.filter(({ machine }) => machine === 'dora').map(({ state }) => state)).toEqual([
    'withdrawn',
    'withdrawn',
    'withdrawn',
  ]);
});

test('a link opens nothing else, and is no token among tokens', async () => {
  const secret = secretOf(await invite({ machine: 'edda' }));
  for (const path of ['status', 'file', 'invites']) {
    const answer = await server.send('GET', `/v1/networks/net/${path}`, { token: secret });
    expect(problem(answer)).toEqual([403, 'api/forbidden']);
  }
  const login = await server.send('POST', '/v1/session', { token: secret });
  expect(problem(login)).toEqual([403, 'api/forbidden']);
  const tokens = await server.call('listTokens', {});
  expect(tokens.map(({ role }) => role)).not.toContain('invite');
});

test('who has a key keeps it, unless another is wanted; machines of ours join', async () => {
  const first = generateKeyPair();
  await accept(secretOf(await invite({ machine: 'finn' })), first);
  const again = await server.ask('createInvite', {}, { machine: 'finn' });
  expect(problem(again)).toEqual([409, 'server/invite-has-key']);
  const { link, revision } = await invite({ machine: 'finn', newKey: true });
  expect(revision).toBeUndefined();
  await hub.until(({ tunnels }) => JSON.stringify(tunnels).includes(first.publicKey));
  const next = generateKeyPair();
  await accept(secretOf({ link }), next);
  await hub.until(({ tunnels }) => {
    const text = JSON.stringify(tunnels);
    return text.includes(next.publicKey) && !text.includes(first.publicKey);
  });
  expect(problem(await server.ask('createInvite', {}, { machine: 'hub' }))).toEqual([
    409,
    'server/invite-agent',
  ]);
});
