import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repositoryRoot } from '../support/checkout.ts';
import { suite } from '../support/suite.ts';
import { expectHolds } from './expect.ts';
import { HawserMachine, type Proof, patience } from './hawser.ts';
import { atMachine, delayed, delayUplink, inLabOf } from './scripts.ts';

const example = 'examples/tenant-router.yaml';
const text = readFileSync(join(repositoryRoot, example), 'utf8');
const space = /namespace: (\S+)/.exec(text)?.[1] ?? '';

interface Peer {
  readonly key: string;
  readonly received: number;
  readonly sent: number;
}

interface Held {
  /** Whether it is in the router. */
  readonly isInside: boolean;
  /** Private and public key, port and mark. */
  readonly device: string;
  readonly peers: readonly Peer[];
}

/** What `wg show dump` says; see wg(8). */
function heldBy(isInside: boolean, dump: string): Held {
  const [device = '', ...lines] = dump.trim().split('\n');
  const peers = lines.map((line) => {
    const [key = '', , , , , received, sent] = line.split('\t');
    return { key, received: Number(received), sent: Number(sent) };
  });
  return { isInside, device, peers: peers.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

suite('a tunnel of Debian’s own kernel in a tenant’s router', {
  needs: ['qemu', 'root', 'procps'],
}, () => {
  const inLab = `${inLabOf('tenant')}${atMachine}`;
  let vm: HawserMachine;
  let uplink: string;
  let before: Held;

  beforeAll(async () => {
    vm = await HawserMachine.boot();
    await vm.must('lab', 'up', '--direct', '--no-proof', example);
    uplink = (await vm.script(`${inLab}${delayUplink}`)).trim();
  }, patience);
  afterAll(() => vm?.close());

  async function held(): Promise<Held> {
    const said = await vm.script(`${inLab}
      at net-node ip netns exec ${space} wg show hw-tenant dump 2>/tmp/none && echo inside ||
        at net-node wg show hw-tenant dump`);
    const [dump = ''] = said.split('inside\n');
    return heldBy(said.endsWith('inside\n'), dump);
  }

  /** Every flow is what the file says, and some go by the tunnel. */
  async function prove(): Promise<void> {
    const proof = await vm.json<Proof>('lab', 'prove');
    expectHolds(proof);
    expect(
      proof.flows.filter(({ to, measured }) => to === 'vm-1' && measured === 'answered'),
    ).not.toEqual([]);
  }

  test(
    'carries what the file says, on a slow and lossy way, and the gateway itself has nothing of it',
    async () => {
      const said = await vm.script(`${inLab}
        at net-node ip netns exec ${space} ip -d link show hw-tenant | grep -w wireguard >&2
        test -z "$(ps -eo comm | grep wireguard-go)"
        at net-node sh -c 'ip -br address; ip route; nft list tables'`);
      expect(said).not.toMatch(/hw-tenant|10\.77\.|hawser/);
      await prove();
      before = await held();
      expect(before.isInside).toBe(true);
      expect(before.peers.length).toBeGreaterThan(1);
      for (const { received } of before.peers) expect(received).toBeGreaterThan(0);
    },
    patience,
  );

  test.each([
    { way: 'taken out', is: 'tunnel: false' },
    { way: 'put back in', is: 'tunnel: true' },
  ])(
    '$way by the file, keeps keys, peers and counters, and carries what that says',
    async ({ is }) => {
      await vm.must(
        'lab',
        'apply',
        '--no-proof',
        vm.machine.write('tenant.yaml', text.replace('tunnel: true', is)),
      );
      const moved = await held();
      expect(moved.isInside).toBe(is === 'tunnel: true');
      expect(moved.device).toBe(before.device);
      expect(moved.peers.map(({ key }) => key)).toEqual(before.peers.map(({ key }) => key));
      for (const [index, { received, sent }] of moved.peers.entries()) {
        expect(received).toBeGreaterThanOrEqual(before.peers[index]?.received ?? Number.NaN);
        expect(sent).toBeGreaterThanOrEqual(before.peers[index]?.sent ?? Number.NaN);
      }
      await prove();
      before = await held();
      for (const [index, { received }] of before.peers.entries())
        expect(received).toBeGreaterThan(moved.peers[index]?.received ?? Number.NaN);
      expect(await vm.script(`${inLab}${delayed(uplink)}`)).toMatch(/netem.*\n Sent [1-9]/);
    },
    patience,
  );
});
