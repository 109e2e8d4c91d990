import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leasesIn } from '#agent';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import {
  applyBoth,
  atStation,
  knox as knoxSide,
  openGateways,
  packetsOf,
  pouta as poutaSide,
  reaches,
  type Side,
  siteOf,
  space,
  statesOf,
} from './segment-world.ts';

const knox: Side = { ...knoxSide, address: '10.9.128.101' };
const pouta: Side = { ...poutaSide, address: '10.9.0.11', address6: 'fd09::102' };

/** Both pools of seed 001: 10.9.128.0 is a host's address like any other in a /16. */
const file = `
version: 1
network: net
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites: ${siteOf(knox)}${siteOf(pouta)}
segments:
  lab:
    vni: 7
    flood: true
    subnet: [10.9.0.0/16, "fd09::/64"]
    dns: [10.9.128.0, "fd09::a00"]
    sites:
      knox-site: { pool: [10.9.128.1-10.9.255.254, "fd09::1-fd09::ff"], port: eth1, dhcp: { address: [10.9.128.0, "fd09::a00"] } }
      pouta-site: { pool: [10.9.0.2-10.9.127.255, "fd09::102-fd09::1ff"], port: eth1, dhcp: { address: 10.9.0.1 } }
`;

const datagram = (to: number): string =>
  `const s = require('node:dgram').createSocket('udp4'); s.send('lease', ${to}, '10.9.128.0', () => s.close());`;

/** What is known of a lease: the variables of udhcpc's script. */
type Lease = Readonly<Record<string, string>>;

/** Says what it is told, and sets the address; for udhcpc and dhclient. */
const script = `#!/bin/sh
case "$1$reason" in
  bound|renew) ip -4 address flush dev "$interface"; ip address add "$ip/$mask" dev "$interface"
    echo "-- $1"; env ;;
  BOUND6) ip address add "$new_ip6_address/128" dev "$interface" nodad; echo "-- $reason"; env; echo "-- end" ;;
esac
`;

const needs = ['root', 'netns', 'tun', 'busybox', 'dhclient'] as const;

suite('DHCP in a segment', { needs: [...needs] }, () => {
  let a: TestMachine;
  let b: TestMachine;
  let states: { readonly a: HostState; readonly b: HostState };

  const apply = (): Promise<void> => applyBoth([a, b], states);

  const client = (gateway: TestMachine, ...options: readonly string[]): readonly string[] => [
    ...['busybox', 'udhcpc', '-f', '-i', 'eth0', '-s', join(gateway.folder, 'script')],
    ...options,
  ];

  const leaseIn = (text: string): Lease =>
    Object.fromEntries(
      (text.split('-- ').at(-1) ?? '').split('\n').map((line) => {
        const [key = '', ...value] = line.split('=');
        return [key, value.join('=')] as const;
      }),
    );

  /** The machine on the port asks under this MAC address. @throws where nobody answers */
  const ask = (gateway: TestMachine, mac: string, tries = 8): Lease => {
    atStation(gateway, `ip link set dev eth0 address ${mac}`);
    return leaseIn(
      atStation(gateway, client(gateway, '-q', '-n', '-t', String(tries), '-T', '1').join(' ')),
    );
  };

  /** The machine on the port comes up under this MAC address, and asks by DHCPv6. */
  const ask6 = async (gateway: TestMachine, mac: string): Promise<Lease> => {
    for (const change of ['down', `address ${mac}`, 'up']) {
      atStation(gateway, `ip link set dev eth0 ${change}`);
    }
    const ofLink = (): string => atStation(gateway, 'ip -6 address show dev eth0 scope link');
    await until('the link is up', () => ofLink() !== '');
    const [pid, lease] = [join(gateway.folder, 'pid6'), join(gateway.folder, `lease6-${mac}`)];
    const inside = ['ip', 'netns', 'exec', 'station'];
    const asking = gateway.box.start([
      ...[
        ...inside,
        'dhclient',
        '-6',
        '-d',
        '-1',
        '-D',
        'LL',
        '-sf',
        join(gateway.folder, 'script'),
      ],
      ...['-lf', lease, '-pf', pid, 'eth0'],
    ]);
    await until('it has an address', () => asking.output().includes('-- end'), 40_000);
    gateway.do(`kill -KILL ${readFileSync(pid, 'utf8').trim()}`);
    return leaseIn(asking.output().split('-- end')[0] ?? '');
  };

  const folder = (gateway: TestMachine): string => join(gateway.folder, 'state/leases/net');
  const pidOf = (gateway: TestMachine): string =>
    readFileSync(join(gateway.folder, `run/names/hawser:net:dhcp-${space}/pid`), 'utf8').trim();
  /** Nobody may have waited for one that ended: it has no words left. */
  const lives = (gateway: TestMachine, pid: string): boolean => {
    try {
      return gateway.do(`cat /proc/${pid}/cmdline`) !== '';
    } catch {
      return false;
    }
  };
  const kill = (gateway: TestMachine): string => gateway.do(`kill -KILL ${pidOf(gateway)}`);

  beforeAll(async () => {
    [a, b] = await openGateways();
    for (const gateway of [a, b]) {
      atStation(gateway, 'ip address flush dev eth0');
      atStation(gateway, 'busybox sysctl -qw net.ipv6.conf.eth0.accept_dad=0');
      writeFileSync(join(gateway.folder, 'script'), script);
      chmodSync(join(gateway.folder, 'script'), 0o755);
    }
    states = statesOf(file, a, b);
    await apply();
  }, 60_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  test('gives a machine of the file the address it has there, from 10.9.128.0, and what fits the tunnel', async () => {
    expect(ask(a, knox.mac)).toMatchObject({
      ip: knox.address,
      serverid: '10.9.128.0',
      mask: '16',
      dns: '10.9.128.0',
      domain: 'net.internal',
      hostname: 'knox-1',
      mtu: '1390',
    });
    expect(ask(b, pouta.mac)).toMatchObject({ ip: pouta.address, serverid: '10.9.0.1' });
    await until('one reaches the other', () => reaches(a, pouta.address), 20_000);
    expect(await a.apply(states.a)).toMatchObject({ unchanged: true, writes: 0 });
  });

  test('names the machines of both sites at both sites', () => {
    const look = (gateway: TestMachine, name: string): string =>
      atStation(gateway, `busybox nslookup ${name} 10.9.128.0`);
    for (const gateway of [a, b]) {
      expect(look(gateway, 'pouta-1.net.internal')).toContain(`Address: ${pouta.address}`);
      expect(look(gateway, knox.address)).toContain('knox-1.net.internal');
    }
  });

  test('gives all others an address of the pool of their own site', () => {
    expect(ask(a, '02:00:00:00:00:aa')['ip']).toMatch(/^10\.9\.(12[89]|1[3-9]\d|2\d\d)\./);
    expect(ask(b, '02:00:00:00:00:bb')['ip']).toMatch(/^10\.9\.(\d\d?|1[01]\d|12[0-7])\./);
    expect(leasesIn(join(a.folder, 'state'), states.a)).toEqual([
      { segment: 'lab', site: 'knox-site', count: 2 },
    ]);
  });

  test('gives addresses of IPv6 as well, and says what fits; nothing of it crosses', async () => {
    const counted = (name: string): number =>
      packetsOf(b.do(`ip netns exec ${space} nft list counter bridge hawser-net ${name}`));
    expect(await ask6(a, knox.mac)).toMatchObject({
      new_ip6_address: knox.address6,
      new_dhcp6_name_servers: 'fd09::a00',
    });
    const heard = (gateway: TestMachine): string =>
      atStation(gateway, 'busybox cat /proc/sys/net/ipv6/conf/eth0/mtu').trim();
    expect([heard(a), heard(b)]).toEqual(['1390', '1500']);
    expect(atStation(a, 'ip -6 route show default')).toBe('');
    atStation(b, `ip link set dev eth0 address ${pouta.mac}`);
    atStation(b, `ip address add ${pouta.address6}/64 dev eth0 nodad`);
    await until('one reaches the other', () => reaches(a, pouta.address6), 20_000);

    const { new_ip6_address: ip = '' } = await ask6(a, '02:00:00:00:00:aa');
    expect(ip).toMatch(/^fd09::[\da-f]{1,2}$/);
    kill(a);
    await apply();
    expect((await ask6(a, '02:00:00:00:00:aa'))['new_ip6_address']).toBe(ip);
    expect(atStation(a, 'ip -6 -br address show dev eth0')).not.toMatch(/fd09:\S+\/64/);
    expect(['rogue-ra', 'rogue-dhcp'].map(counted)).toEqual([0, 0]);
  });

  test('keeps a lease when its server is killed, and renews it; the other site never steps in', async () => {
    const { ip } = ask(a, '02:00:00:00:00:aa');
    kill(a);
    expect(() => ask(a, '02:00:00:00:00:ac', 4)).toThrow('no lease');
    atStation(a, 'ip link set dev eth0 address 02:00:00:00:00:aa');
    await apply();
    const inside = ['ip', 'netns', 'exec', 'station'];
    const stays = a.box.start([...inside, ...client(a, '-p', join(a.folder, 'client'))]);
    // What it was told is printed after that it was.
    await until('it is bound', () => /-- bound\n(.*\n)*ip=.*\n/.test(stays.output()));
    expect(leaseIn(stays.output())['ip']).toBe(ip);
    a.do(`kill -USR1 ${readFileSync(join(a.folder, 'client'), 'utf8').trim()}`);
    await until('it is renewed', () => /-- renew\n(.*\n)*ip=.*\n/.test(stays.output()));
    expect(leaseIn(stays.output())['ip']).toBe(ip);
    a.do(`kill -TERM ${readFileSync(join(a.folder, 'client'), 'utf8').trim()}`);
  });

  test('puts leases that have gone bad aside, says so, and goes on with those it can read', async () => {
    const { ip } = ask(a, '02:00:00:00:00:aa');
    const leases = join(folder(a), space);
    kill(a);
    writeFileSync(leases, `half a li\n${readFileSync(leases, 'utf8')}\0\0`);
    const { failures, notes } = await a.apply(states.a);
    expect(failures).toEqual([]);
    expect((await a.apply(states.a)).notes).toMatchObject([{ code: 'host/leases-damaged' }]);
    expect(notes).toEqual([]);
    expect(readFileSync(`${leases}.bad`, 'utf8')).toContain('half a li');
    expect(readFileSync(leases, 'utf8')).not.toContain('half a li');
    expect(ask(a, '02:00:00:00:00:aa')['ip']).toBe(ip);
  });

  test('waits while nobody may write its leases, says so, and has them all when it may', async () => {
    const { ip } = ask(a, '02:00:00:00:00:aa');
    const leases = join(folder(a), space);
    kill(a);
    a.do(`mount --bind ${leases} ${leases}`);
    a.do(`mount -o remount,ro,bind ${leases}`);
    const { failures } = await a.apply(states.a);
    expect(failures.map(({ error }) => error.code)).toEqual(['host/leases-closed']);
    expect(failures[0]?.error.message).toContain('Read-only file system');
    atStation(a, `ip link set dev eth0 address ${knox.mac}`);
    atStation(a, 'ip -4 address flush dev eth0');
    atStation(a, `ip address add ${knox.address}/16 dev eth0`);
    ask(b, pouta.mac);
    await until('one reaches the other', () => reaches(a, pouta.address), 20_000);
    a.do(`umount ${leases}`);
    await apply();
    expect(ask(a, '02:00:00:00:00:aa')['ip']).toBe(ip);
  });

  test('begins anew where a folder is in the place of its leases, which is put aside', async () => {
    const leases = join(folder(a), space);
    kill(a);
    rmSync(leases);
    mkdirSync(join(leases, 'odd'), { recursive: true });
    await apply();
    expect((await a.apply(states.a)).notes).toMatchObject([{ code: 'host/leases-damaged' }]);
    expect(readdirSync(`${leases}.bad`)).toEqual(['odd']);
    expect(ask(a, knox.mac)['ip']).toBe(knox.address);
    rmSync(`${leases}.bad`, { recursive: true });
    expect((await a.apply(states.a)).notes).toEqual([]);
  });

  test('gives the same addresses as before when somebody took the bridge away', async () => {
    const { ip } = ask(a, '02:00:00:00:00:aa');
    a.do(`ip netns exec ${space} ip link del dev bridge`);
    expect(() => ask(a, '02:00:00:00:00:aa', 2)).toThrow('no lease');
    await apply();
    expect(ask(a, '02:00:00:00:00:aa')['ip']).toBe(ip);
    expect(await a.apply(states.a)).toMatchObject({ unchanged: true, writes: 0 });
  });

  test('comes back with its leases when its namespace is torn down', async () => {
    const { ip } = ask(a, '02:00:00:00:00:aa');
    const pid = pidOf(a);
    // One that is in there longer: so long the VXLAN of before has its place.
    a.box.start(['ip', 'netns', 'exec', space, 'sleep', '0.7']);
    a.do(`ip netns exec ${space} ip link set dev eth1 netns /proc/1/ns/net`);
    a.do(`ip netns del ${space}`);
    expect((await a.apply(states.a)).failures).toEqual([]);
    expect(pidOf(a)).not.toBe(pid);
    expect(lives(a, pid)).toBe(false);
    expect(ask(a, '02:00:00:00:00:aa')['ip']).toBe(ip);
  });

  test('is asked for nothing else, and for no address from the other site', async () => {
    const counted = (table: string, name: string): number =>
      packetsOf(a.do(`ip netns exec ${space} nft list counter ${table} hawser-net ${name}`));
    const send = (to: number): string =>
      b.box.run(['ip', 'netns', 'exec', 'station', process.execPath, '-e', datagram(to)]);
    ask(b, pouta.mac);
    const [asked, crossed] = [counted('inet', 'server'), counted('bridge', 'border')];
    send(69);
    await until('it is counted', () => counted('inet', 'server') > asked);
    // A gateway that lets it out meets one that does not let it in.
    b.do(`ip netns exec ${space} nft flush chain bridge hawser-net near`);
    send(67);
    await until('it is counted', () => counted('bridge', 'border') > crossed);
    await apply();
  });

  test('waits where there is no dnsmasq, and says so; the rest of the segment works', async () => {
    const real = join(b.folder, 'programs');
    ask(a, knox.mac);
    kill(b);
    b.do(`mkdir ${real} ${real}-left`);
    b.do(`mount --bind /usr/sbin ${real}`);
    b.do(
      `ln -s -t ${real}-left ${readdirSync('/usr/sbin')
        .map((name) => join(real, name))
        .join(' ')}`,
    );
    b.do(`rm ${real}-left/dnsmasq`);
    b.do(`mount --bind ${real}-left /usr/sbin`);
    const { failures } = await b.apply(states.b);
    expect(failures.map(({ error }) => error.code)).toEqual(['host/no-dhcp']);
    expect(() => ask(b, pouta.mac, 2)).toThrow('no lease');
    atStation(b, `ip address replace ${pouta.address}/16 dev eth0`);
    await until('one reaches the other', () => reaches(b, knox.address), 20_000);
    b.do('umount /usr/sbin');
    await apply();
    expect(ask(b, pouta.mac)['ip']).toBe(pouta.address);
    b.do(`umount ${real}`);
  });

  test('goes without a trace', async () => {
    const pid = pidOf(a);
    expect((await a.cleanup('net')).failures).toEqual([]);
    expect(lives(a, pid)).toBe(false);
    expect(a.do(`find ${a.folder}/state ${a.folder}/run -name *${space}*`)).toBe('');
  });
});
