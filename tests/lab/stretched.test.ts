import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NetworkStatus } from '#api';
import { datagramOf, ipLies, linkLies, type Speaker, stranger } from '../agent/frames.ts';
import { word } from '../agent/raw-frames.ts';
import { packetsOf } from '../agent/segment-world.ts';
import { outcomeOf } from '../support/hawser.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { Labs, processesOf } from './labs.ts';

const space = 'hw-stretched-mosler';
const knox: Speaker = { mac: 'fa:16:3e:8b:c4:6a', address: '10.101.128.101' };
const epouta: Speaker = { mac: 'fa:16:3e:00:00:11', address: '10.101.0.11' };
/** Addresses of the segment that nobody has. */
const vacant = { knox: '10.101.200.1', epouta: '10.101.100.1' } as const;

/** Sends frames out of \`eth0\` as they are (packet(7)); perl-base is on every Debian. */
const send = `socket(my $s, 17, 3, 0) or die "socket: $!";
my $index = shift() + 0;
send($s, pack("H*", $_), 0, pack("SniSCCa8", 17, 3, $index, 0, 0, 6, "")) or die "send: $!" for @ARGV;`;

/** Sends a datagram of these bytes to where gateways take VXLAN. */
const sendUdp = `use IO::Socket::INET;
IO::Socket::INET->new(Proto => "udp", PeerAddr => "10.0.0.1:14789")->send(pack("H*", $ARGV[0]));`;

/** Forgets who it knows and is known: its switch forgets a port that goes down, and IPv6 would speak at once. */
const fallSilent = `sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1; way=$(ip route show default)
ip link set eth0 down; ip link set eth0 up; ip route replace $way
until ip -br link show eth0 | grep -q LOWER_UP; do sleep 0.02; done`;

interface Status {
  readonly machines: readonly {
    readonly agent?: { readonly connected: boolean } | null;
  }[];
}

suite('the stretched segment of the examples', {
  needs: ['root', 'netns', 'tun', 'tcpdump', 'busybox'],
}, () => {
  let labs: Labs;
  const gateways = ['knox-gw', 'epouta-gw'] as const;

  /** Processes that stand for machines, by name. */
  const pids = new Map<string, string>();

  /** Runs lines of sh on a machine that end well, and gives what they print. */
  function at(machine: string, script: string, ...words: readonly string[]): string {
    const inside = ['nsenter', '-t', pids.get(machine) ?? '', '-m', '-n', '-p', '--'];
    const { code, out, err } = outcomeOf([...inside, 'sh', '-ec', script, 'sh', ...words]);
    if (code !== 0) throw new Error(`at ${machine}, exit code ${code}:\n${script}\n${err}${out}`);
    return out.trim();
  }

  /** What the border of a gateway dropped so far, bridged and routed. */
  function dropped(gateway: string): Readonly<Record<string, number>> {
    const text = at(gateway, `ip netns exec ${space} nft list counters`);
    const found = [...text.matchAll(/counter (\S+) \{\s+packets (\d+)/g)];
    const total: Record<string, number> = {};
    for (const [, name = '', packets] of found) total[name] = (total[name] ?? 0) + Number(packets);
    return total;
  }

  /** Each of these lies is dropped where it comes in, and counted as what it is. */
  async function lieFrom(
    machine: string,
    gateway: string,
    lies: readonly { readonly why: string; readonly frame: string }[],
  ): Promise<void> {
    const before = dropped(gateway);
    at(
      machine,
      'program=$1; shift; perl -e "$program" "$(ip -o link show eth0)" "$@"',
      send,
      ...lies.map(({ frame }) => frame),
    );
    const more = Map.groupBy(lies, ({ why }) => why);
    await until(`${gateway} counted what it dropped`, () => {
      const now = dropped(gateway);
      return [...more].every(([why, { length }]) => (now[why] ?? 0) >= (before[why] ?? 0) + length);
    });
  }

  const startCapture = (): string =>
    at(
      'knox-gw',
      `cd ${labs.folder}; rm -f said; tcpdump -lnei wg0 -T vxlan udp port 14789 >seen 2>said & echo $! >tcpdump
      until grep -qs 'listening on' said; do sleep 0.02; done`,
    );
  const endCapture = (): string =>
    at(
      'knox-gw',
      `cd ${labs.folder}; until grep -q 'echo reply' seen; do sleep 0.02; done; kill $(cat tcpdump); cat seen`,
    );

  /** All that the file and its documents promise of this network, with what is measured. */
  async function everythingHolds(): Promise<void> {
    await until('the sites reach each other', () =>
      at('epouta-1', `ping -nc 1 -W 0.5 ${knox.address}`),
    );
    // Also what may leave by the router, what may not, and with which address.
    const { flows, mismatches } = labs.proof('prove');
    expect(mismatches).toEqual([]);
    expect(flows.filter(({ to }) => to === 'proxy.example.org').length).toBeGreaterThan(0);
    startCapture();

    // Who never spoke is found by the first ping, though no question crosses; an address that nobody has is asked for at home.
    for (const machine of ['knox-2', 'epouta-2']) at(machine, fallSilent);
    for (const [machine, silent, nobody] of [
      ['knox-1', '10.101.0.12', vacant.epouta],
      ['epouta-1', '10.101.128.1', vacant.knox],
    ] as const) {
      const said = at(
        machine,
        `ip neigh flush all; ping -nc 1 -W 2 ${silent}; ping -nc 1 -W 0.3 ${nobody} || true`,
      );
      expect(said).toMatch(/1 received.*100% packet loss/s);
    }

    const behind = (machine: string, address: string): string =>
      at(machine, `ip neigh show ${address} | cut -d ' ' -f 5`);
    const toEpouta = { ...epouta, mac: behind('knox-1', '10.101.0.12') };
    const toKnox = { ...knox, mac: behind('epouta-1', '10.101.128.1') };
    await lieFrom('knox-1', 'knox-gw', [
      ...ipLies(knox, toEpouta, vacant.knox),
      ...linkLies(knox, toEpouta, vacant.knox),
    ]);
    await lieFrom('epouta-1', 'epouta-gw', ipLies(epouta, toKnox, vacant.epouta));
    const lease = at('knox-1', `busybox udhcpc -fqn -t 8 -T 1 -i eth0 -s ${labs.folder}/lease`);
    expect(lease).toContain(`bound ${knox.address} 10.101.128.0`);

    const crossed = endCapture();
    expect(crossed).not.toMatch(/Broadcast|ff:ff:ff:ff:ff:ff|33:33:/);
    // A member and a router ask those that they know, and them alone, whether they are still there (RFC 4861, section 7.3.3), and hear it.
    const others = crossed.split('\n').filter((line) => !/\b02:(6d|72):/.test(line));
    expect(others.join('\n')).not.toMatch(/ARP/);
    for (const lie of [...Object.values(vacant), stranger]) expect(crossed).not.toContain(lie);
  }

  /** Of each machine with an agent, whether it speaks with the server. */
  function connected(): readonly boolean[] {
    const { machines } = JSON.parse(labs.must('status', '--json')) as Status;
    return machines.flatMap(({ agent }) =>
      agent === undefined ? [] : [agent?.connected ?? false],
    );
  }

  /** Kills the process of this name in the machine's own network namespace: all machines see each other's. */
  const killIn = (machine: string, program: string): string =>
    at(
      machine,
      `for pid in $(pidof ${program}); do
        if [ /proc/$pid/ns/net -ef /proc/self/ns/net ]; then kill -KILL $pid; fi
      done`,
    );

  /** Another process serves DHCP soon after. */
  async function killDnsmasq(): Promise<void> {
    const serving = (): string =>
      at('knox-gw', `cat /run/hawser/names/hawser:stretched:dhcp-${space}/pid`);
    const before = serving();
    at('knox-gw', `kill -KILL ${before}`);
    await until('another serves', () => ![before, ''].includes(serving()));
  }

  beforeAll(() => {
    labs = new Labs();
    labs.file('lease', '#!/bin/sh\necho $1 $ip $serverid\n');
    chmodSync(join(labs.folder, 'lease'), 0o755);
    expect(labs.proof('up', 'examples/stretched.yaml').handshakes.missing).toEqual([]);
    for (const line of processesOf(labs, [labs.readLab('stretched').id ?? ''])) {
      const [, pid = '', name] = /^(\d+) hawser lab: (\S+?) *(?:[A-Z_]+=.*)?$/.exec(line) ?? [];
      if (name !== undefined) pids.set(name, pid);
    }
  });

  afterAll(() => labs?.[Symbol.dispose]());

  test('is what its file says', everythingHolds);

  test('has machines at knox to which the server there gave their addresses, and what fits', async () => {
    const leases = at('knox-gw', `cat /var/lib/hawser/leases/stretched/${space}`).split('\n');
    expect(leases.map((line) => line.split(' ').slice(2, 4).join(' ')).sort()).toEqual([
      '10.101.128.1 knox-2',
      `${knox.address} knox-1`,
    ]);
    expect(at('knox-1', 'ip link show dev eth0')).toContain('mtu 1390');
    await until('the server knows of them, and what the other site drops', () => {
      const { segments = [] } = JSON.parse(
        labs.on('server', 'hawser', 'status', '--json').out,
      ) as NetworkStatus;
      const of = (site: string) => segments.find((segment) => segment.site === site);
      return of('knox')?.leases === 2 && of('epouta')?.dropped?.['spoofed'] !== undefined;
    });
  });

  test('tells machines of both sites what all are called, past a policy that does not speak of it', () => {
    for (const [machine, name, address] of [
      ['epouta-1', 'knox-1', knox.address],
      ['epouta-2', 'epouta-1', epouta.address],
      ['knox-1', 'epouta-1', epouta.address],
      ['instrument', 'knox-2', '10.101.128.1'],
    ] as const) {
      const ask = (what: string): string => at(machine, `busybox nslookup ${what} 10.101.128.0`);
      expect(ask(`${name}.stretched.internal`)).toContain(`Address: ${address}`);
      expect(ask(address)).toContain(`name = ${name}.stretched.internal`);
    }
  });

  test('lets who is nested in a machine speak with the other site, and nobody else in that name', async () => {
    const [nested, lie] = ['192.168.0.5', '192.168.0.6'];
    const ping = (from: string, to: string): string => `ping -nc 1 -W 2 -I ${from} ${to}`;
    at('knox-2', `ip address replace ${nested}/32 dev lo; ${ping(nested, epouta.address)}`);
    at('epouta-1', `ping -nc 1 -W 2 ${nested}`);
    const before = dropped('knox-gw')['spoofed'] ?? 0;
    at('knox-1', `ip address replace ${lie}/32 dev lo; ! ${ping(lie, epouta.address)}`);
    await until('it is counted', () => (dropped('knox-gw')['spoofed'] ?? 0) > before);
  });

  test('has a member alone, which is at home in it, and speaks for nobody else', async () => {
    at('instrument', `ping -nc 1 -W 2 ${knox.address}; ping -nc 1 -W 2 ${epouta.address}`);
    at('epouta-1', 'ping -nc 1 -W 2 10.101.0.2');
    expect(at('instrument', 'ip link show dev vni1203')).toContain('mtu 1390');
    const refused = (): number =>
      packetsOf(at('knox-gw', 'nft list counter inet hawser-stretched vxlan'));
    const before = refused();
    // As VXLAN, out of its own tunnel: past the border at the member itself.
    const lie = datagramOf(epouta, knox, 7);
    at('instrument', `perl -e '${sendUdp}' 0800000000${word(1203)}00${lie}`);
    await until('it is counted', () => refused() > before);
  });

  test('is not what its file says while a port is missing, and is again when that is back', async () => {
    const verdict = () => labs.on('server', 'hawser', 'verify', 'knox-gw');
    expect(verdict()).toMatchObject({
      code: 0,
      out: expect.stringContaining('inside segment mosler'),
    });
    at('knox-gw', 'ip -n hw-stretched-mosler link set eth1 name gone');
    await until('the missing port is told', () => verdict().code === 1, 60_000);
    expect(verdict().out).toMatch(
      /is not what its file says[^]*! knox-gw: .*eth1.*\[host\/no-port\]/,
    );
    expect(labs.on('server', 'hawser', 'status').out).toContain('host/no-port');
    // Nobody's port comes home.
    await until('it is at home', () => at('knox-gw', 'ip link set gone name eth1 && echo done'));
    await until('the port is found', () => verdict().code === 0, 60_000);
    await everythingHolds();
  });

  test('goes on without its agents, and with others', async () => {
    for (const gateway of gateways) labs.must('kill', gateway);
    await everythingHolds();
    for (const gateway of gateways) labs.must('start', gateway);
    await until('both speak with the server', () => connected().every(Boolean));
    await everythingHolds();
  });

  test('comes back when its DHCP server and its tunnels are killed', async () => {
    await killDnsmasq();
    for (const gateway of gateways) killIn(gateway, 'wireguard-go');
    await everythingHolds();
  });

  test('needs no server: not when a gateway is started anew, and not when all that runs there is killed', async () => {
    labs.must('kill', 'server');
    await everythingHolds();
    for (const gateway of gateways) labs.must('reboot', gateway);
    await everythingHolds();
    await killDnsmasq();
    for (const gateway of gateways) {
      labs.must('kill', gateway);
      killIn(gateway, 'wireguard-go');
      labs.must('start', gateway);
    }
    await everythingHolds();
    labs.must('start', 'server');
    await until('both speak with the server', () => connected().every(Boolean));
  });
});
