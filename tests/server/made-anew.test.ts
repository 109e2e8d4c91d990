import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NetworkEvent, TunnelStatus, TunnelsStatus } from '#api';
import { generateKeyPair } from '#wireguard';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import {
  type Machine,
  overlayOf,
  type Running,
  serve,
  serveAgain,
  settled,
  World,
} from './world.ts';

const network = 'anew';
const device = `hw-${network}`;
const file = '/run/home/net.yaml';
const since =
  /^hub has had no handshake with lap since its end was made anew \(the tunnel was up on /;

suite('a hub whose device is made anew', { needs: ['netns', 'tun'] }, () => {
  const keys = { lap: generateKeyPair(), ghost: generateKeyPair() };
  let world: World;
  let hub: Machine;
  let lap: Machine;
  let server: Running;

  const tunnelOf = (name: string): TunnelStatus | undefined =>
    (JSON.parse(hub.must('tunnels', '--json')) as TunnelsStatus).tunnels.find(({ ends }) =>
      ends.some(({ machine }) => machine === name),
    );
  const became = async (state: string, within = 20_000): Promise<TunnelStatus> =>
    until(
      `the tunnel to the laptop is ${state}`,
      () => {
        const found = tunnelOf('lap');
        return found?.state === state && found;
      },
      within,
    );
  const metrics = (): string => hub.do('sh /run/metrics');
  /** Of the device: another one has another number. */
  const numberOf = (): string | undefined =>
    new RegExp(`^(\\d+): ${device}:`, 'm').exec(hub.do('ip -o link show'))?.[1];

  beforeAll(async () => {
    world = await World.open();
    [hub, lap] = [await world.machine('hub'), await world.machine('lap')];
    const started = await serve(hub, '--network', network);
    server = started.program;
    await settled(hub, 'hub');
    hub.must('pull', file, '--force');
    const members = Object.entries(keys)
      .map(([name, { publicKey }]) => `  ${name}: { managed: false, key: "${publicKey}" }\n`)
      .join('');
    hub.write(file, `${hub.read(file).replace(/^members:.*\n/m, '')}members:\n${members}`);
    hub.must('apply', file);
    const status = await settled(hub, 'hub');
    lap.do('mount -t tmpfs tmpfs /etc/wireguard');
    lap.write(
      '/etc/wireguard/wg0.conf',
      `[Interface]
PrivateKey = ${keys.lap.privateKey.reveal()}
Address = ${overlayOf(status, 'lap')}/32
[Peer]
PublicKey = ${hub.do(`wg show ${device} public-key`).trim()}
AllowedIPs = ${overlayOf(status, 'hub')}/32
Endpoint = ${hub.address}:51820
PersistentKeepalive = 25
`,
    );
    const token = JSON.parse(hub.must('token', 'create', '--role', 'viewer', '--json')) as {
      readonly token: string;
    };
    const url = /serving at (\S+)/.exec(server.output)?.[1] ?? '';
    hub.write(
      '/run/metrics',
      `curl -sk -H "Authorization: Bearer ${token.token}" ${url}/metrics\n`,
    );
  });
  afterAll(async () => {
    await server?.end('SIGKILL');
    await world?.close();
  });

  test('still says of a laptop that was there and is off that it was, and of one that never came that it never did', async () => {
    lap.do('wg-quick up wg0');
    await became('up');
    expect(tunnelOf('ghost')?.state).toBe('never');
    lap.do('wg-quick down wg0');
    // As after a reboot.
    hub.must('agent', 'stop');
    hub.do(`ip link del ${device}`);
    hub.must('agent', 'start');
    await settled(hub, 'hub');
    const { why, wasUp } = await became('stale');
    expect(why).toMatch(since);
    expect(Math.abs(Date.now() - Date.parse(wasUp ?? ''))).toBeLessThan(120_000);
    expect(tunnelOf('ghost')).toMatchObject({ state: 'never', why: 'hub has never heard ghost' });
    expect(metrics()).toContain(`hawser_tunnel_up{network="${network}",a="hub",b="lap"} 0`);
    expect(metrics()).not.toMatch(/hawser_tunnel_up{.*ghost/);
  });

  test('does so when its server was killed and is started anew', async () => {
    await server.end('SIGKILL');
    server = await serveAgain(hub);
    await settled(hub, 'hub');
    expect((await became('stale')).why).toMatch(since);
    expect(tunnelOf('ghost')?.state).toBe('never');
  });

  test('says that it is up when it is back, and has told nobody of anything else', async () => {
    lap.do('wg-quick up wg0');
    expect(await became('up')).not.toHaveProperty('wasUp');
    const events = hub
      .must('events', '--json')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as NetworkEvent);
    const told = events.filter(({ machine, other }) => machine === 'lap' && other === 'hub');
    expect(told.map(({ kind }) => kind)).toEqual(['up']);
  });

  test('says so too where an agent that runs made it anew, when two keepalives did not come', async () => {
    lap.do('wg-quick down wg0');
    const before = numberOf();
    hub.do(`ip link del ${device}`);
    await until('the agent made it anew', () => ![undefined, before].includes(numberOf()));
    expect((await became('stale', 90_000)).why).toMatch(since);
    expect(tunnelOf('ghost')?.state).toBe('never');
  }, 120_000);
});
