import { expect, test } from 'vitest';
import type { Problem } from '#api';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

const code = ({ body }: { body: unknown }): string => (body as Problem).code;

/** Gives the network another file. */
async function edit(server: TestServer, change: (text: string) => string) {
  const { entry, files, revision: base } = await server.call('pull', {});
  const changed = { ...files, [entry]: change(files[entry] ?? '') };
  return server.call('apply', {}, { entry, files: changed, base });
}

test('whoever takes a machine out sees first which machines change and who loses access', async () => {
  await using server = await TestServer.start();
  await server.populate('anna', 'bob');
  const policy = 'policy:\n  - { from: [anna], to: [bob], ports: [tcp/22] }\n';
  await edit(server, (text) => text + policy.replace('[anna]', '[anna, hub]'));
  const refused = await server.ask('planRemoval', { machine: 'bob' });
  // The policy names it: where it does is told before somebody says that he means it.
  expect(code(refused)).toBe('spec/unknown-name');
  expect(JSON.stringify(refused.body)).toContain('bob');
  await edit(server, (text) => text.replace('to: [bob]', 'to: [all]'));
  const before = await server.call('history', {});
  const plan = await server.call('planRemoval', { machine: 'bob' });
  expect(plan.text).toContain('bob leaves the network');
  expect(plan.text).toContain('was reached by all: tcp/22');
  expect(plan.machines).toContainEqual(expect.objectContaining({ machine: 'hub' }));
  expect(await server.call('history', {})).toEqual(before);
});

test('a machine is taken out as it was seen, or not at all', async () => {
  await using server = await TestServer.start();
  const agents = await server.populate('anna', 'bob');
  const { hash } = await server.call('planRemoval', { machine: 'bob' });
  await edit(server, (text) => `${text}# of another\n`);
  const path = `/v1/networks/net/machines/bob?plan=${hash}`;
  const stale = await server.send('DELETE', path, { token: server.admin });
  expect([stale.status, code(stale)]).toEqual([409, 'api/plan-stale']);
  const again = await server.call('planRemoval', { machine: 'bob' });
  const now = path.replace(hash, again.hash);
  const done = await server.send('DELETE', now, { token: server.admin });
  expect(done.body).toMatchObject({ kind: 'remove', state: 'applied' });
  await agents.get('bob')?.next('removed');
});

test('to take out whom the file does not name changes nothing for others', async () => {
  await using server = await TestServer.start();
  await server.populate('anna');
  const role = { role: 'join', name: 'guests', network: 'net' } as const;
  const { token } = await server.call('createToken', {}, role);
  await server.call('join', {}, new Machine('guest').joinRequest('net'), token);
  const plan = await server.call('planRemoval', { machine: 'guest' });
  expect([plan.text, plan.notes]).toEqual(['', []]);
  const { revision } = await server.call('status', {});
  const { id } = await server.call('removeMachine', { machine: 'guest' });
  expect(id).toEqual(revision);
  expect(code(await server.ask('planRemoval', { machine: 'guest' }))).toBe('api/not-found');
});
