import { afterAll, beforeAll, describe, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { type Gateway, openWorld, routed, router, space } from './tables-world.ts';

/** ms: far from the 30 s after which all is looked at whatever happens, even where others work beside it. */
const soon = 15_000;

interface Breakage {
  readonly what: string;
  readonly at: string;
  readonly breaks: string;
  /** Says whether all is as it was. */
  readonly shows: string;
}

const breakages: readonly Breakage[] = [
  {
    what: 'the border of a segment is open',
    at: space,
    breaks: 'nft flush chain bridge hawser-net forward',
    shows: 'nft -s list chain bridge hawser-net forward',
  },
  {
    what: 'all filters of a segment are gone',
    at: space,
    breaks: 'nft flush ruleset',
    shows: 'nft list tables',
  },
  {
    what: 'the way out of a segment learns and floods',
    at: space,
    breaks: 'ip link set dev vxlan type bridge_slave learning on flood on',
    shows: 'ip -d -o link show dev vxlan',
  },
  {
    what: 'the port is taken off the bridge',
    at: space,
    breaks: 'ip link set dev eth1 nomaster',
    shows: 'ip -br link show master bridge',
  },
  {
    what: 'a machine of another site is sent to nowhere',
    at: space,
    breaks: 'bridge fdb del 02:00:00:00:00:02 dev vxlan self',
    shows: 'bridge fdb show dev vxlan',
  },
  {
    what: 'the bridge is down',
    at: space,
    breaks: 'ip link set dev bridge down',
    shows: 'ip -br link show dev bridge',
  },
  {
    what: 'the filter of a router is open',
    at: router,
    breaks: 'nft flush chain inet hawser-net forward',
    shows: 'nft -s list chain inet hawser-net forward',
  },
  {
    what: 'all filters of a router are gone',
    at: router,
    breaks: 'nft flush ruleset',
    shows: 'nft list tables',
  },
  {
    what: 'a route of a router is gone',
    at: router,
    breaks: 'ip route del 10.254.0.1',
    shows: 'ip route show proto 143',
  },
  {
    what: 'a router has a default route',
    at: router,
    breaks: 'ip route add default via 10.5.0.1',
    shows: 'ip route show table all',
  },
  {
    what: 'a router has a way out of IPv6 in a table of its own',
    at: router,
    breaks: 'ip -6 route add 2000::/3 dev uplink table 77 proto static metric 5',
    shows: 'ip -6 route show table all',
  },
  {
    what: 'a router has two ways out at once',
    at: router,
    breaks: 'ip route add 10.77.0.0/16 nexthop via 10.5.0.1 nexthop via 10.5.0.3',
    shows: 'ip route show table all',
  },
  {
    what: 'the bridge looks into groups and has a spanning tree',
    at: space,
    breaks: 'ip link set dev bridge type bridge mcast_snooping 1 stp_state 1',
    shows:
      'grep . /sys/class/net/bridge/bridge/multicast_snooping /sys/class/net/bridge/bridge/stp_state',
  },
  {
    what: 'the uplink of a router is down',
    at: router,
    breaks: 'ip link set dev uplink down',
    shows: 'ip -br link show dev uplink',
  },
  {
    what: 'a router does not forward',
    at: router,
    breaks: 'sysctl -qw net.ipv4.conf.uplink.forwarding=0',
    shows: 'sysctl net.ipv4.conf.uplink.forwarding',
  },
];

suite('what is changed in a namespace of ours', { needs: ['root', 'netns', 'tun'] }, () => {
  let a: Gateway;
  let b: Gateway;

  beforeAll(async () => {
    [a, b] = await openWorld(routed);
    await until(
      'the machines of the file reach each other',
      () => a.reaches('knox-1', '10.9.0.129'),
      30_000,
    );
    await until('there is a router', () =>
      a.inside(router, 'ip route show').includes('10.254.0.1'),
    );
    await until('the agents listen inside', () => monitors(a).length >= 4);
  }, 90_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  /** Those of the agent, by their command lines. */
  const monitors = (gateway: Gateway): readonly string[] =>
    gateway
      .do('ps -eo args')
      .split('\n')
      .filter((line) => /^(?:ip -o monitor label|nft monitor ruleset)/.test(line));

  /** Its agent says what it does; not always that it puts something back, as when the first try fails. */
  const spoken = (): number => a.machine.read('/var/lib/hawser/agent.log').length;

  /** What differs before that is nobody's drift, and put back without a word. */
  const isComplete = (): boolean =>
    a.machine.must('agent', 'status', '--json').includes('"complete": true');

  /** In whatever order. */
  const said = (at: string, line: string): string =>
    a.inside(at, line).split('\n').sort().join('\n');

  describe('is put back at once, as when', () => {
    test.each(breakages)('$what', async ({ at, breaks, shows }) => {
      await until('nothing is left to do', isComplete);
      const whole = await atRest(() => said(at, shows));
      const before = spoken();
      a.inside(at, breaks);
      const isBack = (): boolean => said(at, shows) === whole && spoken() > before;
      await until('it is put back', isBack, soon);
    });
  });

  /** The name of a namespace goes, and with it the namespace, unless somebody keeps it. */
  async function lose(name: string): Promise<void> {
    const old = a.do(`stat -Lc %i /run/netns/${name}`).trim();
    a.do(`ip netns del ${name}`);
    await until('nobody keeps it', () => !a.do('lsns -nt net -o NS').includes(old), soon);
  }

  test('a router whose namespace is gone is there again at once', async () => {
    await lose(router);
    await until('it routes', () => said(router, 'ip route').includes('10.254.0.1'), soon);
    await until('its filter is there', () => said(router, 'nft list tables') !== '', soon);
  });

  test('a segment whose namespace is gone is there again with its port', async () => {
    await lose(space);
    const hasPort = (): boolean => a.inside('switch', 'ip -br link').includes('port@');
    await until('its port is free', () => !hasPort(), soon);
    a.do('ip link add eth1 type veth peer name port netns switch');
    a.inside('switch', 'ip link set dev port addrgenmode none master lan up');
    await until('others are reached', () => a.reaches('knox-1', '10.9.0.129'), soon);
  });
});

/** What something says when it says it twice. */
function atRest(say: () => string): Promise<string> {
  let last: string | undefined;
  return until('it rests', () => {
    const now = say();
    const rests = now === last;
    last = now;
    return rests && now;
  });
}
