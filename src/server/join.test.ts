import { expect, test } from 'vitest';
import type { JoinResponse } from '#api';
import { adoptedPair } from '#state';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

const code = (body: unknown): unknown => (body as { readonly code?: string }).code;

const ofNet = { role: 'join', name: 'one', network: 'net' } as const;
const forAnna = { ...ofNet, machine: 'anna', admits: true } as const;

test('two pasted tokens make a network: hub and members know each other', async () => {
  await using server = await TestServer.start();
  const hub = await server.enrol(new Machine('hub'), server.hubToken);
  const anna = new Machine('anna');
  const channel = await server.enrol(anna);
  const state = await channel.until(({ tunnels }) => JSON.stringify(tunnels).includes('"hub"'));
  expect(state).toMatchObject({ network: 'net', machine: 'anna' });
  await hub.until((own) => JSON.stringify(own.tunnels).includes(anna.keys['0'] ?? ''));
});

test('a join adds one line to the stored file and changes no other', async () => {
  await using server = await TestServer.start();
  const before = await server.call('pull', {});
  await server.enrol(new Machine('anna'));
  const after = await server.call('pull', {});
  const text = (files: typeof before): string => files.files[files.entry] ?? '';
  expect(text(after)).toBe(text(before).replace('members: {}', 'members: { anna: {} }'));
  expect(await server.call('history', {})).toMatchObject([
    { kind: 'join', author: 'first', why: 'anna joined', summary: ['anna joins'] },
    { kind: 'create' },
  ]);
});

test('joining twice is joining once, and takes no second use of the token', async () => {
  await using server = await TestServer.start();
  const body = { ...ofNet, uses: 1, admits: true } as const;
  const { token } = await server.call('createToken', {}, body);
  const anna = new Machine('anna');
  const first = await server.call('join', {}, anna.joinRequest('net'), token);
  expect(first).toMatchObject({ machine: 'anna', enrolment: 'enrolled' });
  const [admin, other] = [await server.ask('join', {}, anna.joinRequest('net')), server.joinToken];
  expect([admin.status, code(admin.body)]).toEqual([403, 'api/forbidden']);
  expect(await server.call('join', {}, anna.joinRequest('net'), other)).toEqual(first);
  // As one does whose answer was lost.
  expect(await server.call('join', {}, anna.joinRequest('net'), token)).toEqual(first);
  for (const name of ['bob', 'anna']) {
    const bob = await server.ask('join', {}, new Machine(name).joinRequest('net'), token);
    expect([bob.status, code(bob.body)]).toEqual([401, 'api/unauthorized']);
  }
  await server.call('removeMachine', { machine: 'anna' });
  const gone = await server.ask('join', {}, anna.joinRequest('net'), token);
  expect([gone.status, code(gone.body)]).toEqual([401, 'api/unauthorized']);
});

test('a token for one machine lets no other in', async () => {
  await using server = await TestServer.start();
  const { token } = await server.call('createToken', {}, forAnna);
  const bob = await server.ask('join', {}, new Machine('bob').joinRequest('net'), token);
  expect([bob.status, code(bob.body)]).toEqual([403, 'api/other-machine']);
  const anna = new Machine('anna').joinRequest('net');
  expect(await server.call('join', {}, anna, token)).toMatchObject({ machine: 'anna' });
});

test('two machines with one token for one: one of them joins', async () => {
  await using server = await TestServer.start();
  const body = { ...ofNet, uses: 1, admits: true } as const;
  const { token } = await server.call('createToken', {}, body);
  const answers = await Promise.all(
    ['anna', 'bob'].map(async (name) =>
      server.ask('join', {}, new Machine(name).joinRequest('net'), token),
    ),
  );
  expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 401]);
  expect(await server.call('history', {})).toHaveLength(2);
});

test('nobody joins under a name that somebody has', async () => {
  await using server = await TestServer.start();
  await server.enrol(new Machine('anna'));
  const answer = await server.ask(
    'join',
    {},
    new Machine('anna').joinRequest('net'),
    server.joinToken,
  );
  expect([answer.status, code(answer.body)]).toEqual([409, 'api/name-taken']);
});

test('nobody joins with the WireGuard key of another machine', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  await server.enrol(anna);
  const copy = new Machine('copy');
  copy.keys['0'] = anna.keys['0'] ?? '';
  const answer = await server.ask('join', {}, copy.joinRequest('net'), server.joinToken);
  expect([answer.status, code(answer.body)]).toEqual([409, 'server/key-taken']);
});

test('a file names no other key for a machine than the one that it has', async () => {
  await using server = await TestServer.start();
  const { entry, files } = await server.call('pull', {});
  const text = files[entry] ?? '';
  const naming = (name: string, key: string | undefined) => ({
    entry,
    files: { [entry]: text.replace('members: {}', `members: { ${name}: { key: "${key}" } }`) },
    force: true,
  });
  const [anna, bob] = [new Machine('anna'), new Machine('bob')];
  await server.call('apply', {}, naming('anna', anna.keys['0']));
  bob.keys['0'] = new Machine('other').keys['0'] ?? '';
  const stranger = await server.ask('join', {}, bob.joinRequest('net', 'anna'), server.joinToken);
  expect([stranger.status, code(stranger.body)]).toEqual([409, 'server/other-key']);
  await server.call('join', {}, anna.joinRequest('net'), server.joinToken);

  await server.call('apply', {}, naming('anna', anna.keys['0']));
  for (const route of ['plan', 'apply'] as const) {
    const answer = await server.ask(route, {}, naming('anna', bob.keys['0']));
    expect([answer.status, code(answer.body)]).toEqual([409, 'server/other-key']);
  }
});

test('nobody joins with an identity that is not his', async () => {
  await using server = await TestServer.start();
  const request = {
    ...new Machine('anna').joinRequest('net'),
    identity: new Machine('b').identity,
  };
  const answer = await server.ask('join', {}, request, server.joinToken);
  expect([answer.status, code(answer.body)]).toEqual([401, 'api/unauthorized']);
});

test('a machine that the token does not admit waits for approval, connected, and is told', async () => {
  await using server = await TestServer.start();
  await server.enrol(new Machine('hub'), server.hubToken);
  const body = { role: 'join' as const, name: 'guests', network: 'net', tags: ['guest'] };
  const { token } = await server.call('createToken', {}, body);
  const anna = new Machine('anna');
  const joined = await server.call('join', {}, anna.joinRequest('net'), token);
  expect(joined.enrolment satisfies JoinResponse['enrolment']).toBe('pending');
  const channel = await server.connect(anna);
  await channel.next('pending');
  expect(channel.state).toBeUndefined();
  expect((await server.call('status', {})).machines).toContainEqual(
    expect.objectContaining({ name: 'anna', enrolment: 'pending', connected: true }),
  );
  await server.call('approveMachine', { machine: 'anna' }, { as: 'laptop' });
  const state = await channel.until(({ tunnels }) => JSON.stringify(tunnels).includes('"hub"'));
  expect(state.machine).toBe('laptop');
  const { files, entry } = await server.call('pull', {});
  expect(files[entry]).toContain('members: { laptop: { tags: [guest] } }');
});

test('tunnels that a machine brings along keep their preshared keys, of which the server has none', async () => {
  await using server = await TestServer.start();
  const hubMachine = new Machine('hub');
  const hub = await server.enrol(hubMachine, server.hubToken);
  const body = { role: 'join' as const, name: 'guests', network: 'net' };
  const { token } = await server.call('createToken', {}, body);
  const anna = new Machine('anna');
  const hubKey = hubMachine.keys['0'] ?? '';
  const request = { ...anna.joinRequest('net'), adopted: { [hubKey]: true } };
  await server.call('join', {}, request, token);
  const channel = await server.connect(anna);
  await server.call('approveMachine', { machine: 'anna' }, {});
  const pair = adoptedPair(hubKey, anna.keys['0'] ?? '');
  for (const end of [hub, channel]) {
    await end.until(({ tunnels }) =>
      JSON.stringify(tunnels).includes(`"id":"${pair}","version":0`),
    );
    expect([...end.secrets.keys()].filter((name) => name.startsWith('adopted'))).toEqual([]);
  }
  await server.call('join', {}, { ...request, adopted: { [hubKey]: false } }, token);
  await channel.until(({ tunnels }) => !JSON.stringify(tunnels).includes('presharedKey'));
});

test('of what cloud a machine is an instance is known from its join on, by the name that it gets', async () => {
  await using server = await TestServer.start();
  const body = { role: 'join' as const, name: 'guests', network: 'net' };
  const { token } = await server.call('createToken', {}, body);
  const request = { ...new Machine('anna').joinRequest('net'), cloud: 'openstack' };
  await server.call('join', {}, request, token);
  await server.call('approveMachine', { machine: 'anna' }, { as: 'laptop' });
  const { facts = '' } = (
    await server.send('GET', '/v1/networks/net/file?facts=true', { token: server.admin })
  ).body as { readonly facts?: string };
  expect(JSON.parse(facts)).toMatchObject({
    networks: { net: { observations: { clouds: { laptop: 'openstack' } } } },
  });
  expect(facts).not.toContain('anna');
});

const stretched = `
  pouta: { gateways: { anna: {} } }
segments:
  lab:
    vni: 7
    subnet: 10.101.0.0/24
    sites:
      hub: { pool: 10.101.0.2-10.101.0.99, port: eth1 }
      pouta: { pool: 10.101.0.101-10.101.0.199, port: eth1 }
`;

test.each([
  ['OpenStack', { cloud: 'openstack' }, [{ port: 'eth1', answering: ['eth1'] }], undefined],
  ['no cloud', {}, [undefined], 'bridge'],
])(
  'a gateway that joins from %s has the port of its segment as that lets it',
  async (_, more, routed, bridge) => {
    await using server = await TestServer.start();
    await server.enrol(new Machine('hub'), server.hubToken);
    const { revision: base, entry, files } = await server.call('pull', {});
    const text = files[entry]?.replace(/^members: \{\}/m, stretched) ?? '';
    await server.call('apply', {}, { entry, files: { ...files, [entry]: text }, base });
    const { token } = await server.call('createToken', {}, forAnna);
    const anna = new Machine('anna');
    await server.call('join', {}, { ...anna.joinRequest('net'), ...more }, token);
    const channel = await server.connect(anna);
    const { namespaces } = await channel.until(({ namespaces: all }) => 'hw-net-lab' in all);
    const space = namespaces['hw-net-lab'];
    expect(space?.tables?.items.map((table) => table.routed)).toEqual(routed);
    const eth1 = space?.ports?.items.find(({ device }) => device === 'eth1');
    expect(eth1?.bridge).toBe(bridge);
  },
);

test('a machine that is removed is out of the file, cut off, and told so when it returns', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  const hub = await server.enrol(new Machine('hub'), server.hubToken);
  const channel = await server.enrol(anna);
  await hub.until((own) => JSON.stringify(own.tunnels).includes('"anna"'));
  await server.call('removeMachine', { machine: 'anna' });
  await channel.next('removed');
  await hub.until((own) => !JSON.stringify(own.tunnels).includes('"anna"'));
  const { files, entry } = await server.call('pull', {});
  expect(files[entry]).not.toContain('anna');
  const back = await server.connect(anna);
  await back.next('removed');
});

test('a machine that leaves is told that it is gone, and its peers forget it', async () => {
  await using server = await TestServer.start();
  const hub = await server.enrol(new Machine('hub'), server.hubToken);
  const channel = await server.enrol(new Machine('anna'));
  await hub.until((own) => JSON.stringify(own.tunnels).includes('"anna"'));
  channel.say({ type: 'leave', why: 'a lost laptop' });
  await channel.next('removed');
  expect((await server.call('history', {}))[0]?.why).toBe('a lost laptop');
  const [last] = (await server.call('audit', {})).slice(-1);
  expect(last).toMatchObject({ action: 'leave', detail: { why: 'a lost laptop' } });
  await hub.until((own) => !JSON.stringify(own.tunnels).includes('"anna"'));
});

test('a machine that gives its tunnel back is known to its peers as before it joined, and may return', async () => {
  await using server = await TestServer.start();
  const hub = await server.enrol(new Machine('hub'), server.hubToken);
  const anna = new Machine('anna');
  const channel = await server.enrol(anna);
  await channel.next('state');
  const knows = () => JSON.stringify(hub.state?.tunnels).includes(anna.keys['0'] ?? '');
  await hub.until(knows);
  channel.say({ type: 'leave', keepsPlace: true });
  await channel.next('removed');
  expect((await server.call('status', {})).machines).toContainEqual(
    expect.objectContaining({ name: 'anna', connected: false }),
  );
  await hub.settled();
  expect(knows()).toBe(true);
  await server.enrol(anna);
});

test('another machine takes the place of one that is replaced', async () => {
  await using server = await TestServer.start();
  const [old, young] = [new Machine('anna'), new Machine('anna')];
  const before = await (await server.enrol(old)).until(() => true);
  await server.call('replaceMachine', { machine: 'anna' });
  const after = await (await server.enrol(young)).until(() => true);
  expect(after.namespaces['root']?.addresses).toEqual(before.namespaces['root']?.addresses);
  await (await server.connect(old)).next('removed');
});

test('a machine that nobody removed is refused, not told to clean up', async () => {
  await using server = await TestServer.start();
  const channel = await server.connect(new Machine('stranger'));
  expect(await channel.next('refused')).toMatchObject({
    error: { code: 'server/unknown-machine' },
  });
});
