import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyFacts, link, project } from '#compile';
import { loadNetwork } from '#spec';
import type { HostState } from '#state';
import type { Program } from '../support/sandbox.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { honestWays } from './honest-ways.ts';
import { TestMachine } from './machine.ts';
import { ethernet, hearer, ipv4, sender, udp } from './raw-frames.ts';
import { packetsOf } from './segment-world.ts';
import {
  far,
  one,
  outside,
  type Party,
  type Port,
  router,
  server,
  stranger,
  two,
  type Way,
} from './ways-parties.ts';
import { waysRound } from './ways-round.ts';

const host = (name: string, { mac, address, address6 }: Party, more = ''): string =>
  `${name}: { segment: lab, address: [${address}, "${address6}"], mac: "${mac}"${more} }`;

const gateway = host('out', router);

/** A segment of which two machines are at ports of ours, its router and a DHCP server beside them, and one machine elsewhere. */
const file = (near = gateway, elsewhere = '') => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  knox:
    gateways:
      door: { endpoint: "192.0.2.1:51820", overlay: 10.0.0.1 }
      compute: { overlay: 10.0.0.3, taps: "tap*" }
    hosts:
      ${host('vm-1', one)}
      ${host('vm-2', two, ', allow: 192.168.7.0/24')}
      ${near}
  pouta:
    gateways: { gw: { endpoint: "192.0.2.2:51820", overlay: 10.0.0.2 } }
    hosts:
      ${host('far-1', far)}
      ${elsewhere}
segments:
  lab:
    vni: 7
    subnet: [10.9.0.0/24, "fd09::/64"]
    router: [${router.address}, "${router.address6}"]
    sites:
      knox: { pool: [10.9.0.1-10.9.0.9, "fd09::1-fd09::9"], port: eth1, dhcp: { address: ${server.address}, by: cloud } }
      pouta: { pool: [10.9.0.128-10.9.0.200, "fd09::128-fd09::200"], port: eth1 }
policy:
  - { from: vm-1, to: vm-2, ports: [icmp, tcp/7000, udp/7000] }
  - { from: vm-1, to: far-1, ports: [udp/7000] }
  - { from: far-1, to: vm-1, ports: [udp/7000] }
`;

/** What is said of the ports: the machine's tunnels are no matter of this. */
function guardOf(text: string): HostState {
  const { network, diagnostics } = loadNetwork('hawser.yaml', { read: () => text, glob: () => [] });
  if (!network) throw new Error(`the test has a file with errors: ${JSON.stringify(diagnostics)}`);
  const state = project(link({ ...emptyFacts, network, epoch: 'test', rev: 1 }), 'compute');
  const items = state.namespaces['root']?.nft?.items.filter(({ family }) => family === 'bridge');
  const root = { nft: { v: 1 as const, items: items ?? [] } };
  return { ...state, namespaces: { root }, tunnels: {}, bindings: [] };
}

/** How a frame is told to who hears it: without its first tag. */
const heardAs = (frame: string): string =>
  /^.{24}(8100|88a8)/.test(frame) ? frame.slice(0, 24) + frame.slice(32) : frame;

suite('ports of machines of a segment, and ways round their guard', {
  needs: ['root', 'netns'],
}, () => {
  let machine: TestMachine;
  const ears = new Map<Port, Program>();

  const apply = async (text = file()): Promise<void> => {
    expect((await machine.apply(guardOf(text))).failures).toEqual([]);
  };
  const send = (from: Port, ...frames: readonly string[]): string =>
    machine.box.run(['ip', 'netns', 'exec', from, 'perl', '-e', sender, devices[from]], {
      input: frames.map((frame) => `${frame}\n`).join(''),
    });
  const devices: Record<Port, string> = { vm1: '', vm2: '', wire: '' };
  const hears = (port: Port, frame: string): boolean =>
    ears.get(port)?.output().includes(heardAs(frame)) ?? false;
  const counted = (counter: string): number => {
    const [table, name] = counter.startsWith('policy ')
      ? ['hawser-net-policy', counter.slice(7)]
      : ['hawser-net', counter];
    return packetsOf(machine.do(`nft list counter bridge ${table} ${name}`));
  };
  let marks = 0;
  /** Something honest, behind all that was sent before it. */
  const mark = async (from: Port, to: Port): Promise<void> => {
    const by = { vm1: one, vm2: two, wire: far }[from];
    marks++;
    const all = ethernet(
      '01:00:5e:00:00:fb',
      by.mac,
      '0800',
      ipv4(by.address, '224.0.0.251', `${udp(5353, 5353)}${marks.toString(16).padStart(8, '0')}`),
    );
    send(from, all);
    await until('what was sent last is heard', () => hears(to, all));
  };
  const plugIn = async (name: Port, { mac }: Pick<Party, 'mac'>): Promise<void> => {
    const port = name === 'wire' ? 'wire' : name.replace('vm', 'tap');
    machine.do(`ip netns add ${name}`);
    machine.do(`ip link add ${port} type veth peer name eth0 netns ${name}`);
    machine.do(`ip link set dev ${port} master br0 up`);
    // Every frame goes to every port, whoever spoke there before.
    machine.do(`bridge link set dev ${port} learning off`);
    machine.do(`ip netns exec ${name} ip link set dev eth0 address ${mac} arp off`);
    machine.do(`ip netns exec ${name} sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1`);
    machine.do(`ip netns exec ${name} ip link set dev eth0 up`);
    const text = machine.do(`ip netns exec ${name} ip -o link show dev eth0`);
    devices[name] = /^(\d+):/.exec(text)?.[1] ?? '';
    const heard = machine.box.start(['ip', 'netns', 'exec', name, 'perl', '-e', hearer]);
    ears.set(name, heard);
    await until('it listens', () => heard.output().includes('listening'));
  };

  beforeAll(async () => {
    machine = await TestMachine.open();
    machine.do('ip link add br0 type bridge mcast_snooping 0');
    machine.do('ip link set dev br0 up');
    await plugIn('vm1', one);
    await plugIn('vm2', two);
    await plugIn('wire', { mac: '02:00:00:00:00:aa' });
    await apply();
  }, 60_000);

  afterAll(() => machine?.close());

  test.for(
    waysRound.map((way): [string, Way] => [`${way.name} (${way.from}, ${way.counter})`, way]),
  )('drops and counts: %s', async ([, { from, to, frame, counter = '' }]) => {
    const before = counted(counter);
    send(from, frame);
    await until(`${counter} counts it`, () => counted(counter) > before, 3_000);
    await mark(from, to);
    expect(hears(to, frame)).toBe(false);
  });

  test.for(honestWays.map((way): [string, Way] => [way.name, way]))(
    'lets pass: %s',
    async ([, { from, to, frame }]) => {
      send(from, frame);
      await until('it is heard', () => hears(to, frame), 3_000);
    },
  );

  test('follows its router to another site, and lets it lead out from there alone', async () => {
    await apply(file('', host('out', { ...router, mac: stranger.mac })));
    const [out, old] = [stranger, router].map(({ mac }) =>
      ethernet(mac, one.mac, '0800', ipv4(one.address, outside.address, udp(7777, 7001))),
    ) as [string, string];
    const before = counted('stray');
    send('vm1', old, out);
    await until('it is heard', () => hears('wire', out));
    expect(counted('stray')).toBe(before + 1);
    expect(hears('wire', old)).toBe(false);
    await apply();
  });

  test('lets no machine of the file lead out where nobody names the router, and others as nobody knows them', async () => {
    await apply(file(''));
    const by = ({ mac }: Party): string =>
      ethernet(mac, one.mac, '0800', ipv4(one.address, outside.address, udp(7777, 7002)));
    const before = counted('stray');
    send('vm1', by(two), by(router));
    await until('it is heard', () => hears('wire', by(router)));
    expect(counted('stray')).toBe(before + 1);
    expect(hears('vm2', by(two))).toBe(false);
    await apply();
  });

  test('is what stops them: without it every one of them arrives', async () => {
    for (const table of ['hawser-net', 'hawser-net-policy'])
      for (const chain of ['forward', ...(table === 'hawser-net' ? ['prerouting'] : [])])
        machine.do(`nft flush chain bridge ${table} ${chain}`);
    for (const { name, from, to, frame } of waysRound) {
      send(from, frame);
      await until(`heard: ${name}`, () => hears(to, frame), 3_000);
    }
    await apply();
  });
});
