import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BodyOf, Problem } from '#api';
import { generateKeyPair } from '#wireguard';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

type Role = BodyOf<'createToken'>['role'];

describe('where two people are needed for each change', () => {
  let server: TestServer;
  let ada: string;
  let ben: string;
  beforeAll(async () => {
    server = await TestServer.start();
    ada = await token('ada', 'admin');
    const alone = await server.ask('apply', {}, await edited(twice), server.admin);
    expect(code(alone)).toBe('none');
    await server.call('rollback', { number: 1 }, {}, ada);
    await server.call('approveRevision', { number: 3 });
    ben = await token('ben', 'operator');
    await server.call('apply', {}, await edited(twice), ada);
  });
  afterAll(async () => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    const { held } = await server.call('status', {});
    if (held) await server.call('rejectRevision', { number: held.id.number }, {});
  });

  async function token(name: string, role: Role, by = server.admin): Promise<string> {
    const body = { role, name, ...(role === 'join' && { network: 'net', admits: true }) };
    return (await server.call('createToken', {}, body, by)).token;
  }

  async function edited(change: (text: string) => string) {
    const { entry, files, revision } = await server.call('pull', {});
    return { entry, files: { ...files, [entry]: change(files[entry] ?? '') }, base: revision };
  }

  const twice = (text: string): string => `${text}approvals: 2\n`;
  const once = (text: string): string => text.replace('approvals: 2\n', '');
  const code = ({ status, body }: { status: number; body: unknown }) =>
    status < 300 ? 'none' : (body as Problem).code;
  const current = async () => (await server.call('status', {})).revision.number;
  const approve = async (number: number, by: string) =>
    code(await server.ask('approveRevision', { number }, undefined, by));

  test('what one applies waits until another approves it', async () => {
    const before = await current();
    const change = (text: string): string => `${text}defaults: { keepalive: 7 }\n`;
    const plan = await server.call('plan', {}, await edited(change).then(({ base: _, ...f }) => f));
    expect(plan.notes).toEqual(['It waits until a second person approves it.']);
    const { id, state, summary } = await server.call('apply', {}, await edited(change), ada);
    expect([state, summary[0]]).toEqual(['held', 'held: a second person has to approve it']);
    expect(await server.call('status', {})).toMatchObject({ approvals: 2, held: { id } });
    expect(await approve(id.number, ada)).toBe('server/second-person');
    expect(await current()).toBe(before);
    expect(await approve(id.number, ben)).toBe('none');
    expect(await current()).toBe(id.number);
    const [latest] = await server.call('history', {});
    expect(latest).toMatchObject({ id, author: 'ada', approver: 'ben', state: 'applied' });
  });

  test('nobody switches that off alone, by a change or by going back', async () => {
    const off = await server.call('apply', {}, { ...(await edited(once)), force: true }, ada);
    expect(off.state).toBe('held');
    expect(await approve(off.id.number, ada)).toBe('server/second-person');
    await server.call('rejectRevision', { number: off.id.number }, { why: 'no' }, ben);
    const back = await server.call('rollback', { number: 1 }, {}, ada);
    expect(back.state).toBe('held');
    expect((await server.call('status', {})).approvals).toBe(2);
  });

  test('what is rejected is not done, and makes room for the next', async () => {
    const { id } = await server.call('apply', {}, await edited((text) => `${text}# a\n`), ada);
    expect(code(await server.ask('apply', {}, await edited((text) => `${text}# b\n`), ben))).toBe(
      'api/held',
    );
    await server.call('rejectRevision', { number: id.number }, {}, ada);
    expect(await approve(id.number, ben)).toBe('server/not-held');
    const next = await server.call('apply', {}, await edited((text) => `${text}# b\n`), ben);
    expect(await approve(next.id.number, ada)).toBe('none');
    const states = (await server.call('history', {})).slice(0, 2).map(({ state }) => state);
    expect(states).toEqual(['applied', 'rejected']);
  });

  test('going back to what is takes back what waits, by whomever', async () => {
    const { id } = await server.call('apply', {}, await edited((text) => `${text}# c\n`), ada);
    const back = await server.call('rollback', { number: id.number - 1 }, {}, ada);
    expect(back.state).toBe('applied');
    expect(await approve(id.number, ben)).toBe('server/not-held');
    const states = (await server.call('history', {})).slice(0, 2).map(({ state }) => state);
    expect(states).toEqual(['applied', 'overtaken']);
    expect((await server.call('show', { number: id.number })).state).toBe('overtaken');
  });

  test('a token speaks for whoever made it until another vouches for it', async () => {
    const carl = await token('carl', 'operator', ada);
    const tokens = await server.call('listTokens', {});
    const [own, hers] = ['ada', 'carl'].map((name) => tokens.find((one) => one.name === name));
    expect(hers?.person).toBe(own?.id);
    const { id } = await server.call('apply', {}, await edited((text) => `${text}# d\n`), ada);
    expect(await approve(id.number, carl)).toBe('server/second-person');
    const vouch = async (by: string) =>
      code(await server.ask('vouchToken', { id: hers?.id ?? '' }, undefined, by));
    expect(await vouch(carl)).toBe('server/second-person');
    expect(await vouch(ada)).toBe('server/second-person');
    expect(await vouch(ben)).toBe('none');
    expect(await approve(id.number, carl)).toBe('none');
  });

  test('a new member needs the one who made its token and one who lets it in', async () => {
    const joining = await token('join', 'join', ada);
    const machine = new Machine('anna');
    const joined = await server.call('join', {}, machine.joinRequest('net'), joining);
    expect(joined.enrolment).toBe('pending');
    const letIn = async (by: string) =>
      code(await server.ask('approveMachine', { machine: 'anna' }, {}, by));
    expect(await letIn(ada)).toBe('server/second-person');
    expect(await letIn(ben)).toBe('none');
    const hub = await server.call('join', {}, new Machine('hub').joinRequest('net'), joining);
    expect(hub.enrolment).toBe('enrolled');
  });

  test('a machine is removed by two; it goes by itself alone', async () => {
    const joining = await token('join', 'join', ada);
    const enrol = async (name: string) => {
      const machine = new Machine(name);
      await server.call('join', {}, machine.joinRequest('net'), joining);
      await server.call('approveMachine', { machine: name }, {}, ben);
      const channel = await server.connect(machine);
      await channel.next('state');
      return channel;
    };
    const [berta, carla] = [await enrol('berta'), await enrol('carla')];
    carla.say({ type: 'leave' });
    await carla.next('removed');
    const plan = await server.call('planRemoval', { machine: 'berta' }, undefined, ada);
    expect(plan.notes).toEqual(['It waits until a second person approves it.']);
    const { id, state } = await server.call('removeMachine', { machine: 'berta' }, undefined, ada);
    expect(state).toBe('held');
    expect(code(await server.ask('planRemoval', { machine: 'berta' }))).toBe('api/held');
    await berta.settled();
    expect(berta.messages.map(({ type }) => type)).not.toContain('removed');
    expect(await approve(id.number, ben)).toBe('none');
    await berta.next('removed');
    const { machines } = await server.call('status', {});
    expect(machines.map(({ name }) => name)).not.toContain('berta');
  });

  test('a link opens when another has approved its member, is void when he rejects it, and waits unused until then', async () => {
    const invite = async (machine: string) => {
      const { link, ...made } = await server.call('createInvite', {}, { machine }, ada);
      const number = made.revision?.id.number ?? 0;
      const secret = link.split('#net.')[1] ?? '';
      return { ...made, number, secret };
    };
    const accept = async (secret: string) => {
      const { publicKey } = generateKeyPair();
      return code(await server.ask('acceptInvitation', {}, { publicKey }, secret));
    };
    const first = await invite('anna-phone');
    expect([first.revision?.state, first.info.state]).toEqual(['held', 'waits']);
    expect(await accept(first.secret)).toBe('api/invite-waits');
    expect(await approve(first.number, ada)).toBe('server/second-person');
    expect(code(await server.ask('createInvite', {}, { machine: 'ben-phone' }, ben))).toBe(
      'api/held',
    );
    await server.call('rejectRevision', { number: first.number }, {}, ben);
    expect(await accept(first.secret)).toBe('api/invite-withdrawn');

    const second = await invite('anna-phone');
    expect(await approve(second.number, ben)).toBe('none');
    expect(await accept(first.secret)).toBe('api/invite-withdrawn');
    expect(await accept(second.secret)).toBe('none');
    const states = (await server.call('listInvites', {})).map(({ state }) => state);
    expect(states).toEqual(['used', 'withdrawn']);

    // Whom the file names no more, no link lets in.
    const third = await invite('zoe-phone');
    expect(await approve(third.number, ben)).toBe('none');
    const gone = await server.call('rollback', { number: second.number }, {}, ada);
    expect(await approve(gone.id.number, ben)).toBe('none');
    expect(await accept(third.secret)).toBe('api/invite-withdrawn');
  });
});

test('one person alone cannot ask for a second that there is not', async () => {
  await using server = await TestServer.start();
  const { entry, files, revision } = await server.call('pull', {});
  const body = { entry, files: { ...files, [entry]: `${files[entry]}approvals: 2\n` } };
  const { status, body: problem } = await server.ask('apply', {}, { ...body, base: revision });
  expect([status, (problem as Problem).code]).toEqual([409, 'server/too-few-persons']);
  const created = await server.ask(
    'createNetwork',
    { network: 'other' },
    {
      entry: 'o.yaml',
      files: { 'o.yaml': 'version: 1\nnetwork: other\noverlay: 10.9.0.0/24\napprovals: 2\n' },
    },
  );
  expect((created.body as Problem).code).toBe('server/too-few-persons');
});
