import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../support/hawser.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { places4, Stretched, space } from './stretched.ts';

/** What `hawser verify --json` says of segments. */
interface LiveProof {
  readonly segments: readonly {
    readonly from: readonly {
      readonly machine: string;
      readonly verified: readonly {
        readonly to: string;
        readonly what: string;
        readonly outcome: string;
      }[];
    }[];
    readonly untried: readonly { readonly what: string }[];
  }[];
}

/** A machine beside another, with a MAC address, and an address; without one it asks for it. */
const plugIn = `ip netns add guest
ip link add link eth0 name guest address $1 type macvlan mode bridge
ip link set guest netns guest
ip -n guest link set guest up
if [ "$2" ]; then ip -n guest address add $2/16 dev guest; exit; fi
cat >/tmp/lease <<'.'
#!/bin/sh
[ "$1" != bound ] || ip address replace $ip/16 dev $interface
.
chmod +x /tmp/lease
ip netns exec guest busybox udhcpc -fqn -t 8 -T 1 -i guest -s /tmp/lease`;
const addressOfGuest = 'ip -n guest -br -4 address show guest';
const addressIn = (shown: string): string => /[\d.]+(?=\/16)/.exec(shown)?.[0] ?? '';

suite('a segment that is verified from within', {
  needs: ['root', 'netns', 'tun', 'busybox'],
}, () => {
  let segment: Stretched;

  beforeAll(() => {
    segment = new Stretched('examples/stretched.yaml', [places4]);
    segment.up();
  });

  afterAll(() => segment?.[Symbol.dispose]());

  /** By pings, packets of the largest size, names, and what routers let out. */
  const verified = (): Outcome => segment.labs.on('server', 'hawser', 'verify', '--port', 'icmp');

  test('is proven from within by whoever of ours is in it, and says what nobody can try', async () => {
    await until('all is so', () => verified().code === 0, 60_000);
    const { out } = segment.labs.on('server', 'hawser', 'verify', '--port', 'icmp', '--json');
    const { segments } = JSON.parse(out) as LiveProof;
    const [{ from, untried } = { from: [], untried: [] }] = segments;
    expect(from.map(({ machine }) => machine).sort()).toEqual(
      ['DHCP server of knox', 'epouta-gw', 'instrument', 'knox-gw', 'mosler-gw'].sort(),
    );
    const tried = (machine: string): readonly string[] =>
      from
        .filter((one) => one.machine === machine)
        .flatMap((one) => one.verified.map(({ to, what, outcome }) => `${what} ${to} ${outcome}`));
    expect(tried('epouta-gw')).toEqual(
      expect.arrayContaining(['arp epouta-1 answered', 'arp epouta-2 answered']),
    );
    expect(tried('mosler-gw')).toEqual(
      expect.arrayContaining([
        'icmp epouta-1 answered',
        'mtu 1390 epouta-1 answered',
        'name epouta-1 answered',
        'egress icmp 10.254.0.1/32 answered',
        'egress tcp/53 130.238.7.10/32 answered',
        'egress tcp/3128 proxy.example.org answered',
        'dhcp DHCP server of knox answered',
        'filters hw-stretched-mosler-gw answered',
      ]),
    );
    expect(tried('DHCP server of knox')).toEqual(
      expect.arrayContaining(['icmp mosler-gw answered', 'name instrument answered']),
    );
    expect(untried.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'what goes by UDP, but for names and DHCP',
        'from epouta to the other sites',
        'DHCP at epouta',
      ]),
    );
  });

  test('has its gateways know its machines as before when they were asked for', () => {
    const known = (): string =>
      segment.at('epouta-gw', `ip -n ${space} neigh show nud permanent | sort`);
    const before = known();
    expect(before).toContain('10.101.0.11');
    const { code, out } = verified();
    expect(code, out).toBe(0);
    expect(known()).toBe(before);
  });

  test.each([
    [
      'a server of names that lives and says nothing',
      'knox-gw',
      `kill -STOP $(cat /run/hawser/names/hawser:stretched:dhcp-${space}/pid)`,
      `kill -CONT $(cat /run/hawser/names/hawser:stretched:dhcp-${space}/pid)`,
      [
        'in mosler 10.101.128.0 answers nobody who asks it for names',
        'in mosler mosler-gw to DHCP server of knox (10.101.128.0), dhcp: it gives no addresses: it was silent',
      ],
    ],
    [
      'who has a name on the list of a router, and is not reached',
      'knox-gw',
      `nft -f - <<'.'
table ip shut { chain forward { type filter hook forward priority 0; tcp dport 3128 drop; }; }
.`,
      'nft delete table ip shut',
      [
        'in mosler mosler-gw to proxy.example.org (proxy.example.org), egress tcp/3128: it is on the list, but was silent',
      ],
    ],
    [
      'a machine that is off',
      'epouta-2',
      'ip route show default >/tmp/way; ip link set eth0 down',
      'ip link set eth0 up; ip route replace $(cat /tmp/way)',
      ['in mosler epouta-2 answers nobody, nor epouta-gw at its site: it is off'],
    ],
    [
      'packets of the largest size that are lost',
      'knox-gw',
      `ip -n ${space} link set vxlan mtu 1300`,
      `ip -n ${space} link set vxlan mtu 1500`,
      [
        'in mosler mosler-gw to epouta-1 (10.101.0.11), mtu 1390: packets of 1390 bytes should pass whole',
      ],
    ],
  ])('names %s', async (_, machine, breaks, mends, sentences) => {
    segment.at(machine, breaks);
    try {
      const { code, out } = verified();
      for (const sentence of sentences) expect(out).toContain(`! ${sentence}`);
      expect(code).toBe(1);
    } finally {
      segment.at(machine, mends);
    }
    await until('all is as before', () => verified().code === 0, 60_000);
  });

  test('is tried for machines that no file names, whom a lease or a word of theirs tells of', async () => {
    segment.at('knox-1', plugIn, '02:00:00:00:77:01');
    segment.at('epouta-1', plugIn, '02:00:00:00:77:02', '10.101.0.77');
    const leased = addressIn(segment.at('knox-1', addressOfGuest));
    expect(leased).toMatch(/^10\.101\.1[2-9]\d\./);
    segment.at('epouta-1', 'ip netns exec guest ping -nc 1 -W 2 10.101.0.12');
    try {
      await until('both are', () => {
        const { out } = segment.labs.on('server', 'hawser', 'verify', '--port', 'icmp', '--json');
        const [{ from } = { from: [] }] = (JSON.parse(out) as LiveProof).segments;
        const found = from.flatMap(({ machine, verified }) =>
          verified
            .filter(({ to }) => [leased, '10.101.0.77'].includes(to))
            .map(({ what, to, outcome }) => `${machine} ${what} ${to} ${outcome}`),
        );
        const wanted = [
          `knox-gw arp ${leased} answered`,
          'epouta-gw arp 10.101.0.77 answered',
          'mosler-gw icmp 10.101.0.77 answered',
          'DHCP server of knox icmp 10.101.0.77 answered',
        ];
        return wanted.sort().join() === found.sort().join();
      });
      await until('all is so', () => verified().code === 0, 60_000);
      segment.at('epouta-1', 'ip -n guest link set guest down');
      // It is missed, and nothing is wrong with that.
      const missed = 'in mosler 1 machine at epouta that no file names: nobody answers';
      await until(
        'it is missed',
        () => {
          const { code, out } = verified();
          return code === 0 && out.includes(missed);
        },
        60_000,
      );
    } finally {
      for (const machine of ['knox-1', 'epouta-1']) segment.at(machine, 'ip netns del guest');
    }
  });
});
