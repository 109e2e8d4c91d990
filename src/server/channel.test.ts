import { expect, test } from 'vitest';
import { facilityVersions } from '#state';
import { Channel, Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

const notesOf = async (server: TestServer, name: string): Promise<readonly string[]> => {
  const { machines } = await server.call('status', {});
  return machines.find((machine) => machine.name === name)?.notes ?? [];
};

const isAway = async (server: TestServer, name: string): Promise<boolean> => {
  const { machines } = await server.call('status', {});
  return machines.find((machine) => machine.name === name)?.connected === false;
};

const allow = (text: string): string => text.replace('members:', 'policy: []\nmembers:');

test('an agent is told where the servers are and what vouches for them', async () => {
  await using server = await TestServer.start();
  const channel = await server.enrol(new Machine('anna'));
  const { servers, authorities } = await channel.next('trust');
  expect(servers).toEqual([`https://127.0.0.1:${server.port}`]);
  expect(authorities).toEqual([expect.stringContaining('BEGIN CERTIFICATE')]);
});

test('an agent that proves nothing gets nothing', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  (await server.enrol(anna)).close();
  const liar = await server.connect(new Machine('anna'), { identity: anna.identity });
  expect(await liar.next('refused')).toMatchObject({ error: { code: 'server/not-proven' } });
  await liar.end();
  expect(liar.state).toBeUndefined();
});

test('a proof is good for one connection', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  (await server.enrol(anna)).close();
  const replayed = anna.hello('net', 'the nonce of another connection');
  const channel = await server.connect(anna, { signature: replayed.signature });
  expect(await channel.next('refused')).toMatchObject({ error: { code: 'server/not-proven' } });
});

test('an agent that claims the name of another is refused', async () => {
  await using server = await TestServer.start();
  const channels = await server.populate('bob');
  const anna = new Machine('anna');
  await server.enrol(anna);
  const claim = await server.connect(anna, { machine: 'bob' });
  expect(await claim.next('refused')).toMatchObject({ error: { code: 'server/other-name' } });
  expect(channels.get('bob')?.closed).toBeUndefined();
});

test('a machine whose name is another one by now, while it was away, learns its own', async () => {
  await using server = await TestServer.start();
  await server.populate('bob');
  const anna = new Machine('anna');
  const channel = await server.enrol(anna);
  const { epoch, rev, hash } = await channel.next('state');
  channel.close();
  const lost = { epoch: 'an epoch that was lost', rev, hash: '0'.repeat(64) };
  const returned = await server.connect(anna, { machine: 'bob', has: lost });
  expect((await returned.next('state')).state).toMatchObject({ machine: 'anna' });
  const here = { epoch, rev, hash };
  const liar = await server.connect(anna, { machine: 'bob', has: here });
  expect(await liar.next('refused')).toMatchObject({ error: { code: 'server/other-name' } });
});

/** Of a key that wg(8) takes the last character has two bits that are zero. */
const noKey = `${'A'.repeat(42)}B=`;

test.each([
  'no JSON',
  '{"type":1}',
  'null',
  '[]',
  '{"type":"report"}',
  `{"type":"seen","keys":{"0":"${noKey}"}}`,
])('an agent that says %s is refused', async (text) => {
  await using server = await TestServer.start();
  const channel = await server.enrol(new Machine('anna'));
  channel.say(text);
  expect(await channel.next('refused')).toMatchObject({
    error: { code: 'api/invalid-request' },
    again: 60,
  });
  expect(await channel.end()).toBe(4001);
});

test('an agent that floods is refused, and others are served', async () => {
  await using server = await TestServer.start();
  const channel = await server.enrol(new Machine('anna'));
  for (let i = 0; i < 1000; i++) channel.say({ type: 'seen', mtu: 1400 });
  await channel.next('refused');
  await channel.end();
  expect(
    channel.messages.filter(({ type }) => type === 'refused'),
    'told once',
  ).toEqual([]);
  await server.enrol(new Machine('bob'));
});

test('what is too long, or too much at once, is not even read', async () => {
  await using server = await TestServer.start();
  const stranger = new Channel(server.port, 'net');
  await stranger.next('challenge');
  stranger.say({ type: 'of a newer agent', text: 'x'.repeat(100_000) });
  expect((await stranger.next('refused')).error.message).toContain('too long');
  const channel = await server.enrol(new Machine('anna'));
  for (let i = 0; i < 5; i++)
    channel.say({ type: 'of a newer agent', text: 'x'.repeat(3_000_000) });
  expect((await channel.next('refused')).error.message).toContain('too many');
});

test('an agent whose connection ends while it is let in is not there', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  const first = await server.enrol(anna);
  await first.next('state');
  first.socket.pause();
  const second = await server.connect(anna, { seen: { boot: 'started anew' } });
  await second.settled();
  second.socket.terminate();
  const isConnected = async () =>
    (await server.call('status', {})).machines.find(({ name }) => name === 'anna')?.connected;
  await expect.poll(isConnected, { timeout: 10_000 }).toBe(false);
  first.socket.terminate();
});

test('a change is told to the machines that it touches, and to no other', async () => {
  await using server = await TestServer.start();
  const channels = await server.populate('anna', 'bob');
  for (const channel of channels.values()) await channel.settled();
  const before = channels.get('anna')?.messages.length;
  const carl = await server.enrol(new Machine('carl'));
  await carl.next('state');
  await channels.get('hub')?.until((own) => JSON.stringify(own.tunnels).includes('"carl"'));
  await channels.get('anna')?.settled();
  expect(channels.get('anna')?.messages).toHaveLength(before ?? -1);
});

test('what a machine is told of a small change is small', async () => {
  await using server = await TestServer.start();
  const channels = await server.populate(...Array.from({ length: 20 }, (_, i) => `m${i}`));
  const hub = channels.get('hub');
  await server.enrol(new Machine('zoe'));
  const state = await hub?.until((own) => JSON.stringify(own.tunnels).includes('"zoe"'));
  expect(hub?.sizes.at(-1)).toBeLessThan(JSON.stringify(state).length / 5);
});

test('an agent that returns with the right state is told that it is current, and is confirmed', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  const first = await server.enrol(anna);
  const { epoch, rev, hash } = await first.next('state');
  first.report('applied');
  first.close();
  await first.end();
  const again = await server.connect(anna, { has: { epoch, rev, hash } });
  expect(await again.next('current')).toMatchObject({ hash });
  again.say({ type: 'report', epoch, rev, hash, outcome: 'confirmed', changes: [], failures: [] });
  await again.settled();
  const { machines } = await server.call('status', {});
  expect(machines.find(({ name }) => name === 'anna')).toMatchObject({ confirmed: 2, wanted: 2 });
});

test('an agent for which a delta did not fit gets the whole', async () => {
  await using server = await TestServer.start();
  const channel = await server.enrol(new Machine('anna'));
  const { epoch, rev, hash } = await channel.next('state');
  channel.say({ type: 'report', epoch, rev, hash, outcome: 'waiting', changes: [], failures: [] });
  expect(await channel.next('state')).toMatchObject({ hash });
});

test('a machine whose agent is too old stays as it is, with a note', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  (await server.enrol(anna)).close();
  const { nft: _, ...supports } = facilityVersions;
  const old = await server.connect(anna, { supports });
  await expect.poll(async () => notesOf(server, 'anna')).toContain('needs-agent: nft 1');
  expect(old.state).toBeUndefined();
});

test('one identity on two machines is reported with both places, and neither flaps', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  const first = await server.enrol(anna);
  await first.next('state');
  const second = await server.connect(anna, { seen: { boot: 'of a copy' } });
  const refused = await second.next('refused');
  expect(refused).toMatchObject({ error: { code: 'server/two-machines' } });
  expect(refused.again).toBeGreaterThan(60);
  expect(first.closed).toBeUndefined();
  expect((await notesOf(server, 'anna'))[0]).toMatch(/^clone: .*127\.0\.0\.1 and 127\.0\.0\.1$/);
  const told = (await server.call('status', {})).machines.flatMap(({ failures }) => failures);
  expect(told).toMatchObject([{ code: 'server/two-machines' }]);
  expect(await server.call('audit', {})).toContainEqual(
    expect.objectContaining({ action: 'clone', actor: 'anna' }),
  );
});

test('one agent that connects anew takes the place of its old connection', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  const first = await server.enrol(anna);
  await first.next('state');
  const second = await server.connect(anna);
  await first.end();
  await second.next('state');
  expect(second.closed).toBeUndefined();
});

test('new keys of a machine reach its peers', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  const hub = await server.enrol(new Machine('hub'), server.hubToken);
  const channel = await server.enrol(anna);
  const { keys } = new Machine('other');
  channel.say({ type: 'seen', keys });
  await hub.until((own) => JSON.stringify(own.tunnels).includes(keys['0'] ?? ''));
});

test('a machine that says that another’s key is its own takes nothing from that one, and is told of', async () => {
  await using server = await TestServer.start();
  const hub = new Machine('hub');
  const mallory = new Machine('mallory');
  const anna = new Machine('anna');
  const own = await server.enrol(hub, server.hubToken);
  const channel = await server.enrol(mallory);
  const { keys } = anna;
  await server.enrol(anna);
  const before = await own.until(({ tunnels }) => JSON.stringify(tunnels).includes('"anna"'));
  const owners = async () =>
    (await server.call('audit', {})).flatMap(({ action, detail }) =>
      action === 'key-taken' ? [detail] : [],
    );
  const told = (owner: string) => ({ taken: [{ machine: 'mallory', owner }] });
  channel.say({ type: 'seen', keys, mtu: 1 });
  await expect.poll(owners).toEqual([told('anna')]);
  const lanes = { '0': mallory.keys['0'] ?? '', '1': hub.keys['0'] ?? '' };
  await server.connect(mallory, { keys: lanes });
  await expect.poll(owners).toEqual([told('anna'), told('hub')]);
  await own.settled();
  expect(own.state?.tunnels).toEqual(before.tunnels);
});

test('a machine that takes a change back is left alone until somebody asks for a retry', async () => {
  await using server = await TestServer.start();
  const channel = await server.enrol(new Machine('anna'));
  const { epoch, rev, hash } = await channel.next('state');
  channel.say({
    type: 'report',
    ...{ epoch, rev, hash },
    outcome: 'reverted',
    changes: [],
    failures: [],
  });
  await expect.poll(async () => notesOf(server, 'anna')).toContain('quarantined');
  expect(channel.messages.filter(({ type }) => type === 'state')).toEqual([]);
  await server.call('retryMachine', { machine: 'anna' });
  await channel.next('retry');
  expect(await channel.next('state')).toMatchObject({ hash });
  expect(await notesOf(server, 'anna')).not.toContain('quarantined');
});

test('a state says how many acts of persons it rests on; what machines do and say is none', async () => {
  await using server = await TestServer.start();
  const anna = await server.enrol(new Machine('anna'));
  expect(await anna.next('state')).toMatchObject({ act: 0 });
  anna.say({ type: 'seen', mtu: 1280 });
  expect(await anna.next('delta')).toMatchObject({ act: 0, fromAct: 0 });
  await server.enrol(new Machine('ben'));
  const { files, entry } = await server.call('pull', {});
  // It does not concern anna, who is told nothing of it.
  const changed = {
    ...files,
    [entry]: (files[entry] ?? '').replace('ben: {}', 'ben: { port: 1 }'),
  };
  await server.call('apply', {}, { entry, files: changed, force: true });
  anna.say({ type: 'seen', mtu: 1290 });
  const { epoch, rev, hash, ...delta } = await anna.next('delta');
  expect(delta).toMatchObject({ act: 1, fromAct: 1 });
  const outcome = { outcome: 'reverted', withAct: true, changes: [], failures: [] };
  anna.say({ type: 'report', epoch, rev, hash, ...outcome });
  expect(await anna.next('current')).toMatchObject({ hash, act: 1 });
  await server.call('revokeMachine', { machine: 'ben' }, { revoked: true });
  anna.say({ type: 'seen', mtu: 1280 });
  expect(await anna.next('state')).toMatchObject({ act: 2 });
});

test('who took a change back and was away when another was cut off is told so when it returns', async () => {
  await using server = await TestServer.start();
  const hub = new Machine('hub');
  const channel = await server.enrol(hub, server.hubToken);
  await server.enrol(new Machine('ben'));
  await channel.until(({ tunnels }) => JSON.stringify(tunnels).includes('"ben"'));
  const { epoch, rev, hash } = await channel.next('delta');
  const outcome = { outcome: 'reverted', withAct: true, changes: [], failures: [] };
  channel.say({ type: 'report', epoch, rev, hash, ...outcome });
  await channel.settled();
  channel.close();
  // Of who is away the store alone tells.
  await expect.poll(async () => isAway(server, 'hub')).toBe(true);
  await expect.poll(async () => notesOf(server, 'hub')).toContain('quarantined');
  await server.call('revokeMachine', { machine: 'ben' }, { revoked: true });
  const again = await server.connect(hub);
  const { tunnels } = await again.until(() => true);
  expect(JSON.stringify(tunnels)).not.toContain('"ben"');
});

test('drift is told with what differed and how often', async () => {
  await using server = await TestServer.start();
  const channel = await server.enrol(new Machine('anna'));
  const drift = { type: 'drift', changes: ['add route x'], repaired: true };
  for (const at of ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z']) {
    channel.say({ ...drift, at });
  }
  await expect
    .poll(async () => server.call('drift', {}))
    .toMatchObject([{ machine: 'anna', changes: ['add route x'], times: 2 }]);
  const path = `/v1/networks/${server.network}/drift?machine=nobody`;
  const nobody = await server.send('GET', path, { token: server.admin });
  expect(nobody.status).toBe(404);
});

test('what was taken back and is there after all, as after a resume on the machine, is no longer in quarantine', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  const channel = await server.enrol(anna);
  await channel.until(() => true);
  channel.report('reverted');
  await channel.settled();
  channel.close();
  // Of who is away the store alone tells.
  await expect.poll(async () => isAway(server, 'anna')).toBe(true);
  await expect.poll(async () => notesOf(server, 'anna')).toContain('quarantined');
  const again = await server.connect(anna);
  await again.next('freeze');
  await again.settled();
  again.report('confirmed', channel.state);
  await expect.poll(async () => notesOf(server, 'anna')).not.toContain('quarantined');
  again.close();
  await expect.poll(async () => isAway(server, 'anna')).toBe(true);
  expect(await notesOf(server, 'anna')).not.toContain('quarantined');
});

test('a frozen network is told so and changes nothing until thawed', async () => {
  await using server = await TestServer.start();
  const channels = await server.populate('anna');
  const anna = channels.get('anna');
  expect(await anna?.next('freeze')).toMatchObject({ frozen: false });
  await server.call('freeze', {}, { frozen: true, why: 'a demonstration' });
  expect(await anna?.next('freeze')).toMatchObject({ frozen: true });
  const { files, entry, revision } = await server.call('pull', {});
  const changed = { ...files, [entry]: allow(files[entry] ?? '') };
  await server.call('apply', {}, { entry, files: changed, base: revision });
  await anna?.settled();
  expect(await notesOf(server, 'anna')).toContain('frozen');
  expect(anna?.state?.rev).toBeLessThan(revision.number + 1);
  await server.call('freeze', {}, { frozen: false });
  await anna?.until((state) => state.rev === revision.number + 1);
});

test('a renamed machine keeps its key, its address and its connection', async () => {
  await using server = await TestServer.start();
  const anna = new Machine('anna');
  const channel = await server.enrol(anna);
  const before = await channel.until(() => true);
  const { files, entry, revision } = await server.call('pull', {});
  const text = (files[entry] ?? '').replace('anna: {}', 'berta: { was: anna }');
  await server.call('apply', {}, { entry, files: { ...files, [entry]: text }, base: revision });
  const after = await channel.until(({ machine }) => machine === 'berta');
  expect(after.namespaces['root']?.addresses).toEqual(before.namespaces['root']?.addresses);
  (await server.connect(anna)).close();
  expect((await server.call('status', {})).machines).toContainEqual(
    expect.objectContaining({ name: 'berta', enrolment: 'enrolled' }),
  );
  await server.call('rollback', { number: revision.number }, {});
  const still = await server.connect(anna, { machine: 'berta' });
  const back = await still.until(({ machine }) => machine === 'anna');
  expect(back.namespaces['root']?.addresses).toEqual(before.namespaces['root']?.addresses);
  expect(JSON.stringify(back.tunnels)).toContain(anna.keys['0']);
});

test('two machines are told the same preshared key of their tunnel, and no other hears it', async () => {
  await using server = await TestServer.start();
  const channels = await server.populate('anna', 'bob');
  await channels.get('hub')?.until((own) => JSON.stringify(own.tunnels).includes('"bob"'));
  for (const channel of channels.values()) await channel.settled();
  const [hub, anna, bob] = ['hub', 'anna', 'bob'].map((name) => channels.get(name)?.secrets);
  expect(anna?.size).toBe(1);
  for (const member of [anna, bob]) {
    for (const [reference, value] of member ?? []) expect(hub?.get(reference)).toBe(value);
  }
  expect([...(anna ?? [])]).not.toEqual([...(bob ?? [])]);
});
