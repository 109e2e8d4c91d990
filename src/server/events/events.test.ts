import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NetworkEvent } from '#api';
import { generateKeyPair } from '#wireguard';
import { type Channel, Machine } from '../fixtures/machine.ts';
import { TestServer } from '../fixtures/server.ts';
import { openStore } from '../store/index.ts';

let server: TestServer;
let agents: ReadonlyMap<string, Channel>;
beforeEach(async () => {
  server = await TestServer.start();
  agents = await server.populate('anna', 'bob');
  token = server.admin;
});
afterEach(async () => server[Symbol.asyncDispose]());

const agent = (name: string): Channel => agents.get(name) as Channel;
let token: string;
async function events(query: Readonly<Record<string, string>> = {}) {
  const path = `/v1/networks/net/events/log?${new URLSearchParams(query)}`;
  return (await server.send('GET', path, { token })).body as readonly NetworkEvent[];
}
const sentences = async (
  query: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> => (await events(query)).map(({ kind, text }) => `${kind}: ${text}`);
const soon = { interval: 20, timeout: 10_000 };

const tell = (heard: number): void => {
  const sample = { rx: 10, tx: 20, heard, handshake: heard };
  agent('hub').say({ type: 'samples', peers: { anna: sample } });
  agent('anna').say({ type: 'samples', peers: { hub: sample } });
};

test('who joins, what is applied and what was put back are events, in a sentence each', async () => {
  expect(await sentences({ kind: 'joined' })).toEqual([
    'joined: hub joined',
    'joined: anna joined',
    'joined: bob joined',
  ]);
  const at = new Date().toISOString();
  agent('bob').say({ type: 'drift', at, changes: ['add a <b>route</b>'], repaired: true });
  agent('anna').say({ type: 'drift', at, changes: ['add 10% more'], repaired: false });
  await expect
    .poll(() => sentences({ since: '2000-01-01T00:00:00Z' }), soon)
    .toEqual(
      expect.arrayContaining([
        'repaired: bob was put back as it should be: add a <b>route</b>',
        'drift: anna is another than it should be: add 10% more',
      ]),
    );
  expect(await sentences({ search: '10% MORE' })).toHaveLength(1);
  expect(await sentences({ search: '10_ more' })).toEqual([]);
  expect(await sentences({ machine: 'bob' })).toHaveLength(2);
  const [first] = await events({ limit: '1', since: '2000-01-01T00:00:00Z' });
  const later = await events({ after: String(first?.seq) });
  expect(later.map(({ seq }) => seq)).not.toContain(first?.seq);
});

test('who is cut off, let back and removed is told, by whom, and what was applied and taken back', async () => {
  await server.call('revokeMachine', { machine: 'bob' }, { revoked: true, why: 'lost' });
  await server.call('revokeMachine', { machine: 'bob' }, { revoked: false, why: 'found' });
  const { entry, files, revision: base } = await server.call('pull', {});
  const changed = { [entry]: `${files[entry]}# more\n` };
  const { id } = await server.call('apply', {}, { entry, files: changed, base, why: 'a comment' });
  await server.call('rollback', { number: base.number }, { why: 'not that' });
  await server.call('removeMachine', { machine: 'bob' });
  expect(await sentences({ kind: 'left' })).toEqual([
    'left: bob is cut off: admin did that',
    'left: bob is out: admin removed it',
  ]);
  expect(await sentences({ kind: 'joined', machine: 'bob' })).toEqual([
    ...['joined: bob joined', 'joined: bob is back: admin let it'],
  ]);
  const told = await sentences({ kind: 'apply' });
  expect(told).toContain(`apply: admin applied revision ${id.number}: a comment`);
  expect(told).toContain(`apply: admin went back, by revision ${id.number + 1}: not that`);
});

test('a tunnel that comes up and goes down is told once each', async () => {
  tell(3);
  const up = /^up: the tunnel between anna and hub is up: anna heard hub 3 s ago/;
  await expect.poll(() => sentences({ kind: 'up' }), soon).toEqual([expect.stringMatching(up)]);
  tell(200);
  await expect
    .poll(
      async () => (await events({ kind: 'down' })).map(({ machine, other }) => [machine, other]),
      soon,
    )
    .toEqual([['anna', 'hub']]);
});

test('of a tunnel the end that is no hub is told first; one that was told the other way round is the same', async () => {
  const data = mkdtempSync(join(tmpdir(), 'hawser-events-'));
  await using opened = new AsyncDisposableStack();
  const store = opened.adopt(await openStore({ data }), async (one) => one.close());
  await using own = await TestServer.start({ data }, { store });
  const channels = await own.populate('yan', 'zoe');
  const at = new Date().toISOString();
  const before = { kind: 'up', machine: 'hub', other: 'yan', text: 'as it was told once' } as const;
  await store.write(async (tx) => tx.addEvents('net', [{ ...before, at }]));
  const say = (heard: number): void => {
    const sample = { rx: 10, tx: 20, heard, handshake: heard };
    channels.get('hub')?.say({ type: 'samples', peers: { yan: sample, zoe: sample } });
    for (const name of ['yan', 'zoe'])
      channels.get(name)?.say({ type: 'samples', peers: { hub: sample } });
  };
  const told = async (of: 'up' | 'down') =>
    (await own.call('events', {}))
      .filter(({ kind }) => kind === of)
      .map(({ machine, other }) => `${machine} ${other}`);
  say(3);
  await expect.poll(async () => told('up'), soon).toEqual(['hub yan', 'zoe hub']);
  say(200);
  await expect.poll(async () => told('down'), soon).toHaveLength(2);
  expect(await told('down')).toEqual(['yan hub', 'zoe hub']);
  expect(await told('up')).toEqual(['hub yan', 'zoe hub']);
  const { tunnels } = await own.call('tunnels', {});
  expect(tunnels.map(({ why }) => why)).toEqual([
    expect.stringMatching(/^yan has heard nothing of hub/),
    expect.stringMatching(/^zoe has heard nothing of hub/),
  ]);
});

test('a laptop without an agent that falls silent is a warning, and not down', async () => {
  const { entry, files, revision: base } = await server.call('pull', {});
  const { publicKey } = generateKeyPair();
  const text = String(files[entry]).replace(
    /(members:.*)\}/,
    `$1, lap: { managed: false, key: "${publicKey}" } }`,
  );
  await server.call('apply', {}, { entry, files: { [entry]: text }, base });
  const say = (heard: number): void => {
    const lap = { rx: 10, tx: 20, heard, handshake: heard };
    agent('hub').say({ type: 'samples', peers: { lap } });
  };
  say(3);
  await expect.poll(() => sentences({ machine: 'lap', kind: 'up' }), soon).toHaveLength(1);
  say(200);
  await expect
    .poll(() => sentences({ machine: 'lap', kind: 'degraded' }), soon)
    .toEqual([expect.stringMatching(/is stale: hub has heard nothing of lap .* may just be off$/)]);
  const between = await events({ machine: 'lap', other: 'hub' });
  expect(between.map(({ kind }) => kind)).toEqual(['up', 'degraded']);
  expect(await events({ machine: 'lap', other: 'anna' })).toEqual([]);
});

const noPort = {
  code: 'host/no-port',
  severity: 'error',
  message: 'there is no device eth1',
  fix: 'Plug it in.',
} as const;

test('a machine that fails at what its network says is told once, also after a restart of the server, and when it is well', async () => {
  const told = async (): Promise<readonly string[]> => [
    ...(await sentences({ kind: 'failing' })),
    ...(await sentences({ kind: 'well' })),
  ];
  const long = { interval: 100, timeout: 30_000 };
  const failures = [noPort, { ...noPort, code: 'host/other' }];
  const cleo = new Machine('cleo');
  const first = await server.enrol(cleo);
  await first.next('state');
  first.report('confirmed');
  agent('hub').report('confirmed');
  first.report('failed', first.state, failures);
  const failing =
    'failing: cleo is not all that its network says: there is no device eth1 [host/no-port], and 1 more';
  await expect.poll(told, long).toEqual([failing]);
  const { data } = server;
  await server.stop();
  server = await TestServer.start({ data });
  const second = await server.connect(cleo);
  await second.next('state');
  second.report('confirmed');
  second.report('failed', second.state, failures);
  await expect
    .poll(async () => (await server.send('GET', '/metrics', { token })).body, long)
    .toContain('hawser_machine_failures{network="net",machine="cleo"} 2');
  expect(await told()).toEqual([failing]);
  second.report('applied');
  const well = 'well: cleo is again all that its network says';
  await expect.poll(told, long).toEqual([failing, well]);
  // What two places claim, and what is no more than a warning, is no failure of its own.
  const dark = { ...noPort, code: 'agent/port-dark', message: 'eth1 has no carrier' };
  const warned = [
    { ...noPort, code: 'agent/two-places' },
    { ...noPort, code: 'agent/site-unheard', severity: 'warning' },
  ];
  second.say({ type: 'seen', warnings: [...warned, dark] });
  const darkly =
    'failing: cleo is not all that its network says: eth1 has no carrier [agent/port-dark]';
  await expect.poll(told, long).toEqual([failing, darkly, well]);
}, 120_000);

test('one identity at two places is an event', async () => {
  const cleo = new Machine('cleo');
  const first = await server.enrol(cleo);
  await first.next('state');
  const copy = await server.connect(cleo, { seen: { boot: 'of a copy' } });
  await copy.next('refused');
  expect(await sentences({ kind: 'clone' })).toEqual([
    'clone: the identity of cleo is used at two places: 127.0.0.1 and 127.0.0.1',
  ]);
});

test('failed logins are told together, and from where', async () => {
  for (let count = 0; count < 3; count++) {
    await server.send('GET', '/v1/networks/net/status', { token: 'nonsense' });
  }
  const { data } = server;
  // A server that ends tells what it gathered.
  await server.stop();
  server = await TestServer.start({ data });
  expect(await sentences({ kind: 'login-failed' })).toEqual([
    expect.stringMatching(/^login-failed: 3 logins failed, the last from /),
  ]);
});
