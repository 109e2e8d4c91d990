import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyFacts, link, project } from '#compile';
import { loadNetwork } from '#spec';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { TestMachine } from './machine.ts';
import { packetsOf } from './segment-world.ts';

/** A machine with two virtual ones, that a segment has as its machines at that site. */
const file = `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  knox:
    gateways:
      door: { endpoint: "192.0.2.1:51820", overlay: 10.0.0.1 }
      compute: { overlay: 10.0.0.3, taps: "tap*" }
    hosts:
      vm-1: { segment: lab, address: [10.9.0.1, "fd09::1"], mac: "02:00:00:00:00:01" }
      vm-2: { segment: lab, address: [10.9.0.2, "fd09::2"], mac: "02:00:00:00:00:02", allow: 192.168.7.0/24 }
  pouta: { gateways: { gw: { endpoint: "192.0.2.2:51820", overlay: 10.0.0.2 } } }
segments:
  lab:
    vni: 7
    subnet: [10.9.0.0/24, "fd09::/64"]
    sites:
      pouta: { pool: [10.9.0.128-10.9.0.200, "fd09::128-fd09::200"], port: eth1 }
      knox: { pool: [10.9.0.1-10.9.0.9, "fd09::1-fd09::9"], port: eth1 }
policy:
  - { from: "segment:lab", to: "segment:lab", ports: [icmp] }
  - { from: vm-1, to: vm-2, ports: [tcp/7000-7002, udp/7000] }
`;

/** Gives back what it hears at 7000 and 7005. */
const listener = `const { createServer } = require('node:net');
for (const port of [7000, 7005]) createServer((s) => s.on('error', () => {}).pipe(s)).listen(port);
const udp = require('node:dgram').createSocket({ type: 'udp6' });
udp.on('message', (text, { port, address }) => udp.send(text, port, address)).bind(7000);
console.log('listening');`;
/** Says whether it was answered: protocol, address, port there, and its own port. */
const caller = `const [protocol, host, port, localPort] = process.argv.slice(1);
const done = (word) => { console.log(word); process.exit(0); };
setTimeout(() => done('silent'), 700);
if (protocol === 'tcp') {
  const s = require('node:net').connect({ host, port: +port, localPort: +localPort }, () => s.write('x'));
  s.on('data', () => done('answered')).on('error', (e) => done(e.code));
} else {
  const s = require('node:dgram').createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', reuseAddr: true });
  s.on('message', () => done('answered')).bind(+localPort, () => s.send('x', +port, host));
}`;

/** What is said of the ports: the machine's tunnels are no matter of this. */
function guardOf(): HostState {
  const { network } = loadNetwork('hawser.yaml', { read: () => file, glob: () => [] });
  if (!network) throw new Error('the test has a file with errors');
  const state = project(link({ ...emptyFacts, network, epoch: 'test', rev: 1 }), 'compute');
  const items = state.namespaces['root']?.nft?.items.filter(({ family }) => family === 'bridge');
  const root = { nft: { v: 1 as const, items: items ?? [] } };
  return { ...state, namespaces: { root }, tunnels: {}, bindings: [] };
}

suite('a machine with ports of machines of a segment', { needs: ['root', 'netns'] }, () => {
  let machine: TestMachine;

  const at = (vm: number, line: string): string => machine.do(`ip netns exec vm${vm} ${line}`);
  const set = (vm: number, key: string): string =>
    machine.box.run([
      'ip',
      'netns',
      'exec',
      `vm${vm}`,
      'sh',
      '-c',
      `echo 1 > /proc/sys/net/${key}`,
    ]);
  const reaches = (vm: number, options: string): boolean => {
    try {
      at(vm, `ping -c 1 -W 1 ${options}`);
      return true;
    } catch {
      return false;
    }
  };
  const dropped = (why: string): number =>
    packetsOf(machine.do(`nft list counter bridge hawser-net ${why}`));
  const isDropped = async (why: string, act: () => void): Promise<void> => {
    const before = dropped(why);
    act();
    await until(`${why} is counted`, () => dropped(why) > before);
  };
  const plugIn = (vm: number): void => {
    machine.do(`ip netns add vm${vm}`);
    machine.do(`ip link add tap${vm} type veth peer name eth0 netns vm${vm}`);
    machine.do(`ip link set dev tap${vm} master br0 up`);
    for (const line of [
      `ip link set dev eth0 address 02:00:00:00:00:0${vm}`,
      `ip address add 10.9.0.${vm}/24 dev eth0`,
      `ip address add fd09::${vm}/64 dev eth0 nodad`,
      'ip link set dev eth0 up',
    ]) {
      at(vm, line);
    }
  };

  beforeAll(async () => {
    machine = await TestMachine.open();
    machine.do('ip link add br0 type bridge');
    machine.do('ip link set dev br0 up');
    plugIn(1);
    const { failures } = await machine.apply(guardOf());
    expect(failures).toEqual([]);
    // One that comes later is guarded as it comes.
    plugIn(2);
  }, 60_000);

  afterAll(() => machine?.close());

  test('lets them speak for themselves, over both families, and a second pass changes nothing', async () => {
    await until('one reaches the other', () => reaches(1, '10.9.0.2'));
    await until('over IPv6 too', () => reaches(2, 'fd09::1'));
    expect(await machine.apply(guardOf())).toMatchObject({ unchanged: true, writes: 0 });
  });

  test('drops and counts what one sends in the name of another, also to its neighbour', async () => {
    at(1, 'ip address add 10.9.0.77/24 dev eth0');
    await isDropped('spoofed', () => expect(reaches(1, '-I 10.9.0.77 10.9.0.2')).toBe(false));
    at(1, 'ip address del 10.9.0.77/24 dev eth0');
    at(2, 'ip address add 192.168.7.1/32 dev lo');
    at(1, 'ip route add 192.168.7.0/24 via 10.9.0.2');
    expect(reaches(1, '192.168.7.1')).toBe(true);

    at(1, 'ip link set dev eth0 address 02:00:00:00:00:66');
    await isDropped('spoofed', () => expect(reaches(1, '10.9.0.2')).toBe(false));
    at(1, 'ip link set dev eth0 address 02:00:00:00:00:01');
    at(1, 'ip address replace fd09::1/64 dev eth0 nodad');
  });

  test('lets none answer for another', async () => {
    for (const key of ['ipv4/conf/eth0/proxy_arp', 'ipv6/conf/eth0/proxy_ndp']) set(1, key);
    for (const key of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding']) set(1, key);
    // It answers for what it would send on.
    at(1, 'ip link set dev lo up');
    at(1, 'ip route add 10.9.0.77 dev lo');
    for (const address of ['10.9.0.77', 'fd09::77']) {
      at(1, `ip neigh add proxy ${address} dev eth0`);
      await isDropped('spoofed', () => expect(reaches(2, address)).toBe(false));
      expect(at(2, `ip neigh show ${address}`)).not.toContain('02:00:00:00:00:01');
    }
    // Nobody looks: the answer is believed.
    machine.do('nft flush chain bridge hawser-net prerouting');
    for (const address of ['10.9.0.77', 'fd09::77']) {
      await until('it is believed', () => {
        reaches(2, address);
        return at(2, `ip neigh show ${address}`).includes('02:00:00:00:00:01');
      });
    }
    await machine.apply(guardOf());
  });

  test('asks the policy of what passes between them, in which answers are known by their ports', async () => {
    const inside = (vm: number) => ['ip', 'netns', 'exec', `vm${vm}`, process.execPath, '-e'];
    for (const vm of [1, 2]) {
      const heard = machine.box.start([...inside(vm), listener]);
      await until('it listens', () => heard.output().includes('listening'));
    }
    const call = (vm: number, ...words: readonly string[]): string =>
      machine.box.run([...inside(vm), caller, ...words]).trim();
    const denied = (): number =>
      packetsOf(machine.do('nft list counter bridge hawser-net-policy deny'));
    const before = denied();
    expect([
      call(1, 'tcp', '10.9.0.2', '7000', '0'),
      call(1, 'tcp', 'fd09::2', '7000', '0'),
      call(1, 'udp', '10.9.0.2', '7000', '0'),
      // No rule speaks of that port, nor of that way, and nobody begins as if it answered.
      call(1, 'tcp', '10.9.0.2', '7005', '0'),
      call(2, 'tcp', '10.9.0.1', '7000', '0'),
      call(2, 'tcp', 'fd09::1', '7005', '7002'),
      call(2, 'udp', '10.9.0.1', '7000', '0'),
    ]).toEqual(['answered', 'answered', 'answered', 'silent', 'silent', 'silent', 'silent']);
    expect(denied() - before).toBeGreaterThanOrEqual(4);
  });

  test('has no DHCP server among them', async () => {
    const offer = `const s = require('node:dgram').createSocket('udp4');
      s.bind(67, () => s.send('offer', 68, '10.9.0.2', () => s.close()));`;
    await isDropped('rogue-dhcp', () => {
      machine.box.run(['ip', 'netns', 'exec', 'vm1', process.execPath, '-e', offer]);
    });
  });

  test('goes without a trace', async () => {
    expect((await machine.cleanup('net')).failures).toEqual([]);
    expect(machine.do('nft list tables')).not.toContain('hawser');
  });
});
