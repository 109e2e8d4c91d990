import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Problem } from '#api';
import { emptyFacts } from '#compile';
import { facilityVersions } from '#state';
import { Machine } from '../fixtures/machine.ts';
import { TestServer } from '../fixtures/server.ts';
import { type Compiler, type CompilerCalls, compilerCalls } from '../network/compiler.ts';
import { pack } from '../store/packed.ts';
import { InProcess } from './in-process.ts';
import { Thread } from './thread.ts';

const newThread = (limits = {}): Compiler => new Thread<CompilerCalls>('compiler', limits);

const fileOf = (members: readonly string[], policy = ''): string => `version: 1
network: net
overlay: 10.1.0.0/16
topology: { hub: [hub] }
${policy}
sites:
  hub:
    gateways:
      hub: { endpoint: "192.0.2.1:51820" }
members:
${members.map((name) => `  ${name}: {}`).join('\n')}
`;

const many = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `m${i}`);

const keys = Object.fromEntries(['hub', 'anna'].map((name) => [name, new Machine(name).keys]));

/** Everything that a server asks of a compiler, once, and what it answers. */
async function interview(compiler: Compiler): Promise<readonly unknown[]> {
  const revision = { epoch: 'e', number: 1 };
  const facts = pack({ ...emptyFacts, keys });
  const files = { entry: 'net.yaml', files: { 'net.yaml': fileOf(['anna', 'bob']) } };
  const next = { entry: 'net.yaml', files: { 'net.yaml': fileOf(['anna', 'bob', 'carl']) } };
  const secret = JSON.stringify({ 1: Buffer.alloc(32, 7).toString('base64') });
  const opened = await compiler.call('open', {
    basis: 1,
    head: { network: 'net', revision, frozen: false, facts, latest: 1 },
    files: pack(files),
    machines: [],
    held: undefined,
    acts: 0,
    secret,
  });
  const wanted = { machine: 'hub', supports: { ...facilityVersions }, has: undefined };
  const [first] = await compiler.call('states', { basis: 1, wanted: [wanted] });
  const plan = await compiler.call('plan', { basis: 1, files: next });
  const change = { kind: 'apply', files: next, why: 'carl', author: 'ada', persons: 1 } as const;
  const edit = await compiler.call('decide', {
    basis: 1,
    matter: { name: 'change', input: change },
  });
  const advanced = await compiler.call('advance', {
    ...{
      basis: 2,
      from: 1,
      made: edit?.revision?.compiled.draft,
      secret,
      held: undefined,
      acts: 1,
    },
    ...{ revision: { epoch: 'e', number: 2 }, frozen: false, put: [], drop: [] },
  });
  const hash = typeof first === 'object' ? first.hash : '';
  const has = { hash, basis: 1 };
  const second = await compiler.call('states', { basis: 2, wanted: [{ ...wanted, has }] });
  const broken = { entry: 'net.yaml', files: { 'net.yaml': fileOf(['anna', 'anna']) } };
  const failure: unknown = await compiler
    .call('plan', { basis: 2, files: broken })
    .catch((error: unknown) => ({ ...(error as object), said: String(error) }));
  return [opened, first, plan, edit, advanced, second, failure];
}

test('a thread of its own answers as this one does, to the byte', async () => {
  const thread = newThread();
  try {
    const [here, there] = [
      await interview(new InProcess(compilerCalls())),
      await interview(thread),
    ];
    expect(there).toEqual(here);
    expect(JSON.stringify(there)).toBe(JSON.stringify(here));
    expect(here.map((answer) => JSON.stringify(answer)).join()).toMatch(/carl.*"delta".*anna/s);
  } finally {
    await thread.close();
  }
});

test('a thread that dies while it compiles publishes nothing, loses nothing, and is replaced', async () => {
  const compiler = newThread({ maxOldGenerationSizeMb: 32 });
  await using server = await TestServer.start({}, { compiler });
  const anna = await server.enrol(new Machine('anna'));
  const before = await anna.until(() => true);
  const { entry, revision } = await server.call('pull', {});
  const huge = { entry, files: { [entry]: fileOf(['anna', ...many(5000)]) }, base: revision };
  const answer = await server.ask('apply', {}, huge);
  expect([answer.status, (answer.body as Problem).code]).toEqual([503, 'server/thread-ended']);
  expect((await server.call('pull', {})).revision).toEqual(revision);
  await anna.settled();
  expect(anna.state).toEqual(before);
  expect(anna.closed).toBeUndefined();
  const bob = await server.enrol(new Machine('bob'));
  await bob.next('state');
  const { machines } = await server.call('status', {});
  expect(machines.map(({ name }) => name)).toEqual(['anna', 'bob', 'hub']);
});

test('while a large file is planned and applied, other work of the server comes in between', async () => {
  await using server = await TestServer.start({}, { compiler: newThread() });
  const { entry, revision } = await server.call('pull', {});
  const file = { entry, files: { [entry]: fileOf(many(1000)) } };
  const busy = { most: 0, ended: false };
  const watching = watch(busy);
  await server.call('plan', {}, file);
  await server.call('apply', {}, { ...file, base: revision });
  busy.ended = true;
  await watching;
  expect(busy.most).toBeLessThan(100);
});

/** The most processor time that one turn of the event loop took, in milliseconds: others compete. */
async function watch(busy: { most: number; ended: boolean }): Promise<void> {
  while (!busy.ended) {
    const { user, system } = process.threadCpuUsage();
    await nextTurn();
    const now = process.threadCpuUsage();
    busy.most = Math.max(busy.most, (now.user + now.system - user - system) / 1000);
  }
}
