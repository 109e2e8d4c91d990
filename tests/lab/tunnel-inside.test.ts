import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { Labs } from './labs.ts';

const example = 'examples/tenant-router.yaml';
const text = readFileSync(example, 'utf8');
const space = /namespace: (\S+)/.exec(text)?.[1] ?? '';
const device = 'hw-tenant';

interface Peer {
  readonly key: string;
  readonly received: number;
  readonly sent: number;
}

suite('the tunnel of the examples that lives in a tenant’s router', {
  needs: ['root', 'netns', 'tun'],
}, () => {
  let labs: Labs;

  const at = (script: string): string => labs.on('net-node', 'sh', '-c', script).out;
  const inRouter = (line: string): string => at(`ip netns exec ${space} ${line}`);

  /** Key and peers of the tunnel, wherever it is: WireGuard of the kernel is found nowhere else. */
  function held(): { readonly key: string; readonly peers: readonly Peer[] } {
    const dump = `wg show ${device} dump`;
    const [own = '', ...lines] = at(`${dump} 2>/dev/null || ip netns exec ${space} ${dump}`)
      .trim()
      .split('\n');
    const peers = lines.map((line) => line.split('\t'));
    return {
      key: own.split('\t')[1] ?? '',
      peers: peers
        .map(([key = '', , , , , received, sent]) => ({
          key,
          received: Number(received),
          sent: Number(sent),
        }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    };
  }

  const expectSound = (): void => {
    const { mismatches, flows } = labs.proof('prove');
    expect(mismatches).toEqual([]);
    expect(flows.filter(({ from }) => from === 'net-node').length).toBeGreaterThan(0);
    expect(flows.filter(({ to }) => to === 'vm-2').length).toBeGreaterThan(0);
  };

  beforeAll(() => {
    labs = new Labs();
    expect(labs.proof('up', example).mismatches).toEqual([]);
  });
  afterAll(() => labs?.[Symbol.dispose]());

  test('is in the router with all of its network, and the gateway has nothing of that', () => {
    expect(inRouter('ip -br address')).toMatch(/hw-tenant +.*10\.77\.0\./);
    expect(at('ip -br address; ip route; nft list tables')).not.toMatch(
      /hw-tenant|10\.77\.|hawser/,
    );
    const verified = labs.on('server', 'hawser', 'verify', '--json');
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.out)).toMatchObject({ silent: [] });
  });

  test('is measured by a port that may pass and is free, and by no other', () => {
    const measure = [
      'server',
      'hawser',
      'benchmark',
      'gate',
      'net-node',
      '--seconds',
      '1',
    ] as const;
    // What the lab lets listen there has the only port of the policy, and then the first of each span.
    const taken = labs.on(...measure, '--yes');
    expect(taken.err).toMatch(/server\/benchmark-taken.*: tcp\/22$/m);
    const rule = /to: \[site:cloud\], ports: \[tcp\/22,/;
    const more = text.replace(rule, 'to: [site:cloud], ports: [tcp/22, tcp/24800-24801,');
    labs.must('apply', labs.file('measured.yaml', more));
    expect(JSON.parse(labs.on(...measure, '--yes', '--json').out)).toMatchObject({
      ...{ path: ['gate', 'net-node'], port: 24_801, ways: [{ from: 'gate' }, { to: 'gate' }] },
    });
    labs.must('apply', example);
  });

  test('is taken out of the router and back in by the file: key, peers and counters stay', () => {
    const home = labs.file('home.yaml', text.replace('tunnel: true', 'tunnel: false'));
    let before = held();
    for (const [file, is] of [
      [home, 'at home'],
      [example, 'inside'],
    ] as const) {
      labs.must('apply', file);
      expect(inRouter('ip -br link').includes(device)).toBe(is === 'inside');
      expectSound();
      const now = held();
      expect(now.key).toBe(before.key);
      expect(now.peers.map(({ key }) => key)).toEqual(before.peers.map(({ key }) => key));
      for (const [index, { received, sent }] of now.peers.entries()) {
        expect(received).toBeGreaterThan(before.peers[index]?.received ?? 0);
        expect(sent).toBeGreaterThan(before.peers[index]?.sent ?? 0);
      }
      before = now;
    }
  });

  test('carries on while the agent is killed, and is the same after another begins', () => {
    const before = held();
    labs.must('kill', 'net-node');
    expectSound();
    labs.must('start', 'net-node');
    expectSound();
    expect(held().key).toBe(before.key);
  });

  test('comes back into the router with its key when its program is killed, and after a boot', async () => {
    const { key } = held();
    // All machines of a lab see each other's processes.
    at(`for pid in $(pidof wireguard-go); do
      if [ /proc/$pid/ns/net -ef /proc/self/ns/net ]; then kill -KILL $pid; fi
    done; ip netns exec ${space} ip link del ${device} || true`);
    await until('it is there again', () => inRouter('ip -br address').includes('10.77.0.'));
    expectSound();
    const theirs = inRouter('ip -br address show dev site0; sysctl net.ipv4.ip_forward');
    labs.must('reboot', 'net-node');
    expectSound();
    expect(held().key).toBe(key);
    expect(inRouter('ip -br address show dev site0; sysctl net.ipv4.ip_forward')).toBe(theirs);
  });
});
