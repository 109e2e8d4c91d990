import { expect, test } from 'vitest';
import type { Problem } from '#api';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

/** The stored file with a change. */
async function edited(server: TestServer, change: (text: string) => string) {
  const { entry, files, revision } = await server.call('pull', {});
  const text = change(files[entry] ?? '');
  return { entry, files: { ...files, [entry]: text }, base: revision };
}

const withMembers =
  (...names: readonly string[]) =>
  (text: string): string =>
    text.replace(/members:[^]*/, `members: { ${names.map((name) => `${name}: {}`).join(', ')} }\n`);

const ascending = (a: number, b: number): number => a - b;

const problem = (body: unknown): Problem => body as Problem;

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `m${i}`);

test('a plan says what would change, and changes nothing', async () => {
  await using server = await TestServer.start();
  await server.populate('anna');
  const { base, ...file } = await edited(server, (text) => text.replace('hub }', 'hub2 }'));
  const plan = await server.call('plan', {}, await planned(server, withMembers('anna', 'bob')));
  expect(plan.text).toContain('bob');
  expect(plan.base).toEqual(base);
  expect(file.entry).toBe('net.yaml');
  expect(await server.call('history', {})).toHaveLength(2);
  const nothing = await server.call('plan', {}, await planned(server, (text) => text));
  expect(nothing).toMatchObject({ text: '', machines: [] });
});

async function planned(server: TestServer, change: (text: string) => string) {
  const { base: _, ...file } = await edited(server, change);
  return file;
}

test('an applied file becomes the network’s own and reaches its machines', async () => {
  await using server = await TestServer.start();
  const channels = await server.populate('anna');
  const file = await edited(server, (text) => `${text}defaults: { keepalive: 7 }\n`);
  const revision = await server.call('apply', {}, { ...file, why: 'quicker' });
  expect(revision).toMatchObject({ kind: 'apply', author: 'admin', why: 'quicker' });
  expect(revision.summary.join()).toContain('anna');
  const state = await channels.get('anna')?.until(({ rev }) => rev === revision.id.number);
  expect(JSON.stringify(state)).toContain('"keepalive":7');
  expect((await server.call('pull', {})).files).toEqual(file.files);
});

test('of two people who apply at once one is refused, with what the other changed', async () => {
  await using server = await TestServer.start();
  const [one, other] = [
    await edited(server, withMembers('anna')),
    await edited(server, withMembers('bob')),
  ];
  const answers = await Promise.all([
    server.ask('apply', {}, { ...one, why: 'anna comes' }),
    server.ask('apply', {}, { ...other, why: 'bob comes' }),
  ]);
  const refused = answers.find(({ status }) => status === 409);
  expect(answers.map(({ status }) => status).sort(ascending)).toEqual([200, 409]);
  expect(problem(refused?.body)).toMatchObject({ code: 'api/conflict' });
  expect(problem(refused?.body).since?.[0]).toMatch(/^2 apply by admin: (anna|bob) comes/);
  const { files, entry } = await server.call('pull', {});
  expect([one.files[entry], other.files[entry]]).toContain(files[entry]);
  expect(await server.call('history', {})).toHaveLength(2);
});

test('a file with nothing to tell its base by is refused', async () => {
  await using server = await TestServer.start();
  const { base: _, ...file } = await edited(server, withMembers('anna'));
  expect(await server.ask('apply', {}, file)).toMatchObject({ status: 400 });
  await server.call('apply', {}, { ...file, force: true });
});

test('a file is refused with everything that is wrong in it', async () => {
  await using server = await TestServer.start();
  const file = await edited(server, withMembers('anna', 'anna'));
  const broken = file.files[file.entry]?.replace('10.86.0.0/24', '10.86.0.0/99') ?? '';
  const answer = await server.ask('apply', {}, { ...file, files: { [file.entry]: broken } });
  expect(answer.status).toBe(422);
  expect(problem(answer.body).errors?.length).toBeGreaterThan(1);
  expect(problem(answer.body).errors?.[0]).toMatchObject({ place: { file: 'net.yaml' } });
  expect(await server.call('history', {})).toHaveLength(1);
});

test('a plan that somebody has seen is what is applied, or nothing', async () => {
  await using server = await TestServer.start();
  const file = await planned(server, withMembers('anna', 'bob'));
  const { hash } = await server.call('plan', {}, file);
  await server.enrol(new Machine('hub'), server.hubToken);
  const stale = await server.ask('apply', {}, { ...file, plan: hash });
  expect([stale.status, problem(stale.body).code]).toEqual([409, 'api/plan-stale']);
  expect(problem(stale.body).detail).toContain('a key changed');
  const again = await server.call('plan', {}, file);
  const other = await server.ask(
    'apply',
    {},
    { ...(await planned(server, withMembers('carl'))), plan: again.hash },
  );
  expect(problem(other.body).detail).toContain('the file changed');
  await server.call('apply', {}, { ...file, plan: again.hash });
});

test('a rollback brings the file back, as a new revision', async () => {
  await using server = await TestServer.start();
  const before = await server.call('pull', {});
  await server.call('apply', {}, await edited(server, withMembers('anna')));
  const revision = await server.call('rollback', { number: 1 }, {});
  expect(revision).toMatchObject({
    id: { number: 3 },
    kind: 'rollback',
    why: 'back to revision 1',
  });
  const after = await server.call('pull', {});
  expect(after.files).toEqual(before.files);
  expect(await server.call('show', { number: 2 })).toMatchObject({ kind: 'apply' });
  const none = await server.ask('rollback', { number: 99 }, {});
  expect([none.status, problem(none.body).code]).toEqual([404, 'api/not-found']);
});

test('a machine that a file drops gets an empty state, and a rollback brings it back', async () => {
  await using server = await TestServer.start();
  const channels = await server.populate('anna');
  const anna = channels.get('anna');
  await server.call('apply', {}, await edited(server, withMembers()));
  await anna?.until(({ tunnels }) => Object.keys(tunnels).length === 0);
  await server.call('rollback', { number: 2 }, {});
  await anna?.until(({ tunnels }) => JSON.stringify(tunnels).includes('"hub"'));
});

test('a mass of removals that nobody has seen in a plan waits for a person', async () => {
  await using server = await TestServer.start();
  await server.call('apply', {}, await edited(server, withMembers(...names(8))));
  const channels = await server.populate(...names(8));
  const hub = channels.get('hub');
  await hub?.until((state) => JSON.stringify(state.tunnels).includes('"m7"'));
  const before = JSON.stringify(hub?.state);
  const file = await edited(server, withMembers('m0'));
  const held = await server.call('apply', {}, file);
  expect(held).toMatchObject({ state: 'held' });
  expect(held.summary[0]).toBe('held: hub would lose 7 of its 8 peers');
  await hub?.settled();
  expect(JSON.stringify(hub?.state)).toBe(before);
  const meanwhile = await server.ask('apply', {}, { ...file, force: true });
  expect([meanwhile.status, problem(meanwhile.body).code]).toEqual([409, 'api/held']);
  await server.call('approveRevision', { number: held.id.number });
  await hub?.until((state) => !JSON.stringify(state.tunnels).includes('"m7"'));
  const twice = await server.call('approveRevision', { number: held.id.number });
  expect(twice).toMatchObject({ state: 'applied', approver: 'admin' });
});

test('removals that somebody has seen in a plan wait for nobody', async () => {
  await using server = await TestServer.start();
  await server.call('apply', {}, await edited(server, withMembers(...names(8))));
  const channels = await server.populate(...names(8));
  const file = await planned(server, withMembers('m0'));
  const { hash } = await server.call('plan', {}, file);
  expect(await server.call('apply', {}, { ...file, plan: hash })).toMatchObject({
    state: 'applied',
  });
  await channels.get('hub')?.until((state) => !JSON.stringify(state.tunnels).includes('"m7"'));
});

test('a rollback that somebody has seen in a plan waits for nobody, and is refused after another change', async () => {
  await using server = await TestServer.start();
  const before = await server.call('pull', {});
  await server.call('apply', {}, await edited(server, withMembers(...names(8))));
  await server.populate(...names(8));
  const { entry, files, revision } = before;
  const seen = await server.call('plan', {}, { entry, files });
  await server.call('apply', {}, await edited(server, (text) => `${text}# another thing\n`));
  const { number } = revision;
  const stale = await server.ask('rollback', { number }, { plan: seen.hash });
  expect([stale.status, problem(stale.body).code]).toEqual([409, 'api/plan-stale']);
  const { hash } = await server.call('plan', {}, { entry, files });
  expect(await server.call('rollback', { number }, { plan: hash })).toMatchObject({
    state: 'applied',
  });
});

test('a rollback takes back what waits', async () => {
  await using server = await TestServer.start();
  await server.call('apply', {}, await edited(server, withMembers(...names(8))));
  await server.populate(...names(8));
  const { id } = await server.call('apply', {}, await edited(server, withMembers('m0')));
  await server.call('rollback', { number: id.number - 1 }, {});
  const answer = await server.ask('approveRevision', { number: id.number });
  expect(problem(answer.body).code).toBe('server/not-held');
  await server.call('apply', {}, await edited(server, withMembers(...names(9))));
});

test('a second network lives beside the first', async () => {
  await using server = await TestServer.start();
  const text = 'version: 1\nnetwork: lab\noverlay: 10.9.0.0/24\nmembers: {}\n';
  const files = { 'lab.yaml': text };
  const body = { entry: 'lab.yaml', files, why: 'to try' };
  const wrong = await server.ask('createNetwork', { network: 'other' }, body);
  expect(problem(wrong.body).code).toBe('server/other-network');
  expect(await server.call('createNetwork', { network: 'lab' }, body)).toMatchObject({
    kind: 'create',
    id: { number: 1 },
  });
  const networks = await server.call('listNetworks', {});
  expect(networks.map(({ network }) => network).sort()).toEqual(['lab', 'net']);
  const twice = await server.ask('createNetwork', { network: 'lab' }, body);
  expect([twice.status, problem(twice.body).code]).toEqual([409, 'server/network-exists']);
});

test('a server that was stopped goes on where it was', async () => {
  const first = await TestServer.start();
  const anna = new Machine('anna');
  await first.enrol(anna);
  const admin = first.admin;
  const before = await first.call('pull', {});
  await first.stop();
  await using server = await TestServer.start({ data: first.data });
  expect(server.running.firstTokens).toBeUndefined();
  expect(await server.call('pull', {}, undefined, admin)).toEqual(before);
  const channel = await server.connect(anna);
  await channel.next('state');
  expect(server.running.pin).toBe(first.running.pin);
});

test('every change is in the audit, with who and what', async () => {
  await using server = await TestServer.start();
  await server.enrol(new Machine('anna'));
  await server.call('apply', {}, await edited(server, withMembers('anna', 'bob')));
  await server.call('freeze', {}, { frozen: true });
  await server.call('removeMachine', { machine: 'bob' });
  const entries = await server.call('audit', {});
  expect(entries.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
    'server create',
    'first join',
    'admin apply',
    'admin freeze',
    'admin remove',
  ]);
  expect(JSON.stringify(entries)).not.toContain(server.joinToken);
});

test('the same texts under another name are no change', async () => {
  await using server = await TestServer.start();
  const { entry, files, revision } = await server.call('pull', {});
  const renamed = { entry: 'other.yaml', files: { 'other.yaml': files[entry] ?? '' } };
  const answer = await server.call('apply', {}, { ...renamed, base: revision });
  expect([answer.id, answer.kind]).toEqual([revision, 'create']);
  expect(await server.call('history', {})).toHaveLength(1);
});

test('a file that was made from a revision that there is not is refused', async () => {
  await using server = await TestServer.start();
  const { base, ...file } = await edited(server, withMembers('anna'));
  const answer = await server.ask('apply', {}, { ...file, base: { ...base, number: 99 } });
  expect([answer.status, problem(answer.body)]).toMatchObject([404, { code: 'api/not-found' }]);
  const lost = await server.ask('apply', {}, { ...file, base: { ...base, epoch: 'lost' } });
  expect([lost.status, problem(lost.body)]).toMatchObject([409, { code: 'api/restored' }]);
});

test('what makes no revision is done once, too, when it is asked again under one name', async () => {
  await using server = await TestServer.start();
  const twice = async (method: string, path: string, body?: unknown) => {
    const headers = { 'idempotency-key': `${method}-of-ada` };
    const sent = { token: server.admin, body, headers };
    const url = `/v1/networks/net/machines/${path}`;
    return [await server.send(method, url, sent), await server.send(method, url, sent)] as const;
  };
  await server.call('apply', {}, await edited(server, withMembers('anna')));
  const admits = { role: 'join', name: 'waits', network: 'net', admits: false } as const;
  for (const name of ['host-1', 'host-2']) {
    const { token } = await server.call('createToken', {}, admits);
    await server.call('join', {}, new Machine(name).joinRequest('net'), token);
  }
  const approvals = await twice('POST', 'host-1/approve', { as: 'anna', why: 'she is anna' });
  expect(approvals.map(({ status }) => status)).toEqual([200, 200]);
  const removals = await twice('DELETE', 'host-2?why=nobody%20knows%20it');
  expect(removals.map(({ status }) => status)).toEqual([200, 200]);
  const entries = (await server.call('audit', {})).slice(-2);
  expect(entries).toMatchObject([
    { action: 'approve-machine', detail: { as: 'anna', why: 'she is anna' } },
    { action: 'remove', detail: { machine: 'host-2', why: 'nobody knows it' } },
  ]);
});

test('what is asked again under one name is done once, and answered alike', async () => {
  await using server = await TestServer.start();
  const file = await edited(server, (text) => `${text}defaults: { keepalive: 7 }\n`);
  const path = '/v1/networks/net/apply';
  const headers = { 'idempotency-key': 'a-request-of-ada' };
  const ask = async (body: unknown) =>
    server.send('POST', path, { token: server.admin, body, headers });
  const answers = [await ask(file), await ask(file)];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(answers[1]?.body).toEqual(answers[0]?.body);
  const next = await edited(server, (text) => `${text}# more\n`);
  await server.call('apply', {}, next);
  expect((await ask(file)).body).toEqual(answers[0]?.body);
  expect(await server.call('history', {})).toHaveLength(3);
  const wrong = await server.send('POST', path, {
    ...{ token: server.admin, body: file },
    headers: { 'idempotency-key': 'no!' },
  });
  expect(wrong).toMatchObject({ status: 400, body: { code: 'api/invalid-request' } });
});
