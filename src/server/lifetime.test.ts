import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BodyOf, Problem } from '#api';
import type { Channel } from './fixtures/machine.ts';
import { type Answer, TestServer } from './fixtures/server.ts';

let server: TestServer;
let hub: Channel;
let now = new Date('2026-11-27T08:00:00.000Z');
beforeAll(async () => {
  server = await TestServer.start({ clock: () => now });
  hub = (await server.populate('anna')).get('hub') as Channel;
});
afterAll(async () => server[Symbol.asyncDispose]());

const day = 86_400_000;
const inDays = (days: number): string => new Date(now.getTime() + days * day).toISOString();
const problem = ({ status, body }: Answer) => [status, (body as Partial<Problem>).code];
const text = async (): Promise<string> => {
  const { entry, files } = await server.call('pull', {});
  return files[entry] ?? '';
};
const limit = async (body: BodyOf<'setLifetime'>) =>
  server.call('setLifetime', { machine: 'anna' }, body);
const knows = async () => hub.until(({ tunnels }) => JSON.stringify(tunnels).includes('"anna"'));
const forgets = async () => hub.until(({ tunnels }) => !JSON.stringify(tunnels).includes('"anna"'));
const anna = async () =>
  (await server.call('status', {})).machines.find(({ name }) => name === 'anna');

test('a member gets an end by a revision, when what that changes was seen', async () => {
  const before = await text();
  const expires = inDays(7);
  const plan = await server.call('planLifetime', { machine: 'anna' }, { expires });
  expect(plan.text).toContain(`anna: is cut off at ${expires}`);
  expect(await text()).toBe(before);
  const revision = await limit({ expires, plan: plan.hash });
  expect(revision).toMatchObject({
    kind: 'apply',
    state: 'applied',
    why: `anna ends ${expires}`,
    author: 'admin',
  });
  expect(await text()).toBe(before.replace(/anna: \{[^}]*\}/, `anna: { expires: "${expires}" }`));
  expect(await anna()).toMatchObject({ expires });
  expect((await limit({ expires })).id).toEqual(revision.id);
});

test('it is cut off then, and back with more time, over which nobody has to wait', async () => {
  await knows();
  now = new Date(now.getTime() + 7 * day);
  await forgets();
  expect(await anna()).toMatchObject({ cutOff: 'expired' });
  await limit({ expires: inDays(30), why: 'the project goes on' });
  await knows();
  expect((await anna())?.cutOff).toBeUndefined();
  await limit({});
  expect(await text()).not.toContain('expires');
  expect((await anna())?.expires).toBeUndefined();
  const told = (await server.call('events', {})).map((event) => event.text);
  expect(told).toContainEqual(expect.stringContaining('the project goes on'));
});

test('one that somebody suspended stays so, however much time it gets', async () => {
  await server.call('revokeMachine', { machine: 'anna' }, { revoked: true });
  await limit({ expires: inDays(30) });
  expect(await anna()).toMatchObject({ cutOff: 'revoked', expires: inDays(30) });
  await server.call('revokeMachine', { machine: 'anna' }, { revoked: false });
  await knows();
});

test('neither who is none, nor for a time that is over, nor as it was not seen', async () => {
  const ask = async (machine: string, body: BodyOf<'setLifetime'>) =>
    problem(await server.ask('setLifetime', { machine }, body));
  const before = await text();
  expect(await ask('nobody', { expires: inDays(1) })).toEqual([404, 'api/not-found']);
  expect(await ask('hub', { expires: inDays(1) })).toEqual([422, 'server/not-member']);
  expect(await ask('anna', { expires: inDays(-1) })).toEqual([400, 'api/invalid-request']);
  const { hash } = await server.call('planLifetime', { machine: 'anna' }, {});
  await limit({ expires: inDays(3) });
  expect(await ask('anna', { plan: hash })).toEqual([409, 'api/plan-stale']);
  const { token } = await server.call('createToken', {}, { role: 'viewer', name: 'vic' });
  const byViewer = await server.ask('setLifetime', { machine: 'anna' }, {}, token);
  expect(problem(byViewer)).toEqual([403, 'api/forbidden']);
  await limit({ expires: inDays(30) });
  expect(await text()).toBe(before);
});

test('where changes need two people it waits for the second one', async () => {
  await using own = await TestServer.start({ clock: () => now });
  await own.populate('anna');
  await own.call('createToken', {}, { role: 'operator', name: 'ben' });
  const { entry, files, revision: base } = await own.call('pull', {});
  const two = { ...files, [entry]: `${files[entry]}approvals: 2\n` };
  await own.call('apply', {}, { entry, files: two, base });
  const { notes } = await own.call('planLifetime', { machine: 'anna' }, { expires: inDays(1) });
  expect(notes).toEqual(['It waits until a second person approves it.']);
  const held = await own.call('setLifetime', { machine: 'anna' }, { expires: inDays(1) });
  expect(held.state).toBe('held');
  expect((await own.call('pull', {})).files).toEqual(two);
  const another = await own.ask('setLifetime', { machine: 'anna' }, { expires: inDays(2) });
  expect(problem(another)).toEqual([409, 'api/held']);
});
