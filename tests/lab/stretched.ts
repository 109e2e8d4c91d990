import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  datagramOf,
  discoveryLies,
  ipLies,
  type Lie,
  linkLies,
  stranger,
} from '../agent/frames.ts';
import { word } from '../agent/raw-frames.ts';
import { packetsOf } from '../agent/segment-world.ts';
import { framesForMany } from '../agent/tunnel-watch.ts';
import { outcomeOf } from '../support/hawser.ts';
import { until } from '../support/until.ts';
import { Labs, type ProofJson, processesOf } from './labs.ts';
import { namesAll } from './names-all.ts';

/** Namespace of the segment on its gateways. */
export const space = 'hw-stretched-mosler';
export const gateways = ['knox-gw', 'epouta-gw'] as const;
/** The machine of the lab that stands for the cloud's DHCP server at epouta. */
export const cloudServer = 'dhcp.mosler.epouta';
export const macs = { knox: 'fa:16:3e:8b:c4:6a', epouta: 'fa:16:3e:00:00:11' } as const;

/** Who has which address of one family, at both sites. */
export interface Places {
  /** The first machine of each site, and the second, which can be silent. */
  readonly knox: readonly [string, string];
  readonly epouta: readonly [string, string];
  /** Addresses of the segment that nobody has. */
  readonly vacant: { readonly knox: string; readonly epouta: string };
  /** Of the allow-list of knox-2: one that is nested in it, and one that it does not speak for at the moment. */
  readonly nested: readonly [string, string];
  /** Where names are asked for. */
  readonly dns: string;
}

export const places4: Places = {
  knox: ['10.101.128.101', '10.101.128.1'],
  epouta: ['10.101.0.11', '10.101.0.12'],
  vacant: { knox: '10.101.200.1', epouta: '10.101.100.1' },
  nested: ['192.168.0.5', '192.168.0.6'],
  dns: '10.101.128.0',
};

export const places6: Places = {
  knox: ['fd65::8065', 'fd65::8001'],
  epouta: ['fd65::11', 'fd65::12'],
  vacant: { knox: 'fd65::c001', epouta: 'fd65::6401' },
  nested: ['fd92::5', 'fd92::6'],
  dns: 'fd65::8000',
};

/** The DHCP server that gives the first machine of each site its address of IPv4. */
const servers = { knox: '10.101.128.0', epouta: '10.101.0.3' } as const;

/** Sends frames out of \`eth0\` as they are (packet(7)); perl-base is on every Debian. */
const send = `socket(my $s, 17, 3, 0) or die "socket: $!";
my $index = shift() + 0;
send($s, pack("H*", $_), 0, pack("SniSCCa8", 17, 3, $index, 0, 0, 6, "")) or die "send: $!" for @ARGV;`;

/** Says what udhcpc and dhclient were given, and by whom. */
const leaseScript = `#!/bin/sh
case "$1$reason" in
  bound) echo bound $ip $serverid ;;
  BOUND6) echo bound $new_ip6_address $new_dhcp6_server_id ;;
esac
`;

/** Asks by DHCPv6, once. */
const ask6 = `cd $1; rm -f leases6 asked6
timeout 20 dhclient -6 -d -1 -q -D LL -sf $1/lease -lf $1/leases6 -pf $1/pid6 eth0 >asked6 2>/dev/null & asking=$!
until grep -qs bound asked6; do kill -0 $asking; sleep 0.05; done
kill $asking; cat asked6`;

/** Sends a datagram of these bytes to where gateways take VXLAN. */
const sendUdp = `use IO::Socket::INET;
IO::Socket::INET->new(Proto => "udp", PeerAddr => "10.0.0.1:14789")->send(pack("H*", $ARGV[0]));`;

/** Asks all by mDNS (RFC 6762), and sends them a broadcast. */
const callAll = `use IO::Socket::INET;
for (qw(224.0.0.251:5353 255.255.255.255:7777)) {
  my $all = IO::Socket::INET->new(Proto => "udp", PeerAddr => $_, Broadcast => 1) or die "$_: $@";
  $all->send("all") or die "$_: $!";
}`;

/** Its switch forgets a port that goes down. */
const comeUp = `sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=1
way=$(ip route show default); way6=$(ip -6 route show default)
ip link set eth0 down; ip link set eth0 up; ip route replace $way; [ -z "$way6" ] || ip -6 route replace $way6
until ip -br link show eth0 | grep -q LOWER_UP; do sleep 0.02; done`;

/** Forgets who it knows and is known. IPv6 would tell at once to which groups it listens (MLD). */
const fallSilent = `nft -f - <<'end'
table ip6 silence { chain out { type filter hook output priority 0; icmpv6 type mld2-listener-report drop; }; }
end
${comeUp}`;

/** Asks for router advertisements, waits ten seconds at most until one says what fits, and gives the ways that any of them told. */
const hearAdvertised = `sysctl -qw net.ipv6.conf.eth0.accept_ra=1; ip link set eth0 mtu 1500
${comeUp}
fits() { grep -qx 1390 /proc/sys/net/ipv6/conf/eth0/mtu; }
for each in $(seq 200); do if fits; then break; fi; sleep 0.05; done; fits
sysctl -qw net.ipv6.conf.eth0.accept_ra=0; ip link set eth0 mtu 1390
ip -6 route show proto ra | grep default || true`;

interface Status {
  readonly machines: readonly {
    readonly name: string;
    readonly agent?: { readonly connected: boolean } | null;
    readonly lease?: { readonly address: string; readonly server: string };
    readonly serves?: boolean;
  }[];
}

/** A lab of a stretched segment between knox and epouta, by these families of addresses. */
export class Stretched implements Disposable {
  readonly labs = new Labs();
  readonly #file: string;
  readonly #families: readonly Places[];
  /** Processes that stand for machines, by name. */
  readonly #pids = new Map<string, string>();

  constructor(file: string, families: readonly Places[]) {
    this.#file = file;
    this.#families = families;
  }

  up(): void {
    this.labs.file('lease', leaseScript);
    chmodSync(join(this.labs.folder, 'lease'), 0o755);
    expect(this.labs.proof('up', this.#file)).toMatchObject({ handshakes: { missing: [] } });
    for (const line of processesOf(this.labs, [this.labs.readLab('stretched').id ?? ''])) {
      const [, pid = '', name] = /^(\d+) hawser lab: (\S+?) *(?:[A-Z_]+=.*)?$/.exec(line) ?? [];
      if (name !== undefined) this.#pids.set(name, pid);
    }
  }

  /** Runs lines of sh on a machine that end well, and gives what they print. */
  at(machine: string, script: string, ...words: readonly string[]): string {
    const inside = ['nsenter', '-t', this.#pids.get(machine) ?? '', '-m', '-n', '-p', '--'];
    const { code, out, err } = outcomeOf([...inside, 'sh', '-ec', script, 'sh', ...words]);
    if (code !== 0) throw new Error(`at ${machine}, exit code ${code}:\n${script}\n${err}${out}`);
    return out.trim();
  }

  /** What the border of a gateway dropped so far, bridged and routed. */
  dropped(gateway: string): Readonly<Record<string, number>> {
    const text = this.at(gateway, `ip netns exec ${space} nft list counters`);
    const found = [...text.matchAll(/counter (\S+) \{\s+packets (\d+)/g)];
    const total: Record<string, number> = {};
    for (const [, name = '', packets] of found) total[name] = (total[name] ?? 0) + Number(packets);
    return total;
  }

  /** Each of these lies is dropped where it comes in, and counted as what it is. */
  async lieFrom(machine: string, gateway: string, lies: readonly Lie[]): Promise<void> {
    const before = this.dropped(gateway);
    this.at(
      machine,
      'program=$1; shift; perl -e "$program" "$(ip -o link show eth0)" "$@"',
      send,
      ...lies.map(({ frame }) => frame),
    );
    const more = Map.groupBy(lies, ({ why }) => why);
    await until(`${gateway} counted what it dropped`, () => {
      const now = this.dropped(gateway);
      return [...more].every(([why, { length }]) => (now[why] ?? 0) >= (before[why] ?? 0) + length);
    });
  }

  /** A frame in VXLAN out of the member's own tunnel, past the border at the member itself, is not let in, and counted. */
  async #lieByTunnel(frame: string): Promise<void> {
    const refused = (): number =>
      packetsOf(this.at('knox-gw', 'nft list counter inet hawser-stretched vxlan'));
    const before = refused();
    this.at('instrument', `perl -e '${sendUdp}' 0800000000${word(1203)}00${frame}`);
    await until('it is counted', () => refused() > before);
  }

  /** The MAC address behind which a machine finds an address. */
  behind(machine: string, address: string): string {
    const mac = this.at(machine, `ip neigh show ${address} | cut -d ' ' -f 5`);
    expect(mac).toMatch(/^(..:){5}..$/);
    return mac;
  }

  /** All that the file and its documents promise of this network, with what is measured. */
  async everythingHolds(): Promise<void> {
    for (const { knox } of this.#families) {
      await until('the sites reach each other', () =>
        this.at('epouta-1', `ping -nc 1 -W 0.5 ${knox[0]}`),
      );
    }
    this.#provesAll();
    this.#startCapture();
    for (const machine of ['knox-1', 'epouta-1']) this.at(machine, `perl -e '${callAll}'`);
    this.#findsSilent();
    await this.#letsNobodyLie();
    this.#leases();
    if (this.#families.includes(places6)) expect(this.at('knox-1', hearAdvertised)).toBe('');
    this.#staysHome(this.#endCapture());
    for (const family of this.#families) namesAll((...words) => this.at(...words), family);
    await this.#hearsOnlyWhoMay();
  }

  /** Also what may leave by the router, what may not, and with which address. */
  #provesAll(): void {
    const { flows, mismatches } = this.labs.proof('prove');
    expect(mismatches).toEqual([]);
    const byName = flows.filter(({ to }) => to === 'proxy.example.org');
    for (const { knox } of this.#families) {
      for (const led of [flows, byName])
        expect(led.some((flow) => isOut(flow, familyOf(knox[0])))).toBe(true);
    }
  }

  /** Who never spoke is found by the first ping, though no question crosses; an address that nobody has is asked for at home. */
  #findsSilent(): void {
    for (const machine of ['knox-2', 'epouta-2']) this.at(machine, fallSilent);
    for (const { knox, epouta, vacant } of this.#families) {
      for (const [machine, silent, nobody] of [
        ['knox-1', epouta[1], vacant.epouta],
        ['epouta-1', knox[1], vacant.knox],
      ] as const) {
        const said = this.at(
          machine,
          `ip -${familyOf(silent)} neigh flush all; ping -nc 1 -W 2 ${silent}; ping -nc 1 -W 0.3 ${nobody} || true`,
        );
        expect(said).toMatch(/1 received.*100% packet loss/s);
      }
    }
  }

  async #letsNobodyLie(): Promise<void> {
    for (const { knox, epouta, vacant, nested } of this.#families) {
      const [fromKnox, fromEpouta] = [
        { mac: macs.knox, address: knox[0] },
        { mac: macs.epouta, address: epouta[0] },
      ];
      const toEpouta = { mac: this.behind('knox-1', epouta[1]), address: epouta[0] };
      const toKnox = { mac: this.behind('epouta-1', knox[1]), address: knox[0] };
      const is6 = familyOf(knox[0]) === 6;
      await this.lieFrom('knox-1', 'knox-gw', [
        ...ipLies(fromKnox, toEpouta, vacant.knox),
        ...(is6 ? discoveryLies : linkLies)(fromKnox, toEpouta, vacant.knox),
        // Its neighbour may.
        { why: 'spoofed', frame: datagramOf({ ...fromKnox, address: nested[1] }, toEpouta, 7778) },
      ]);
      // ARP is not routed there.
      await this.lieFrom('epouta-1', 'epouta-gw', [
        ...ipLies(fromEpouta, toKnox, vacant.epouta),
        ...(is6 ? discoveryLies(fromEpouta, toKnox, vacant.epouta) : []),
      ]);
    }
  }

  /** Real clients get leases from the server of their own site, which nobody takes for a rogue. */
  #leases(): void {
    const rogues = () => gateways.map((gateway) => this.dropped(gateway)['rogue-dhcp'] ?? 0);
    const before = rogues();
    for (const site of ['knox', 'epouta'] as const) {
      const ask = `busybox udhcpc -fqn -t 8 -T 1 -i eth0 -s ${this.labs.folder}/lease`;
      const bound = `bound ${places4[site][0]} ${servers[site]}`;
      expect(this.at(`${site}-1`, ask)).toContain(bound);
      if (!this.#families.includes(places6)) continue;
      const { folder } = this.labs;
      const got = this.at(`${site}-1`, ask6, folder);
      expect(
        got.startsWith(`bound ${places6[site][0]} `) && got.endsWith(this.#lastOfDuid(site)),
        got,
      ).toBe(true);
    }
    expect(rogues()).toEqual(before);
  }

  /** Who is nested in a machine speaks with the other site, and a member for itself alone. */
  async #hearsOnlyWhoMay(): Promise<void> {
    for (const { knox, epouta, nested } of this.#families) {
      const [own] = nested;
      const [length, options] = familyOf(own) === 6 ? [128, ' nodad'] : [32, ''];
      this.at(
        'knox-2',
        `ip address replace ${own}/${length} dev lo${options}; ping -nc 1 -W 2 -I ${own} ${epouta[0]}`,
      );
      this.at('epouta-1', `ping -nc 1 -W 2 ${own}`);
      const [from, to] = [
        { mac: macs.epouta, address: epouta[0] },
        { mac: macs.knox, address: knox[0] },
      ];
      await this.#lieByTunnel(datagramOf(from, to, 7));
    }
  }

  /** What a server of DHCPv6 calls itself ends with its MAC address (RFC 8415, 11), bytes without leading zeros. */
  #lastOfDuid(site: keyof typeof servers): string {
    const [machine, device] =
      site === 'knox'
        ? ['knox-gw', `-n ${space} link show bridge`]
        : [cloudServer, 'link show eth0'];
    const mac = this.at(machine, `ip -br ${device} | grep -o '\\(..:\\)\\{5\\}..'`);
    return mac.replaceAll(/\b0(?=[\da-f])/g, '');
  }

  #startCapture(): void {
    this.at(
      'knox-gw',
      `cd ${this.labs.folder}; if [ -s tcpdump ]; then kill $(cat tcpdump); fi; rm -f said; tcpdump -lnei wg0 -T vxlan udp port 14789 >seen 2>said & echo $! >tcpdump
      until grep -qs 'listening on' said; do sleep 0.02; done`,
    );
  }

  #endCapture(): string {
    return this.at(
      'knox-gw',
      `cd ${this.labs.folder}; until grep -q 'echo reply' seen; do sleep 0.02; done; kill $(cat tcpdump); rm tcpdump; cat seen`,
    );
  }

  #staysHome(crossed: string): void {
    expect(framesForMany(crossed)).toEqual([]);
    // A member and a router ask those that they know, and them alone, whether they are still there (RFC 4861, section 7.3.3), and hear it.
    const others = crossed.split('\n').filter((line) => !/\b02:(6d|72):/.test(line));
    expect(others.join('\n')).not.toMatch(/ARP|neighbor|router advertisement|redirect|dhcp|BOOTP/i);
    const vacant = this.#families.flatMap((family) => Object.values(family.vacant));
    for (const lie of [...vacant, stranger]) expect(crossed).not.toContain(lie);
  }

  status(): Status {
    return JSON.parse(this.labs.must('status', '--json')) as Status;
  }

  /** Of each machine with an agent, whether it speaks with the server. */
  connected(): readonly boolean[] {
    return this.status().machines.flatMap(({ agent }) =>
      agent === undefined ? [] : [agent?.connected ?? false],
    );
  }

  /** Kills the process of this name in the machine's own network namespace: all machines see each other's. */
  killIn(machine: string, program: string): string {
    return this.at(
      machine,
      `for pid in $(pidof ${program}); do
        if [ /proc/$pid/ns/net -ef /proc/self/ns/net ]; then kill -KILL $pid; fi
      done`,
    );
  }

  /** Another process serves DHCP soon after. */
  async killDnsmasq(): Promise<void> {
    const serving = (): string =>
      this.at('knox-gw', `cat /run/hawser/names/hawser:stretched:dhcp-${space}/pid`);
    const before = serving();
    this.at('knox-gw', `kill -KILL ${before}`);
    await until('another serves', () => ![before, ''].includes(serving()));
  }

  /** Kills all of ours that runs at the gateways; what begins anew are their agents. */
  async killAll(): Promise<void> {
    await this.killDnsmasq();
    for (const gateway of gateways) {
      this.labs.must('kill', gateway);
      this.killIn(gateway, 'wireguard-go');
      this.labs.must('start', gateway);
    }
  }

  [Symbol.dispose](): void {
    this.labs[Symbol.dispose]();
  }
}

const familyOf = (address: string): number => (address.includes(':') ? 6 : 4);

/** Whether it left by the router, and had to. */
const isOut = (
  { from, to, family, predicted, measured }: ProofJson['flows'][number],
  by: number,
): boolean =>
  from === 'epouta-1' &&
  family === by &&
  !/^(knox|epouta|instrument)/.test(to) &&
  predicted === 'allow' &&
  measured === 'answered';
