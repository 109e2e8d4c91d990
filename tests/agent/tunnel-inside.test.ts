import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report } from '#agent';
import type { Tried } from '#api';
import { emptyFacts, link, project } from '#compile';
import { loadNetwork } from '#spec';
import type { HostState } from '#state';
import { repositoryRoot } from '../support/checkout.ts';
import { until } from '../support/until.ts';
import { connect, TestMachine } from './machine.ts';
import { cutAt } from './power-cuts.ts';

const theirs = 'qrouter-1';
const router = `routers: { tenant: { site: cloud, external: true, namespace: ${theirs}, tunnel: true } }`;

const file = (more = '') => `
version: 1
network: net
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites:
  cloud:
    subnets: [10.20.0.0/24]
    gateways: { node: { endpoint: 192.168.66.4:51820, address: 10.20.0.1, overlay: 10.0.0.1 } }
    hosts: { vm: { address: 10.20.0.11 } }
  office:
    gateways: { far: { endpoint: 192.168.66.9:51820, overlay: 10.0.0.9 } }
policy: [{ from: [far], to: [vm], ports: [tcp/22, icmp] }]
${more}
`;

let node: TestMachine;
let far: TestMachine;

function statesOf(text: string): { readonly node: HostState; readonly far: HostState } {
  const { network } = loadNetwork('hawser.yaml', { read: () => text, glob: () => [] });
  if (!network) throw new Error('the test has a file with errors');
  const keyOf = (machine: TestMachine) => ({ '0': machine.store.publicKey(network.name, 0) });
  const keys = { node: keyOf(node), far: keyOf(far) };
  const model = link({ ...emptyFacts, keys, network, epoch: 'test', rev: 1 });
  return { node: project(model, 'node'), far: project(model, 'far') };
}

const inRouter = (line: string): string => node.do(`ip netns exec ${theirs} ${line}`);
const codesOf = ({ failures }: Report) => new Set(failures.map(({ error }) => error.code));

/** A router of others, with a machine behind it; it forwards, and knows nothing of the network. */
function makeRouter(): void {
  for (const line of [
    `ip netns add ${theirs}`,
    'ip netns add vm',
    `ip link add qr netns ${theirs} type veth peer name eth0 netns vm`,
  ])
    node.do(line);
  for (const line of [
    'sysctl -qw net.ipv4.ip_forward=1',
    'ip address add 10.20.0.1/24 dev qr',
    'ip link set dev qr up',
  ])
    inRouter(line);
  for (const line of [
    'ip address add 10.20.0.11/24 dev eth0',
    'ip link set dev eth0 up',
    'ip route add default via 10.20.0.1',
  ])
    node.do(`ip netns exec vm ${line}`);
}

const pings = (): string => far.do('ping -c1 -W1 10.20.0.11');

/** What no move may take: key, whom it knows, and how much it heard of them. */
function held(): { readonly text: string; readonly received: number } {
  const lines = node.do('wg show wg0 dump').trim().split('\n');
  const [[key, port] = [], peer = []] = lines.map((line) => line.split('\t'));
  return { text: [key, port, peer[0], peer[3]].join('\n'), received: Number(peer[5]) };
}

beforeAll(async () => {
  [node, far] = [await TestMachine.open(), await TestMachine.open()];
  connect('eth0', [
    [node, ['192.168.66.4/24']],
    [far, ['192.168.66.9/24']],
  ]);
  await far.apply(statesOf(file(router)).far);
}, 60_000);

afterAll(async () => {
  await node.close();
  await far.close();
});

test('a tunnel waits at home, shut, for the router of others that it is to live in', async () => {
  const waiting = await node.apply(statesOf(file(router)).node);
  expect(codesOf(waiting)).toEqual(new Set(['host/no-namespace']));
  expect(node.do('ip -br address show dev wg0')).toMatch(/^wg0\s+DOWN\s*$/);
  makeRouter();
  expect((await node.apply(statesOf(file(router)).node)).failures).toEqual([]);
  await until('the machine behind the router answers', pings);
  expect(await node.apply(statesOf(file(router)).node)).toMatchObject({
    unchanged: true,
    writes: 0,
  });
}, 60_000);

test('what the policy says counts in the router, for what passes the tunnel alone', () => {
  const asks = (at: TestMachine, inside: readonly string[], address: string): string =>
    at.box
      .run([
        ...inside,
        process.execPath,
        '-e',
        `require('node:net').connect({ port: 80, host: '${address}', timeout: 2000 })
          .on('error', ({ code }) => console.log(code)).on('timeout', () => process.exit());`,
      ])
      .trim();
  // Nobody listens: who gets there is refused by the machine itself.
  expect(asks(far, [], '10.20.0.11')).toMatch(/EHOSTUNREACH|EACCES/);
  expect(asks(node, ['ip', 'netns', 'exec', theirs], '10.20.0.11')).toBe('ECONNREFUSED');
  expect(inRouter('nft list counter inet hawser-net deny')).toMatch(/packets [1-9]/);
  expect(node.do('ip -br address show')).not.toContain('10.0.0.1');
});

/** A program that tries what the agent of a machine with this state is asked. */
const trying = (state: HostState, questions: readonly object[]): readonly string[] => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { tryAll } from '${join(repositoryRoot, 'src/agent/trials/trials.ts')}';
import { countingRun } from '${join(repositoryRoot, 'src/host/run.ts')}';
const site = { run: countingRun().run, state: ${JSON.stringify(state)} };
console.log(JSON.stringify(await tryAll(${JSON.stringify(questions)}, 5000, site)));`,
];

test('what the agent is asked to try, it tries from the router', () => {
  const questions = [
    { id: 0, kind: 'reach', address: '10.20.0.11' },
    { id: 1, kind: 'reach', address: '10.20.0.11', port: 80 },
    { id: 2, kind: 'way', address: '10.0.0.9' },
  ];
  const said = node.box.run(trying(statesOf(file(router)).node, questions));
  expect(JSON.parse(said)).toMatchObject([
    { outcome: 'answered' },
    { outcome: 'closed' },
    { way: { device: 'wg0', peer: 'far' } },
  ]);
}, 60_000);

test.each(['own', 'iperf3'])(
  'a measurement (%s) is made in the router, by whichever end and in both directions',
  async (tool) => {
    const states = statesOf(
      file(router).replace('[far], to: [vm], ports: [tcp/22, icmp]', 'all, to: all'),
    );
    await node.apply(states.node);
    await far.apply(states.far);
    const key = '0123456789abcdef'.repeat(2);
    const [inRouters, inFars] = ['10.0.0.1', '10.0.0.9'] as const;
    let port = tool === 'own' ? 24_800 : 24_900;
    for (const [serving, loading, address, from] of [
      [node, far, inRouters, inFars],
      [far, node, inFars, inRouters],
    ] as const) {
      for (const direction of ['there', 'back']) {
        const end = { id: 0, tool, key, address, port: (port += 1), seconds: 1 };
        const stateOf = (machine: TestMachine) => states[machine === node ? 'node' : 'far'];
        const served = serving.box.start(
          trying(stateOf(serving), [{ ...end, kind: 'serve', from, seconds: 5 }]),
        );
        await until('it listens', () => served.output().includes('answered'));
        const load = { ...end, kind: 'load', direction, bytes: 20_000_000 };
        const echo = { id: 1, kind: 'ping', address, seconds: 1 };
        const said = loading.box.run(trying(stateOf(loading), [load, echo]));
        const [loaded, pinged] = JSON.parse(said) as readonly Tried[];
        expect(loaded?.loaded?.bytes).toBeGreaterThan(1_000_000);
        expect(loaded?.loaded?.segments).toBeGreaterThan(0);
        expect(pinged?.pinged?.received).toBeGreaterThan(0);
      }
    }
    await node.apply(statesOf(file(router)).node);
    await far.apply(statesOf(file(router)).far);
  },
  90_000,
);

test('the file takes it there and back, and the agent may die at any moment of that: nothing is lost', async () => {
  const [inside, home] = [statesOf(file(router)).node, statesOf(file()).node];
  const picture = (): string =>
    ['ip -br address', 'ip route', 'nft -s list ruleset'].map(inRouter).join('\n');
  // At home the network ends in the machine's own namespace, which has no way to the one behind the router.
  expect((await node.apply(home)).failures).toMatchObject([
    { error: { code: 'host/no-such-device' } },
  ]);
  const before = picture();
  expect(before).not.toMatch(/wg0|hawser/);
  let was = held();
  // Some moments of each: all that there are, in a namespace of ours, `undisturbed.test.ts` tries.
  for (const n of [2, 5, 8]) {
    const moveTo = async (state: HostState): Promise<void> => {
      expect(await cutAt(n, (wrap) => node.apply(state, wrap))).toBe(true);
      await node.apply(state);
      const now = held();
      expect(now.text).toBe(was.text);
      expect(now.received).toBeGreaterThanOrEqual(was.received);
      was = now;
    };
    await moveTo(inside);
    await moveTo(home);
  }
  expect(picture()).toBe(before);
  await node.apply(inside);
  await until('the machine behind the router answers', pings);
}, 120_000);

test('comes back with its key when the router is made anew, and carries on', async () => {
  const { node: state } = statesOf(file(router));
  const { text } = held();
  node.do(`ip netns del ${theirs}`);
  await until('the tunnel is gone with it', () => !node.do('wg show interfaces').includes('wg0'));
  expect(codesOf(await node.apply(state))).toEqual(new Set(['host/no-namespace']));
  node.do('ip netns del vm');
  makeRouter();
  expect((await node.apply(state)).failures).toEqual([]);
  expect(inRouter('ip -br address show dev wg0')).toContain('10.0.0.1/32');
  expect(held().text).toBe(text);
  await until('the machine behind the router answers', pings);
}, 60_000);

const other = `
version: 1
network: other
overlay: 10.1.0.0/24
sites:
  home: { gateways: { node: { endpoint: 192.168.66.4:51830, port: 51830, overlay: 10.1.0.1 } } }
  away: { gateways: { far: { endpoint: 192.168.66.9:51830, port: 51830, overlay: 10.1.0.9 } } }
`;

/** All of a router that is its cloud's, or ours: what is there for each of its devices, too. */
const theirPicture = (): string =>
  [
    'ip -br link',
    'ip -br address',
    'ip -4 route show table all',
    'ip -6 route show table all',
    'ip -4 rule',
    'ip -6 rule',
    'nft -s list ruleset',
    'sysctl -ar ^net.ipv[46].(conf|ip_forward)',
  ]
    .map(inRouter)
    .join('\n---\n');

test('leaves the router as it was, and another network of the machine as it is', async () => {
  const { node: state } = statesOf(file(router));
  const beside = statesOf(other);
  expect((await node.cleanup('net')).failures).toEqual([]);
  const before = theirPicture();
  expect(before).not.toMatch(/hawser|wg0/);
  expect((await node.apply(beside.node)).failures).toEqual([]);
  await far.apply(beside.far);
  const reaches = (): string => far.do('ping -c1 -W1 10.1.0.1');
  await until('the other network works', reaches);
  const alone = node.picture();
  expect((await node.apply(state)).failures).toEqual([]);
  await until('the machine behind the router answers', pings);
  reaches();
  expect(node.picture()).toBe(alone);
  expect(await node.apply(beside.node)).toMatchObject({ unchanged: true, writes: 0 });
  const onItsPort = statesOf(other.replaceAll('51830', '51820')).node;
  await expect(node.apply(onItsPort)).rejects.toThrow(
    `in use by the device wg0 of the network net in the namespace ${theirs}`,
  );
  expect((await node.cleanup('net')).failures).toEqual([]);
  expect(theirPicture()).toBe(before);
  expect(node.picture()).toBe(alone);
  reaches();
}, 90_000);
