import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateKeyPair, generatePresharedKey } from '#wireguard';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { joinToken, type Machine, type Running, settled, World } from './world.ts';

const addresses: Readonly<Record<string, string>> = {
  hub: '172.22.2.1',
  anna: '172.22.2.13',
  ben: '172.22.2.14',
};
const addressOf = ({ name }: Machine): string => addresses[name] ?? '';
const configuration = '/etc/wireguard/wg0.conf';

/** A hub and its partners as MuPIF has them: files that were made at the hub, a preshared key each. */
function makeFiles(hub: Machine, partners: readonly Machine[]): void {
  const own = generateKeyPair();
  const peers = partners.map((machine) => {
    const { privateKey, publicKey } = generateKeyPair();
    const secret = generatePresharedKey().reveal();
    machine.write(
      configuration,
      `[Interface]
Address = ${addressOf(machine)}/24
PrivateKey = ${privateKey.reveal()}
[Peer]
PublicKey = ${own.publicKey}
PresharedKey = ${secret}
AllowedIPs = 172.22.2.0/24
Endpoint = ${hub.address}:51820
PersistentKeepalive = 20
`,
    );
    return `[Peer]
# ${machine.name}
PublicKey = ${publicKey}
PresharedKey = ${secret}
AllowedIPs = ${addressOf(machine)}/32
`;
  });
  hub.write(
    configuration,
    `[Interface]
Address = ${addressOf(hub)}/24
ListenPort = 51820
PrivateKey = ${own.privateKey.reveal()}
PostUp = sysctl -qw net.ipv4.ip_forward=1
${peers.join('')}`,
  );
}

/** Writes down what is asked of wg to write. */
function watchWg(machine: Machine): void {
  machine.do('cp /usr/bin/wg /run/wg-itself');
  const script = `#!/bin/sh\ncase $1 in show*) ;; *) echo "$*" >> /run/wg-writes ;; esac\nexec /run/wg-itself "$@"\n`;
  machine.box.write('/run/wg', script, '0755');
  machine.do('touch /run/wg-writes');
  machine.do('mount --bind /run/wg /usr/bin/wg');
}

/** All of an interface but counters, times, where peers are, link-local addresses and whose it is. */
const pictureOf = (machine: Machine): string =>
  [
    machine
      .do('wg showconf wg0')
      .replace(/^Endpoint.*\n/gm, '')
      .trim()
      .split('\n\n')
      .sort()
      .join('\n\n'),
    machine.do('ip -br link show dev wg0'),
    machine.do('ip -br address show dev wg0').replace(/ fe80\S*/, ''),
    machine.do('ip route show dev wg0'),
  ].join('\n---\n');

/** What tells that Hawser keeps it. */
const marksOf = (machine: Machine): string =>
  [
    /alias hawser\S*/.exec(machine.do('ip -d link show dev wg0'))?.[0] ?? '',
    machine.do('nft list tables'),
    machine.do('ip route show type unreachable'),
  ]
    .join('')
    .trim();

/** Bytes received and sent of all peers, and when they shook hands. */
const sessionsOf = (machine: Machine): readonly (readonly number[])[] =>
  machine
    .do('wg show wg0 dump')
    .trim()
    .split('\n')
    .slice(1)
    .sort()
    .map((line) => line.split('\t').slice(4, 7).map(Number));

/** Sequence numbers of the answers that a running ping got. */
const answersTo = ({ output }: Running): readonly number[] =>
  [...output.matchAll(/bytes from .*icmp_seq=(\d+)/g)].map(([, number]) => Number(number));

suite('a hub whose partners have files of their own', { needs: ['netns', 'tun'] }, () => {
  let world: World;
  let hub: Machine;
  let anna: Machine;
  let ben: Machine;
  let server: Running;
  /** What the hub's interface is before Hawser. */
  let before: string;
  /** Anna asks Ben something all the time. */
  let asking: Running;

  const network = '/run/home/net.yaml';
  const agentPid = (): number =>
    (JSON.parse(hub.must('agent', 'status', '--json')) as { readonly pid: number }).pid;

  beforeAll(async () => {
    world = await World.open();
    [hub, anna, ben] = [
      await world.machine('hub'),
      await world.machine('anna'),
      await world.machine('ben'),
    ];
    const all = [hub, anna, ben];
    for (const machine of all) machine.do('mount -t tmpfs tmpfs /etc/wireguard');
    makeFiles(hub, [anna, ben]);
    for (const machine of all) machine.do('wg-quick up wg0');
    server = hub.start('server', '--no-join', '--address', hub.address);
    await until('the server serves', () => server.output.includes('serving at'));
    expect(anna.reaches(addressOf(ben))).toBe(true);
    asking = anna.run('ping', '-i', '0.1', addressOf(ben));
    before = pictureOf(hub);
    watchWg(hub);
  }, 60_000);

  afterAll(async () => {
    await server?.end('SIGKILL');
    await world?.close();
  });

  test('lets nobody lose it to a file that says something else of it', () => {
    const names = ['--network', 'platform', '--name', 'peer-172-22-2-1=hub'];
    const where = ['--endpoint', `hub=${hub.address}:51820`];
    hub.must('import', configuration, '-o', network, ...names, ...where);
    const whole = hub.read(network);
    hub.write(network, whole.replace(/ {2}ben:\n(?: {4}.*\n)*/, ''));
    hub.must('apply', network, '--create');
    const { code, out } = hub.hawser('join', joinToken(hub), '--adopt', 'wg0');
    expect(code).toBe(1);
    expect(out).toMatch(/wg0 would not stay as it is: remove peer .*\[agent\/adopt-differs\]/);
    expect(out).toContain('members: { peer-172-22-2-14: { managed: false, overlay: 172.22.2.14,');
    expect([pictureOf(hub), marksOf(hub)]).toEqual([before, '']);
    hub.write(network, whole);
  });

  test('is taken over as it is once the file is right, and nothing of it is written', async () => {
    const sessions = sessionsOf(hub);
    hub.must('apply', network);
    await settled(hub, 'hub');
    expect(pictureOf(hub)).toBe(before);
    expect(marksOf(hub)).toMatch(/^alias hawser:platform:adopted\/wg0table inet hawser-platform/);
    expect(hub.hawser('agent', 'status').code).toBe(0);
    expect(hub.read('/run/wg-writes')).toBe('');
    for (const [index, [handshake = 0, received = 0, sent = 0]] of sessionsOf(hub).entries()) {
      const [shook = 0, got = 0, gave = 0] = sessions[index] ?? [];
      expect(handshake).toBe(shook);
      expect(received).toBeGreaterThanOrEqual(got);
      expect(sent).toBeGreaterThanOrEqual(gave);
    }
  });

  test('goes on while its agent is killed, and when it is given back', async () => {
    hub.do(`kill -9 ${agentPid()}`);
    await until('the agent is back', () => hub.hawser('agent', 'status').code === 0);
    const sessions = sessionsOf(hub);
    const said: unknown = JSON.parse(hub.must('agent', 'release', '--interface', 'wg0', '--json'));
    expect(said).toMatchObject({ network: 'platform', told: true });
    expect(said).toMatchObject({ notes: [{ code: 'agent/given-back' }] });
    expect([pictureOf(hub), marksOf(hub)]).toEqual([before, '']);
    expect(sessionsOf(hub).map(([handshake]) => handshake)).toEqual(
      sessions.map(([handshake]) => handshake),
    );
  });

  test('is taken over again, and made by the agent after a reboot, with the files that all have', async () => {
    const said = hub.must('join', joinToken(hub), '--adopt', 'wg0');
    expect(said).toContain('wg0 was taken over as it is, with 2 peers');
    expect(said).toContain('at boot: PostUp (/etc/wireguard/wg0.conf:5:1)');
    expect(pictureOf(hub)).toBe(before);

    const answers = answersTo(asking);
    expect(answers.length).toBeGreaterThan(10);
    expect(answers).toEqual(answers.map((_, index) => index + 1));
    await asking.end('SIGKILL');

    hub.must('agent', 'stop');
    hub.do('ip link del wg0');
    hub.do('rm -rf /run/hawser');
    hub.must('agent', 'start');
    await until('the agent made it', () => marksOf(hub).startsWith('alias hawser:platform:wg0'));
    await until('it has its peers', () => hub.read('/run/wg-writes').includes('addconf wg0'));
    // As after a reboot of theirs: a session with the hub of before is found dead after 15 s only.
    for (const machine of [anna, ben]) machine.do('wg-quick down wg0');
    for (const machine of [anna, ben]) machine.do('wg-quick up wg0');
    await until('anna reaches ben', () => anna.reaches(addressOf(ben)));
  });

  test('is given back without a server and an agent, too', async () => {
    hub.must('agent', 'stop');
    const said = hub.must('agent', 'release', 'platform');
    expect(said).toContain('no server heard it');
    expect([pictureOf(hub), marksOf(hub)]).toEqual([before, '']);
    expect(anna.reaches(addressOf(ben))).toBe(true);
  });
});
