import { afterAll, beforeAll, expect, test } from 'vitest';
import { trace } from '#compile';
import { parsePort } from '#spec';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import {
  addWorld,
  asked,
  counterOf,
  echo,
  inside,
  route,
  router,
  routerOfLab,
} from './router-world.ts';
import {
  applyBoth,
  knox,
  labOf,
  modelOf,
  openGateways,
  packetsOf,
  pouta,
  reaches,
  siteOf,
  statesOf,
} from './segment-world.ts';

/** A machine of the other segment, on a port of the first gateway as well. */
const office = { name: 'office', address: '10.8.0.1', address6: 'fd08::1' };
const officeMac = '02:00:00:00:00:03';

const withOffice = (site: string): string =>
  site.replace(
    /\}\s*\}$/,
    `}, office: { segment: work, address: [${office.address}, "${office.address6}"], mac: "${officeMac}" } }`,
  );

interface FileInit {
  readonly snat?: boolean;
  readonly policy?: string;
}

const file = ({ snat = true, policy = '' }: FileInit = {}) => `
version: 1
network: net
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites: ${withOffice(siteOf(knox))}${siteOf(pouta)}
segments:${labOf(routerOfLab)}
  work:
    vni: 8
    subnet: [10.8.0.0/24, "fd08::/64"]
    router: [10.8.0.254, "fd08::fe"]
    sites:
      knox-site: { pool: [10.8.0.1-10.8.0.1, "fd08::1-fd08::1"], port: eth2 }
routers:
  gw:
    site: knox-site
    segments: [lab, work]
    uplink: { address: [10.5.0.2/24, "fd05::2/64"], via: [10.5.0.1, "fd05::1"] }
    snat: ${snat}
    egress: [10.254.0.1/32, "2001:db8:254::1/128"]
    forwards: [{ port: tcp/2222, to: ${pouta.address}, target: 22 }, { port: tcp/2222, to: "${pouta.address6}", target: 22 }, { port: tcp/2223, to: "${office.address6}", target: 22 }]
${policy}`;

const policy = 'policy: [{ name: work, from: "segment:lab", to: office, ports: [tcp/22] }]\n';

/** A machine on `eth2` of the gateway, in a namespace of its own. */
function plugInOffice(gateway: TestMachine): void {
  gateway.do('ip netns add office');
  gateway.do('ip link add eth2 type veth peer name eth0 netns office');
  for (const line of [
    `ip link set dev eth0 address ${officeMac}`,
    `ip address add ${office.address}/24 dev eth0`,
    `ip address add ${office.address6}/64 dev eth0 nodad`,
    'ip link set dev eth0 up',
    'ip route add default via 10.8.0.254',
    'ip route add default via fd08::fe',
  ])
    gateway.do(`ip netns exec office ${line}`);
}

/** What becomes of a flow: it passes, or somebody refuses it. */
const isRefused = /EHOSTUNREACH|EACCES/;

suite('a router of two segments', { needs: ['root', 'netns', 'tun'] }, () => {
  let a: TestMachine;
  let b: TestMachine;

  const apply = (next: { readonly a: HostState; readonly b: HostState }): Promise<void> =>
    applyBoth([a, b], next);

  const serve = async (gateway: TestMachine, namespace: string, port: number): Promise<void> => {
    const server = gateway.box.start([...inside(namespace), echo(port)]);
    await until('it listens', () => server.output().includes('listening'));
  };

  beforeAll(async () => {
    [a, b] = await openGateways();
    plugInOffice(a);
    await addWorld(a);
    for (const gateway of [a, b]) route(gateway);
    for (const port of [22, 23])
      for (const [gateway, namespace] of [
        [a, 'station'],
        [a, 'office'],
        [b, 'station'],
      ] as const)
        await serve(gateway, namespace, port);
    await apply(statesOf(file(), a, b));
    // By both families: a router's address of the link is not its own before it has asked for it.
    for (const gateway of [a, b])
      for (const address of ['10.9.0.254', 'fd09::fe'])
        await until('its router is reached', () => reaches(gateway, address));
    for (const address of ['10.8.0.254', 'fd08::fe'])
      await until('that of the other segment too', () =>
        a.do(`ip netns exec office ping -c 1 -W 1 ${address}`).includes(' 0% packet loss'),
      );
  }, 60_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  /** Who may try to reach whom, by both families. */
  const ends = [
    { at: 'station', who: 'knox-1', gateway: () => a, addresses: [knox.address, knox.address6] },
    { at: 'station', who: 'pouta-1', gateway: () => b, addresses: [pouta.address, pouta.address6] },
    { at: 'office', who: 'office', gateway: () => a, addresses: [office.address, office.address6] },
  ];
  const pairs = ends.flatMap((from) =>
    ends
      .filter((to) => (from.at === 'office') !== (to.at === 'office'))
      .map((to) => ({ from, to })),
  );

  /** What each pair is measured to reach, and what the trace says of it. */
  function measure(text: string) {
    const model = modelOf(text, a, b);
    return pairs.flatMap(({ from, to }) =>
      to.addresses.flatMap((address, family) =>
        [22, 23].map((port) => {
          const said = asked(from.gateway(), from.at, address, port);
          if (said !== from.addresses[family]) expect(said).toMatch(isRefused);
          const passes = said === from.addresses[family];
          const { verdict, decision } = trace(model, from.who, address, parsePort(`tcp/${port}`));
          return { flow: `${from.who} ${address} ${port}`, passes, verdict, decision };
        }),
      ),
    );
  }

  test('leads from each to the other, both ways and by both families, and the trace says the same', () => {
    const before = counterOf(a, 'between');
    for (const { flow, passes, verdict, decision } of measure(file())) {
      expect({ flow, passes, verdict }).toEqual({ flow, passes: true, verdict: 'allow' });
      expect(decision).toMatchObject({ counter: 'between' });
    }
    expect(counterOf(a, 'between')).toBeGreaterThan(before);
  });

  test('lets pass what the policy says alone, and the trace names what decides', async () => {
    const text = file({ policy });
    await apply(statesOf(text, a, b));
    const before = counterOf(a, 'deny');
    const found = measure(text);
    for (const { flow, passes, verdict } of found)
      expect({ flow, verdict }).toEqual({ flow, verdict: passes ? 'allow' : 'deny' });
    const passing = found.filter(({ passes }) => passes);
    expect(passing.map(({ flow }) => flow)).toEqual(
      ['knox-1', 'pouta-1'].flatMap((who) =>
        [office.address, office.address6].map((address) => `${who} ${address} 22`),
      ),
    );
    for (const { decision } of passing) expect(decision).toMatchObject({ rule: 'work' });
    for (const { passes, decision } of found)
      if (!passes) expect(decision).toMatchObject({ counter: 'deny' });
    expect(counterOf(a, 'deny')).toBeGreaterThan(before);
    expect(
      packetsOf(a.do(`ip netns exec ${router} nft list counter inet hawser-net policy-work`)),
    ).toBeGreaterThan(0);
    await apply(statesOf(file(), a, b));
  });

  const outside = [
    { to: '10.254.0.1', uplink: '10.5.0.2', family: 0 },
    { to: '2001:db8:254::1', uplink: 'fd05::2', family: 1 },
  ] as const;

  test.each(outside)('lets out to $to with the address of its uplink', ({ to, uplink }) => {
    for (const { gateway, at } of ends) expect(asked(gateway(), at, to, 7000)).toBe(uplink);
  });

  test('lets out with their own addresses where it translates none, if those outside find the way back', async () => {
    await apply(statesOf(file({ snat: false }), a, b));
    // They have no way back yet, which is for who runs the gateway to say.
    for (const { to } of outside) expect(asked(a, 'station', to, 7000)).toBe('silence');
    const back = [
      '10.9.0.0/24 via 10.5.0.2',
      '10.8.0.0/24 via 10.5.0.2',
      'fd09::/64 via fd05::2',
      'fd08::/64 via fd05::2',
    ];
    for (const one of back) a.do(`ip route add ${one}`);
    for (const prefix of ['fd09::/64', 'fd08::/64'])
      a.do(`ip netns exec world ip route add ${prefix} via 2001:db8:18::1`);
    for (const { to, family } of outside)
      for (const { gateway, at, addresses } of ends)
        expect(asked(gateway(), at, to, 7000)).toBe(addresses[family]);
    // Nobody outside comes in by that way.
    for (const address of [pouta.address, office.address6])
      expect(asked(a, 'world', address, 22)).toBe('silence');
    for (const one of back) a.do(`ip route del ${one}`);
    await apply(statesOf(file(), a, b));
    for (const { to, uplink } of outside) expect(asked(b, 'station', to, 7000)).toBe(uplink);
  }, 60_000);

  test('leads in by its forwards, by both families, and by no other port', () => {
    const before = counterOf(a, 'from-tcp_2222');
    // Those who ask have addresses to which the router has no route.
    expect(asked(a, 'world', '10.5.0.2', 2222)).toBe('198.18.0.2');
    a.do('ip netns exec world ip route add fd05::2 via 2001:db8:18::1 src 2001:db8:18::2');
    expect(asked(a, 'world', 'fd05::2', 2222)).toBe('2001:db8:18::2');
    expect(asked(a, 'world', 'fd05::2', 2223)).toBe('2001:db8:18::2');
    expect(counterOf(a, 'from-tcp_2222')).toBeGreaterThan(before);
    const knocks = counterOf(a, 'knocks');
    for (const [address, port] of [
      ['10.5.0.2', 2223],
      ['fd05::2', 22],
    ] as const)
      expect(asked(a, 'world', address, port)).toBe('silence');
    expect(counterOf(a, 'knocks')).toBeGreaterThan(knocks + 1);
  });
});
