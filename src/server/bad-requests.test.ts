import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Problem, problemType } from '#api';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';
import { Failures } from './http/failures.ts';

describe('what nobody should ask', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  async function withText(change: (text: string) => string, why = '') {
    const { entry, files, revision } = await server.call('pull', {});
    const body = { entry, files: { ...files, [entry]: change(files[entry] ?? '') } };
    return server.ask('apply', {}, { ...body, base: revision, why });
  }

  const told = ({ status, body }: { status: number; body: unknown }) => [
    status,
    (body as Problem).code,
    (body as Problem).detail,
  ];

  test('a NUL character in a reason or a file is said to be one, on every store', async () => {
    expect(told(await withText((text) => `${text}# a\n`, 'be\0cause'))).toEqual([
      400,
      'api/invalid-request',
      expect.stringContaining('"why" holds a NUL character'),
    ]);
    expect(told(await withText((text) => `${text}# \0\n`))[2]).toContain('"net.yaml" holds a NUL');
  });

  test('a file among the network’s that another program reads is refused, and nothing is kept', async () => {
    const { entry, files, revision } = await server.call('pull', {});
    for (const path of [
      '.ssh/authorized_keys',
      'sites/.env.yaml',
      '/etc/x.yaml',
      '../x.yaml',
      'x.sh',
    ]) {
      const body = { entry, files: { ...files, [path]: '' }, base: revision };
      for (const call of ['plan', 'apply'] as const) {
        const answer = told(await server.ask(call, {}, body));
        expect(answer, path).toEqual([422, 'api/strange-file', expect.stringContaining(path)]);
      }
    }
    expect((await server.call('pull', {})).revision).toEqual(revision);
  });

  test('a number that not every store keeps is no number of a revision, whoever says it', async () => {
    expect(told(await server.ask('show', { number: 2 ** 40 }))[1]).toBe('api/invalid-request');
    const agent = await server.enrol(new Machine('vast'));
    const state = await agent.until(() => true);
    agent.report('confirmed', { ...state, rev: 1e20 });
    expect(await agent.next('refused')).toMatchObject({ error: { code: 'api/invalid-request' } });
  });

  test('a request that cannot be read is answered like all others, with the right status', async () => {
    const path = '/v1/networks';
    const answers = [
      await server.send('GET', path, { headers: { x: 'a'.repeat(20_000) } }),
      await server.send('POST', `${path}/net/plan`, {
        token: server.admin,
        body: 'version: 1',
        headers: { 'content-type': 'text/yaml' },
      }),
      await server.send('GET', path, { headers: { 'transfer-encoding': 'nonsense' } }),
    ];
    expect(answers.map((one) => [one.type, ...told(one)])).toEqual([
      [problemType, 431, 'api/garbled', expect.stringContaining('Header overflow')],
      [`${problemType}; charset=utf-8`, 415, 'api/not-json', expect.stringContaining('text/yaml')],
      [problemType, 400, 'api/garbled', expect.stringContaining('Transfer-Encoding')],
    ]);
  });

  test('a YAML bomb is refused in time, and changes nothing', async () => {
    const levels = Array.from({ length: 30 }, (_, i) => {
      const inside = i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`;
      return `  - &a${i} [${inside}]`;
    });
    const before = await server.call('history', {});
    const began = performance.now();
    const answer = told(await withText((text) => `${text}groups:\n${levels.join('\n')}\n`));
    expect(answer.slice(0, 2)).toEqual([422, 'spec/too-many-aliases']);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await server.call('history', {})).toEqual(before);
  });

  test('of a small file that is wrong in countless ways a few hundred are told', async () => {
    const wrong = await withText((text) => `${text}groups: ${'&a '.repeat(5000)}\n`);
    expect(wrong.status).toBe(422);
    expect((wrong.body as Problem).errors).toHaveLength(200);
    const deep = await withText((text) => `${text}groups: ${'['.repeat(50_000)}\n`);
    expect(told(deep)).toEqual([
      422,
      'spec/yaml-syntax',
      'this is not YAML: it is nested too deeply',
    ]);
  });

  test('a message of an agent that is too large ends its connection, and no other', async () => {
    const [one, other] = [
      await server.enrol(new Machine('one')),
      await server.enrol(new Machine('other')),
    ];
    one.say(' '.repeat(5 * 1024 * 1024));
    expect(await one.end()).toBe(1009);
    await other.settled();
    expect(other.closed).toBeUndefined();
  });
});

test('ten thousand failures from one address are all told to wait, whatever others do', () => {
  const failures = new Failures();
  const waits = Array.from({ length: 10_000 }, () => failures.note('192.0.2.1'));
  expect(waits.filter((wait) => wait === undefined)).toHaveLength(10);
  expect(failures.note('192.0.2.2')).toBeUndefined();
  for (let i = 0; i < 10_000; i++) failures.note(`2001:db8:${i.toString(16)}::1`);
  expect(failures.note('192.0.2.1'), 'the oldest are forgotten: memory has an end').toBeUndefined();
});

describe('a change that cuts off the machine that its author is on', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
    await server.populate('anna', 'ben');
  });
  afterAll(async () => server[Symbol.asyncDispose]());
  let file: { entry: string; files: Record<string, string> };
  beforeEach(async () => {
    const { entry, files } = await server.call('pull', {});
    file = { entry, files };
  });

  async function warnings(change: (text: string) => string, machine?: string) {
    const text = change(file.files[file.entry] ?? '');
    const body = { entry: file.entry, files: { ...file.files, [file.entry]: text } };
    const plan = await server.call(
      'plan',
      {},
      { ...body, ...(machine !== undefined && { machine }) },
    );
    return plan.warnings
      .filter(({ code }) => code === 'server/cuts-you-off' || code === 'server/displaces')
      .map(({ message }) => message);
  }

  const withoutAnna = (text: string): string => text.replace('anna: {}, ', '');
  const policy =
    (rule: string) =>
    (text: string): string =>
      `${text}policy:\n  - ${rule}\n`;

  test('warns of it, and of no other', async () => {
    expect(await warnings(withoutAnna, 'anna')).toEqual([
      'this change cuts off anna, the machine that you are on: the file does not name it any more',
    ]);
    expect(await warnings(withoutAnna, 'ben')).toEqual([]);
    expect(await warnings(withoutAnna)).toEqual([]);
    expect(await warnings(policy('{ from: [ben], to: [hub] }'), 'anna')).toEqual([
      expect.stringContaining('it would not reach hub any more'),
    ]);
    expect(await warnings(policy('{ from: [anna], to: [hub], ports: [tcp/22] }'), 'anna')).toEqual(
      [],
    );
    expect(
      await warnings((text) => text.replace('anna: {}', 'carla: { was: anna }'), 'anna'),
    ).toEqual([]);
    expect(await warnings((text) => text, 'anna')).toEqual([]);
  });

  test('warns of one that gives its address to another machine, too', async () => {
    const { machines } = await server.call('status', {});
    const [own] = machines.find(({ name }) => name === 'anna')?.overlay ?? [];
    const address = own?.split('/')[0] ?? '';
    const taken = (text: string): string => text.replace('ben: {}', `ben: { overlay: ${address} }`);
    expect(await warnings(taken, 'anna')).toEqual([
      expect.stringMatching(`the file gives ${address} to ben; anna, .* has it, and gets `),
    ]);
    expect(await warnings(taken, 'ben')).toEqual([]);
  });

  test('tells which machines others need', async () => {
    const { machines } = await server.call('status', {});
    expect(machines.flatMap(({ name, isNeeded }) => (isNeeded ? [name] : []))).toEqual(['hub']);
  });
});
