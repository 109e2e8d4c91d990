import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TunnelStatus } from '#api';
import { generateKeyPair } from '#wireguard';
import { type Channel, Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

const soon = { interval: 20, timeout: 10_000 };

let server: TestServer;
let token: string;
const hub = new Machine('hub');
let channel: Channel;

const withLaptops = (text: string, ...laptops: readonly string[]): string =>
  text.replace(/^members:.*$/m, `members: { ${laptops.join(', ')} }`);
const laptop = (name: string, key = generateKeyPair().publicKey): string =>
  `${name}: { managed: false, key: "${key}" }`;

async function apply(...laptops: readonly string[]): Promise<void> {
  const { entry, files, revision: base } = await server.call('pull', {}, undefined, token);
  const before = String(files[entry]);
  const text = /^members:/m.test(before) ? before : `${before}members: {}\n`;
  const changed = { entry, files: { [entry]: withLaptops(text, ...laptops) }, base };
  await server.call('apply', {}, changed, token);
}

beforeEach(async () => {
  server = await TestServer.start();
  token = server.admin;
  channel = await server.enrol(hub, server.hubToken);
  await channel.next('state');
  await apply(laptop('lap'), laptop('new'));
});
afterEach(async () => server[Symbol.asyncDispose]());

async function restart(): Promise<void> {
  const { data } = server;
  await server.stop();
  server = await TestServer.start({ data });
  channel = await server.connect(hub);
  await channel.next('state');
}

const heard = (seconds: number) => ({ rx: 10, tx: 20, heard: seconds, handshake: seconds });
const anew = { rx: 0, tx: 0 };
const tell = (lap: object, other: object = anew): void =>
  channel.say({ type: 'samples', peers: { lap, new: other } });

async function tunnelTo(name: string): Promise<TunnelStatus | undefined> {
  const { tunnels } = await server.call('tunnels', {}, undefined, token);
  return tunnels.find(({ ends }) => ends.some(({ machine }) => machine === name));
}
const stateOf = async (name: string): Promise<string | undefined> => (await tunnelTo(name))?.state;
const eventsOf = async (machine: string): Promise<readonly string[]> =>
  (await server.call('events', {}, undefined, token))
    .filter((event) => event.other !== undefined && event.machine === machine)
    .map(({ kind }) => kind);
async function metrics(): Promise<readonly string[]> {
  const { body } = await server.send('GET', '/metrics', { token });
  return String(body)
    .split('\n')
    .filter((line) => /^hawser_tunnels?_?(up|state)?\{/.test(line));
}

test('a tunnel that was up once is never `never` again, whatever is made anew', async () => {
  tell(heard(0));
  await expect.poll(() => stateOf('lap'), soon).toBe('up');
  expect(await stateOf('new')).toBe('never');
  await expect.poll(() => eventsOf('lap'), soon).toEqual(['up']);
  // The laptop is off, and the device at the hub is made anew.
  tell(heard(200));
  await expect.poll(() => stateOf('lap'), soon).toBe('stale');
  await expect.poll(() => eventsOf('lap'), soon).toEqual(['up', 'degraded']);
  tell(anew);
  const why =
    /^hub has had no handshake with lap since its end was made anew \(the tunnel was up on \d{4}-\d\d-\d\d at \d\d:\d\d UTC\), and no agent runs there to tell more: it may just be off$/;
  const isRemembered = async (): Promise<void> => {
    await expect.poll(async () => (await tunnelTo('lap'))?.why, soon).toMatch(why);
    expect(await stateOf('lap')).toBe('stale');
    const wasUp = Date.parse((await tunnelTo('lap'))?.wasUp ?? '');
    expect(Math.abs(Date.now() - wasUp)).toBeLessThan(600_000);
    expect(await tunnelTo('new')).toMatchObject({
      ...{ state: 'never', why: 'hub has never heard new' },
    });
    await expect
      .poll(metrics, soon)
      .toEqual(
        expect.arrayContaining([
          'hawser_tunnels{network="net",state="never"} 1',
          'hawser_tunnels{network="net",state="stale"} 1',
          'hawser_tunnel_up{network="net",a="hub",b="lap"} 0',
          'hawser_tunnel_state{network="net",a="hub",b="lap",state="stale"} 1',
        ]),
      );
    expect((await metrics()).join()).not.toContain(
      'hawser_tunnel_up{network="net",a="hub",b="new"}',
    );
  };
  await isRemembered();
  await restart();
  tell(anew);
  await isRemembered();
  await restart();
  tell(anew);
  await isRemembered();
  // Nothing of all that is news.
  expect(await eventsOf('lap')).toEqual(['up', 'degraded']);
  expect(await eventsOf('new')).toEqual([]);
  tell(heard(0));
  await expect.poll(() => stateOf('lap'), soon).toBe('up');
  expect(await tunnelTo('lap')).not.toHaveProperty('wasUp');
}, 60_000);

test('a laptop that is on is no news while it finds the end that was made anew', async () => {
  tell(heard(0));
  await expect.poll(() => eventsOf('lap'), soon).toEqual(['up']);
  await restart();
  tell(anew);
  await expect.poll(() => stateOf('lap'), soon).toBe('stale');
  // Of one that falls silent later it is told.
  tell(anew, heard(0));
  await expect.poll(() => eventsOf('new'), soon).toEqual(['up']);
  tell(anew, heard(200));
  await expect.poll(() => eventsOf('new'), soon).toEqual(['up', 'degraded']);
  tell(heard(0));
  await expect.poll(() => stateOf('lap'), soon).toBe('up');
  expect(await eventsOf('lap')).toEqual(['up']);
}, 60_000);

test('who gets another key, or comes back under a name with one, has never connected', async () => {
  tell(heard(0));
  await expect.poll(() => stateOf('lap'), soon).toBe('up');
  await apply(laptop('lap'), laptop('new'));
  tell(anew);
  await expect.poll(() => stateOf('lap'), soon).toBe('never');
});

test('who changes a name takes along that it was up', async () => {
  const key = generateKeyPair().publicKey;
  await apply(laptop('lap', key), laptop('new'));
  tell(heard(0));
  await expect.poll(() => stateOf('lap'), soon).toBe('up');
  await apply(`notebook: { managed: false, was: lap, key: "${key}" }`, laptop('new'));
  channel.say({ type: 'samples', peers: { notebook: anew } });
  await expect.poll(() => stateOf('notebook'), soon).toBe('stale');
});

test('a machine with an agent that is away is down, and so are two that were both made anew', async () => {
  const anna = new Machine('anna');
  const { entry, files, revision: base } = await server.call('pull', {}, undefined, token);
  const text = withLaptops(String(files[entry]), 'anna: {}');
  await server.call('apply', {}, { entry, files: { [entry]: text }, base }, token);
  const joined = await server.call(
    'createToken',
    {},
    { role: 'join', name: 'more', network: 'net', admits: true },
    token,
  );
  const agent = await server.enrol(anna, joined.token);
  const both = (sample: object): void => {
    channel.say({ type: 'samples', peers: { anna: sample } });
    agent.say({ type: 'samples', peers: { hub: sample } });
  };
  both(anew);
  await expect.poll(() => stateOf('anna'), soon).toBe('never');
  both(heard(0));
  await expect.poll(() => stateOf('anna'), soon).toBe('up');
  both(anew);
  await expect.poll(() => stateOf('anna'), soon).toBe('down');
  expect((await tunnelTo('anna'))?.why).toMatch(/was up on .*\), and neither the other way$/);
  agent.close();
  await expect
    .poll(async () => (await tunnelTo('anna'))?.why, soon)
    .toMatch(/^hub has had no .*, and anna is away from its server$/);
  expect(await stateOf('anna')).toBe('down');
});
