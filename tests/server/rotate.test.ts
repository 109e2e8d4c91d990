import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RotationStatus } from '#api';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { overlay, Star } from './star.ts';
import { type Machine, type Running, serveAgain } from './world.ts';

const network = 't-rotate';
const device = `hw-${network}`;
const secretsFile = `/var/lib/hawser/secrets/${network}.json`;
const keyFolder = `/var/lib/hawser/keys/${network}`;

/** Packets in a row, 1,000 a second, until they are stopped. ping(8) shows both directions. */
class Stream {
  readonly #ping: Running;

  constructor(from: Machine, to: string) {
    this.#ping = from.run('ping', '-i', '0.001', to);
  }

  get returned(): number {
    return this.#ping.output.match(/ttl=/g)?.length ?? 0;
  }

  /** How many packets did not return although later ones did. Ends when there were enough of them to tell. */
  async end(): Promise<number> {
    await until('there were packets enough', () => this.returned > 300);
    await this.#ping.end('SIGINT');
    const output = await this.#ping.whole();
    const seen = [...output.matchAll(/icmp_seq=(\d+) ttl/g)].map(([, n]) => Number(n));
    return Math.max(...seen) - new Set(seen).size;
  }
}

const lossless = async (streams: readonly Stream[]): Promise<void> => {
  const lost = await Promise.all(streams.map((stream) => stream.end()));
  expect(lost).toEqual(lost.map(() => 0));
};

const keyOf = (machine: Machine): string => machine.do(`wg show ${device} public-key`).trim();

const devicesOf = (machine: Machine): string => machine.do('wg show interfaces').trim();

const rotationAt = (machine: Machine): RotationStatus | null =>
  (JSON.parse(machine.must('rotate', '--status', '--json')) as { rotation: RotationStatus | null })
    .rotation;

suite('a change of key', { needs: ['root', 'netns', 'tun'] }, () => {
  let star: Star;
  beforeAll(async () => {
    star = await Star.open(network);
  });
  afterAll(async () => {
    await star.close();
  });

  test('loses no packet of 1,000 a second, whenever the server is killed meanwhile', async () => {
    const { hub, alice, bob } = star;
    const before = [hub, alice, bob].map(keyOf);
    const port = hub.do(`wg show ${device} listen-port`);
    const streams = [new Stream(alice, overlay.bob), new Stream(bob, overlay.hub)];
    hub.must('rotate', 'hub', '--linger', '1s', '--no-wait');
    // Once in every phase that is seen; a server that comes back holds up the one that it finds.
    const killed = new Set<string>();
    for (let now = rotationAt(hub); now; now = rotationAt(hub)) {
      if (killed.has(now.phase)) continue;
      killed.add(now.phase);
      await star.server.end('SIGKILL');
      star.server = await serveAgain(hub);
    }
    expect(killed.size).toBeGreaterThan(2);
    await until('the detours are gone', () =>
      [hub, alice, bob].every((machine) => devicesOf(machine) === device),
    );
    await lossless(streams);
    const after = [hub, alice, bob].map(keyOf);
    expect(after[0]).not.toBe(before[0]);
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(hub.do(`wg show ${device} listen-port`)).toBe(port);
    await until('keys of the detours are gone', () =>
      [hub, alice, bob].every((one) => one.do(`ls ${keyFolder}`).trim() === '0.key'),
    );
  });

  test('waits for whoever finds a port closed, names it, and is given up without loss', async () => {
    const { hub, alice } = star;
    const before = keyOf(alice);
    hub.do('nft add table inet closed');
    hub.box.run(['nft', 'add chain inet closed input { type filter hook input priority 0; }']);
    hub.do('nft add rule inet closed input udp dport 51821 drop');
    const stream = new Stream(alice, overlay.hub);
    hub.must('rotate', 'alice', '--no-wait');
    const waits = await until('somebody is waited for', () => {
      const found = rotationAt(hub)?.waits.find(({ why }) => why.includes('handshake'));
      return found ?? false;
    });
    expect(waits).toMatchObject({ machine: 'hub' });
    expect(waits.why).toContain('UDP 51821 of hub (192.0.2.1:51821)');
    const again = hub.hawser('rotate', 'hub');
    expect(again).toMatchObject({ code: 2 });
    expect(again.err).toContain('server/rotation-runs');
    hub.must('rotate', '--abort');
    await until('the detour is gone', () => devicesOf(alice) === device);
    await lossless([stream]);
    expect(keyOf(alice)).toBe(before);
    hub.do('nft delete table inet closed');
  });

  test('of preshared keys waits for who is paused, pair by pair, and loses no packet', async () => {
    const { hub, alice, bob } = star;
    const presharedOf = (machine: Machine) =>
      machine.do(`wg show ${device} preshared-keys`).trim().split(/\s+/);
    const [before, kept] = [presharedOf(alice)[1], presharedOf(bob)[1]];
    const streams = [new Stream(alice, overlay.hub), new Stream(bob, overlay.hub)];
    bob.must('agent', 'pause');
    hub.must('rotate', '--preshared', '--no-wait');
    const news = await until('alice uses a newer key', () => {
      const now = presharedOf(alice)[1];
      return now !== undefined && now !== before && presharedOf(hub).includes(now) && now;
    });
    expect(presharedOf(hub)).toContain(kept);
    expect(hub.must('rotate', '--status')).toContain('bob: it is paused');
    bob.must('agent', 'resume');
    await until('older keys are forgotten', () =>
      hub.must('rotate', '--status').startsWith('no key'),
    );
    await until('bob uses a newer key', () => {
      const now = presharedOf(bob)[1];
      return now !== undefined && now !== kept && presharedOf(hub).includes(now);
    });
    await lossless(streams);
    expect(hub.read(secretsFile)).toContain(news);
    await until('the hub keeps no older value', () => {
      const values = JSON.parse(hub.read(secretsFile)) as object;
      return Object.keys(values).every((reference) => reference.endsWith('@2'));
    });
  });

  test('leaves the old key to those who have it in a file, until each moved or was dropped', async () => {
    const { hub, alice, world } = star;
    const carol = await world.machine('carol');
    const members = ['carol', 'dave'].map((name) => `${name}: { managed: false },`).join(' ');
    star.edit((text) => text.replace(/members:\s*\{/, `members: { ${members}`));
    const [old, before] = [hub.must('export', 'carol'), keyOf(hub)];
    hub.must('export', 'dave');
    carol.write('/run/wg0.conf', old);
    carol.do('wg-quick up /run/wg0.conf');
    await until('carol is in', () => carol.reaches(overlay.alice));
    expect(hub.must('rotate', 'hub', '--plan')).toContain('files that go stale: carol, dave');
    const others = new Stream(alice, overlay.bob);
    const fromFile = new Stream(carol, overlay.alice);
    hub.must('rotate', 'hub', '--linger', '1s', '--no-wait');
    await until('files are waited for', () => rotationAt(hub)?.phase === 'files');
    expect(hub.must('rotate', '--status')).toContain('hawser export carol --key-from');
    await until('the detour is gone', () => devicesOf(hub).split(' ').length === 2);
    await lossless([fromFile]);

    hub.write('/run/old.conf', old);
    const moved = hub.must('export', 'carol', '--key-from', '/run/old.conf');
    expect(moved).not.toContain(before);
    carol.write('/run/new/wg0.conf', moved);
    carol.write('/run/new.conf', carol.do('wg-quick strip /run/new/wg0.conf'));
    const moving = new Stream(carol, overlay.alice);
    await until('some came through', () => moving.returned > 100);
    carol.do('wg setconf wg0 /run/new.conf');
    await until('carol is not waited for', () => !hub.must('rotate', '--status').includes('carol'));
    const some = moving.returned;
    await until('more come through', () => moving.returned > some + 100);
    // No more than what came before the hub looked by which of its keys carol lives.
    expect(await moving.end()).toBeLessThan(1000);

    hub.must('rotate', '--drop', 'dave');
    await until('the old key is gone', () => !devicesOf(hub).includes(' '));
    expect(hub.do('wg show all public-key')).not.toContain(before);
    await lossless([others]);
    expect(carol.reaches(overlay.alice)).toBe(true);
    carol.do('wg-quick down /run/wg0.conf');
    carol.do('wg-quick up /run/wg0.conf');
    expect(carol.reaches(overlay.alice)).toBe(false);
  });

  test('in place begins the sessions anew', async () => {
    const { hub, alice } = star;
    const before = keyOf(alice);
    expect(hub.must('rotate', 'alice', '--now', '--yes')).toContain('impact: session');
    expect(keyOf(alice)).not.toBe(before);
    await until('the hub knows the new key', () =>
      hub.do('wg show all peers').includes(keyOf(alice)),
    );
  });
});
