import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import {
  addWorld,
  asked,
  askedByUdp,
  counterOf,
  echo,
  inside,
  route,
  routed,
  router,
  talk,
  udpEcho,
} from './router-world.ts';
import {
  applyBoth,
  atStation,
  failing,
  knox,
  openGateways,
  packetsOf,
  pouta,
  proxiedAt,
  reaches,
  space,
  statesOf,
} from './segment-world.ts';

const spoofedAt = (gateway: TestMachine): number =>
  packetsOf(gateway.do(`ip netns exec ${space} nft list counter bridge hawser-net spoofed`));

/** Knows one address for every name (RFC 1035, 4.1). */
const nameServer = `const s = require('node:dgram').createSocket('udp4');
s.on('message', (asked, from) => {
  const end = asked.indexOf(0, 12) + 5;
  const head = Buffer.concat([asked.subarray(0, 2), Buffer.from('81800001000100000000', 'hex')]);
  const record = Buffer.from('c00c000100010000003c0004c6336407', 'hex');
  s.send(Buffer.concat([head, asked.subarray(12, end), record]), from.port, from.address);
}).bind(53, '130.238.7.10', () => console.log('listening'));`;
/** What the DHCP server of the segment says of such a name. */
const lookUp = `const r = new (require('node:dns').promises.Resolver)({ timeout: 1500, tries: 1 });
r.setServers(['10.9.0.200']);
r.resolve4('some.example.org').then((all) => console.log(all[0]), ({ code }) => console.log(code));`;

/** Outside, and on no list. */
const [stranger, stranger6] = ['203.0.113.77', '2001:db8:203::77'];

suite('a router of a segment', { needs: ['root', 'netns', 'tun'] }, () => {
  let a: TestMachine;
  let b: TestMachine;
  let states: { readonly a: HostState; readonly b: HostState };

  const apply = (next = states): Promise<void> => applyBoth([a, b], next);

  beforeAll(async () => {
    [a, b] = await openGateways();
    await addWorld(a);
    route(a);
    route(b);
    for (const program of [echo(22), udpEcho(7002)]) {
      const server = b.box.start([...inside('station'), program]);
      await until('it listens', () => server.output().includes('listening'));
    }
    states = statesOf(routed(), a, b);
    await apply();
  }, 60_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  test('is found from both sites, and lets out what is on its list, with its own address', async () => {
    await until('it is reached from afar', () => reaches(b, '10.9.0.254'), 20_000);
    for (const machine of [a, b]) {
      expect(asked(machine, 'station', '10.254.0.1', 7000)).toBe('10.5.0.2');
      expect(asked(machine, 'station', '130.238.7.10', 53)).toBe('10.5.0.2');
    }
    expect(await a.apply(states.a)).toMatchObject({ unchanged: true, writes: 0 });
  });

  test('does so for IPv6', async () => {
    await until('it is reached from afar', () => reaches(b, 'fd09::fe'), 20_000);
    for (const machine of [a, b]) {
      expect(asked(machine, 'station', '2001:db8:254::1', 7000)).toBe('fd05::2');
      expect(asked(machine, 'station', '2001:db8:130::10', 53)).toBe('fd05::2');
    }
  });

  test.each([
    ['IPv4', stranger, '130.238.7.10'],
    ['IPv6', stranger6, '2001:db8:130::10'],
  ])('lets nothing else of %s out, and counts it: another address, another port', (_, off, on) => {
    for (const machine of [a, b]) {
      for (const address of [off, on]) {
        const before = counterOf(a, 'denied');
        expect(asked(machine, 'station', address, 7000)).toMatch(/EHOSTUNREACH|EACCES/);
        expect(counterOf(a, 'denied')).toBeGreaterThan(before);
      }
    }
    // The way itself is there: without the rules of the router it would be gone.
    expect(asked(a, 'world', off, 7000)).toBe(off);
    expect(a.do(`ip netns exec ${router} ip route`)).not.toContain('default');
    expect(a.do(`ip netns exec ${router} ip -6 route`)).not.toContain('default');
  });

  test('leads to all of the internet and by wide ranges, but never to what is of a link', async () => {
    const secrets = '169.254.169.254';
    a.do(`ip netns exec world ip address add ${secrets}/32 dev eth0`);
    a.do(`ip route add ${secrets} via 198.18.0.2`);
    // The gateway itself finds them, as in a cloud.
    const own = `require('node:net').connect(7000, '${secrets}').on('data', (d) => { console.log(String(d).trim()); process.exit(); });`;
    expect(a.box.run([process.execPath, '-e', own]).trim()).toBe('198.18.0.1');
    for (const wide of [', { internet: true }', `, 160.0.0.0/4, ${stranger}, "${stranger6}"`]) {
      await apply(statesOf(routed(wide), a, b));
      expect(asked(b, 'station', stranger, 7000)).toBe('10.5.0.2');
      expect(asked(b, 'station', stranger6, 7000)).toBe('fd05::2');
      const before = counterOf(a, 'denied');
      expect(asked(b, 'station', secrets, 7000)).toMatch(/EHOSTUNREACH|EACCES/);
      expect(counterOf(a, 'denied')).toBeGreaterThan(before);
    }
    await apply();
  });

  test('hears a machine for itself alone: who takes the address of another, or answers for it, is dropped and counted', async () => {
    const asOther = `require('node:net').connect({ port: 7000, host: '10.254.0.1', localAddress: '${pouta.address}', timeout: 500 })
      .on('error', () => {}).on('timeout', function () { this.destroy(); });`;
    const [letOut, spoofed] = [counterOf(a, 'to-10.254.0.1_32'), spoofedAt(a)];
    atStation(a, `ip address add ${pouta.address}/24 dev eth0`);
    a.box.run([...inside('station'), asOther]);
    expect(counterOf(a, 'to-10.254.0.1_32')).toBe(letOut);
    const between = spoofedAt(a);
    expect(between).toBeGreaterThan(spoofed);
    // A question of who has an address tells everybody where the asker's own is.
    atStation(a, 'ip neigh flush all');
    a.box.run([...inside('station'), asOther]);
    atStation(a, `ip address del ${pouta.address}/24 dev eth0`);
    expect(spoofedAt(a)).toBeGreaterThan(between);
    const known = a.do(`ip netns exec ${router} ip neigh show ${pouta.address}`);
    expect(known).not.toContain(knox.mac);
    expect(reaches(b, '10.9.0.254')).toBe(true);
  });

  test('is the only way out: what another machine should hand on does not cross', async () => {
    const hears = b.box.start([
      ...inside('station'),
      `require('node:dgram').createSocket('udp4').on('message', (text) => console.log(String(text))).bind(7001, () => console.log('listening'));`,
    ]);
    await until('it listens', () => hears.output().includes('listening'));
    atStation(b, 'ip address add 172.17.0.1/32 dev lo');
    atStation(a, `ip route add 172.17.0.1 via ${pouta.address}`);
    const before = packetsOf(
      a.do(`ip netns exec ${space} nft list counter bridge hawser-net border`),
    );
    for (const address of ['172.17.0.1', pouta.address]) {
      const say = `const s = require('node:dgram').createSocket('udp4'); s.send('for ${address}', 7001, '${address}', () => s.close());`;
      a.box.run([...inside('station'), say]);
    }
    await until('what is for itself arrives', () =>
      hears.output().includes(`for ${pouta.address}`),
    );
    expect(hears.output()).not.toContain('for 172.17.0.1');
    const after = packetsOf(
      a.do(`ip netns exec ${space} nft list counter bridge hawser-net border`),
    );
    expect(after).toBeGreaterThan(before);
    atStation(a, 'ip route del 172.17.0.1');
  });

  test('lets nothing in but by a forward, whose answers go back to whoever asks', () => {
    a.do('ip route replace 10.9.0.0/24 via 10.5.0.2');
    const before = counterOf(a, 'knocks');
    expect(asked(a, 'world', pouta.address, 22)).toMatch(/silence/);
    expect(asked(a, 'world', '10.5.0.2', 22)).toMatch(/silence/);
    expect(counterOf(a, 'knocks')).toBeGreaterThan(before + 1);
    // From an address to which the router has no route.
    expect(asked(a, 'world', '10.5.0.2', 2222)).toBe('198.18.0.2');
    a.do('ip route del 10.9.0.0/24');
  });

  test.each([
    ['IPv4', '10.5.0.2', stranger],
    ['IPv6', 'fd05::2', stranger6],
  ])(
    'lets datagrams of %s in by a forward, and their answers out to whoever asks',
    (_, own, from) => {
      const before = counterOf(a, 'from-udp_5353');
      expect(askedByUdp(a, from, own, 5353)).toBe(`${from} by ${own} 5353`);
      expect(counterOf(a, 'from-udp_5353')).toBeGreaterThan(before);
      // By no other port, nor past the router's own address.
      const knocks = counterOf(a, 'knocks');
      expect(askedByUdp(a, from, own, 7002)).toBe('silence');
      expect(counterOf(a, 'knocks')).toBeGreaterThan(knocks);
    },
  );

  test('keeps a flow through new agents, and ends it when it is no longer on the list', async () => {
    const wide = statesOf(routed(', 203.0.113.77'), a, b);
    await apply(wide);
    const heard = talk(b, '203.0.113.77');
    await until('they talk', () => heard() > 3);
    expect(await a.apply(wide.a)).toMatchObject({ unchanged: true });
    const then = heard();
    await until('they go on', () => heard() > then + 3);
    await apply();
    const denied = counterOf(a, 'denied');
    await until('what it still sends is refused', () => counterOf(a, 'denied') > denied + 1);
  });

  test('lets the DHCP server of the segment ask for names, as far as both are told to', async () => {
    const names = a.box.start([...inside('world'), nameServer]);
    await until('it listens', () => names.output().includes('listening'));
    const serving = (forward: string, ports: string) =>
      statesOf(
        routed()
          .replace('port: eth1 }', `port: eth1, dhcp: { address: 10.9.0.200${forward} } }`)
          .replace('vni: 7', 'vni: 7\n    dns: [10.9.0.200]')
          .replace('[tcp/53]', ports),
        a,
        b,
      );
    const asks = (machine: TestMachine): string =>
      machine.box.run([...inside('station'), lookUp]).trim();
    await apply(serving('', '[udp/53, tcp/53]'));
    expect(asks(a)).toBe('EREFUSED');
    await apply(serving(', forward: [130.238.7.10]', '[tcp/53]'));
    expect(asks(a)).toMatch(/ETIMEOUT|ESERVFAIL/);
    await apply(serving(', forward: [130.238.7.10]', '[udp/53, tcp/53]'));
    await until('both find the name', () => [a, b].every((one) => asks(one) === '198.51.100.7'));
    await apply();
  });

  test('stands at a site in proxy mode as well, and is found from its port', async () => {
    const proxied = statesOf(proxiedAt(knox, routed()), a, b);
    // Who is behind whose MAC address is another matter in each mode, and nobody tells those who remember.
    const forget = (): void => {
      a.do(`ip netns exec ${router} ip neigh flush dev vni7`);
      for (const machine of [a, b]) atStation(machine, 'ip neigh flush dev eth0');
    };
    await apply(proxied);
    forget();
    for (const machine of [a, b]) {
      for (const address of ['10.9.0.254', 'fd09::fe'])
        await until(`${address} is reached`, () => reaches(machine, address), 20_000);
      expect(asked(machine, 'station', '10.254.0.1', 7000)).toBe('10.5.0.2');
      expect(asked(machine, 'station', '2001:db8:254::1', 7000)).toBe('fd05::2');
      const before = counterOf(a, 'denied');
      expect(asked(machine, 'station', '203.0.113.77', 7000)).toMatch(/EHOSTUNREACH|EACCES/);
      expect(counterOf(a, 'denied')).toBeGreaterThan(before);
    }
    const own = /link\/ether (\S+)/.exec(a.do(`ip netns exec ${space} ip link show eth1`))?.[1];
    expect(atStation(a, 'ip neigh show 10.9.0.254')).toContain(own);
    expect(reaches(b, knox.address)).toBe(true);
    expect(await a.apply(proxied.a)).toMatchObject({ unchanged: true, writes: 0 });
    await apply();
    forget();
  });

  test('may be one that is there: its own routes lead on, and it keeps all that it has', async () => {
    const theirs = 'qrouter-1';
    const inIt = (line: string): string => a.do(`ip netns exec ${theirs} ${line}`);
    const external = statesOf(
      routed()
        .replace(/uplink:.*/, `external: true\n    namespace: ${theirs}`)
        .replace(/ *forwards:.*\n/, ''),
      a,
      b,
    );
    // It is not there yet: that waits, and all else is so.
    const waiting = await a.apply(external.a);
    expect(new Set(waiting.failures.map(({ error }) => error.code))).toEqual(
      new Set(['host/no-namespace']),
    );
    expect(reaches(b, knox.address)).toBe(true);
    for (const line of [
      `ip netns add ${theirs}`,
      `ip link add qg type veth peer name qg netns ${theirs}`,
      'ip link set dev qg up',
      'ip address add 10.6.0.1/24 dev qg',
    ])
      a.do(line);
    for (const line of [
      'ip link set dev qg up',
      'ip address add 10.6.0.2/24 dev qg',
      'ip route add default via 10.6.0.1',
      'sysctl -qw net.ipv4.ip_forward=1',
      'nft add table ip neutron',
      'nft add chain ip neutron out { type nat hook postrouting priority 100 ; }',
      'nft add rule ip neutron out oifname qg snat to 10.6.0.2',
    ])
      inIt(line);
    const picture = (): string =>
      ['ip -br address', 'ip route', 'nft -s list ruleset'].map(inIt).join('\n');
    const before = picture();
    await apply(external);
    expect(await a.apply(external.a)).toMatchObject({ unchanged: true, writes: 0 });
    await until('it is reached', () => reaches(b, '10.9.0.254'), 20_000);
    for (const machine of [a, b])
      expect(asked(machine, 'station', '10.254.0.1', 7000)).toBe('10.6.0.2');
    expect(asked(b, 'station', '203.0.113.77', 7000)).toMatch(/EHOSTUNREACH|EACCES/);
    // What is none of ours goes on as it did.
    expect(asked(a, theirs, '203.0.113.77', 7000)).toBe('10.6.0.2');
    await apply();
    expect(picture()).toBe(before);
    await apply(external);
    expect((await a.cleanup('net')).failures).toEqual([]);
    expect(picture()).toBe(before);
    a.do(`ip netns del ${theirs}`);
    await apply();
  }, 60_000);

  test('has no way in or out, nor has its segment, while their filters cannot be set', async () => {
    expect((await a.cleanup('net')).failures).toEqual([]);
    const withoutFilters = failing(
      (argv) => argv.includes('nft') && argv.some((word) => word.startsWith('hw-')),
    );
    const { failures } = await a.apply(states.a, withoutFilters);
    const codes = new Set(failures.map(({ error }) => error.code));
    expect(codes).toContain('host/not-closed');
    const links = (name: string): string => a.do(`ip netns exec ${name} ip -br link`);
    expect(links(space)).not.toMatch(/vxlan|router/);
    expect(links(router)).not.toMatch(/uplink|vni7/);
    await apply();
    await until('it leads out', () => asked(b, 'station', '10.254.0.1', 7000) === '10.5.0.2');
  }, 40_000);

  test('comes back when its namespace is torn down, or that of its segment, and flows of both families go on, and one that a forward let in', async () => {
    const out = [
      ['10.254.0.1', '10.5.0.2'],
      ['2001:db8:254::1', 'fd05::2'],
    ] as const;
    const forwarded = talk(a, '10.5.0.2', { port: 2222, at: 'world' });
    const flows = [...out.map(([address]) => talk(b, address)), forwarded];
    const goOn = async (): Promise<void> => {
      const before = flows.map((heard) => heard());
      const more = (): boolean => flows.every((heard, index) => heard() > (before[index] ?? 0) + 3);
      await until('they go on', more, 30_000);
    };
    const comeBack = async (): Promise<void> => {
      await until('it is gone', () => !reaches(b, '10.9.0.254'));
      await apply();
      await until('it leads out', () =>
        out.every(([address, own]) => asked(b, 'station', address, 7000) === own),
      );
      await goOn();
    };
    await goOn();
    a.do(`ip netns del ${router}`);
    await comeBack();
    a.do(`ip netns exec ${space} ip link set dev eth1 netns /proc/1/ns/net`);
    // The router's end goes a little later than the name of the namespace.
    a.do(`ip netns del ${space}`);
    await comeBack();
  }, 90_000);

  test('goes without a trace', async () => {
    expect((await a.cleanup('net')).failures).toEqual([]);
    expect(a.do('ip netns list')).not.toContain('hw-');
    expect(a.do('ip -br link')).not.toContain('out-gw');
  });
});
