import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { type Machine, overlayOf, type Running, serve, settled, World } from './world.ts';

const network = 't-names';
const zone = `${network}.internal`;

/** Two sites and a lone machine; `forward` and a policy that lets nothing pass, on purpose. */
const fileOf = (records: string): string => `version: 1
network: ${network}
overlay: 10.77.0.0/24
topology: mesh
dns: { records: { ${records} } }
sites:
  a: { gateways: { hub: { endpoint: "192.0.2.1:51820" } } }
  b: { gateways: { bob: { endpoint: "192.0.2.2:51820" } } }
members: { alice: {} }
policy: []
`;

/** A question to one server: addresses, names, or what went wrong. */
const question = `
const [server, kind, name] = process.argv.slice(1);
const { Resolver } = require('node:dns').promises;
const resolver = new Resolver({ timeout: 2000, tries: 2 });
resolver.setServers([server]);
resolver.resolve(name, kind).then((found) => console.log(found.join(' ')), ({ code }) => console.log(code));`;

const asks = (machine: Machine, server: string, kind: 'A' | 'PTR', name: string): string =>
  machine.box.run([process.execPath, '-e', question, server, kind, name]).trim();

/** What programs on a machine find: the first word is the address, the next the name in full. */
const finds = (machine: Machine, name: string): readonly string[] =>
  machine.do(`getent hosts ${name}`).trim().split(/\s+/);

const answering = (machine: Machine): string => machine.do('ps -C dnsmasq -o pid=,args=');

/** The process that answers for the network; nothing where there is none. */
const resolverOf = (machine: Machine): string | undefined =>
  /^ *(\d+) .*hawser:t-names:resolver/m.exec(machine.do('ps -eo pid=,args='))?.[1];

/** An agent at once with who would start it again. */
function killAgent(machine: Machine): void {
  const lines = machine.do('ps -eo pid=,args=').split('\n');
  const pids = lines.filter((line) => / agent (?:supervise|run)/.test(line)).map(parseFloat);
  machine.do(`kill -KILL ${pids.join(' ')}`);
}

/** A machine's own resolver, which knows the rest of the world. */
function provideUpstream(machine: Machine): void {
  const options = ['--no-resolv', '--no-hosts', '--bind-interfaces', '--user=root'];
  const address = ['--listen-address=127.0.0.9', '--address=/world.test/203.0.113.77'];
  machine.do(`dnsmasq -C /dev/null --pid-file ${[...options, ...address].join(' ')}`);
  machine.write('/run/resolv.conf', 'nameserver 127.0.0.9\n');
  machine.do('chmod 644 /run/resolv.conf');
  machine.do('mount --bind /run/resolv.conf /etc/resolv.conf');
}

suite('the names of two sites and a lone machine', {
  needs: ['root', 'netns', 'tun', 'procps'],
}, () => {
  let world: World;
  let hub: Machine;
  let bob: Machine;
  let alice: Machine;
  let program: Running | undefined;
  const addresses = new Map<string, string>();
  const overlay = (name: string): string => addresses.get(name) ?? '';
  const bobsHosts = '127.0.0.1 localhost\n192.0.2.99 printer # by hand, without an end';

  const apply = (records: string): string => {
    hub.write('/run/home/net.yaml', fileOf(records));
    return hub.must('apply', '/run/home/net.yaml', '--force');
  };

  beforeAll(async () => {
    world = await World.open();
    [hub, bob, alice] = [
      await world.machine('hub'),
      await world.machine('bob'),
      await world.machine('alice'),
    ];
    for (const machine of [hub, bob, alice]) provideUpstream(machine);
    bob.write('/run/own-hosts', bobsHosts);
    bob.do('cp /run/own-hosts /etc/hosts');
    const serving = await serve(hub, '--network', network);
    ({ program } = serving);
    apply('db: bob');
    for (const machine of [bob, alice]) machine.must('join', serving.joinToken);
    const status = await settled(hub, 'hub', 'bob', 'alice');
    for (const name of ['hub', 'bob', 'alice']) addresses.set(name, overlayOf(status, name));
  });
  afterAll(async () => {
    await program?.end('SIGKILL');
    await world.close();
  });

  test('are found by every machine, in full and bare, there and back', () => {
    for (const machine of [hub, bob, alice]) {
      for (const name of ['hub', 'bob', 'alice']) {
        const found = [overlay(name), `${name}.${zone}`];
        expect(finds(machine, name).slice(0, 2)).toEqual(found);
        expect(finds(machine, `${name}.${zone}`).slice(0, 2)).toEqual(found);
        expect(finds(machine, overlay(name)).slice(0, 2)).toEqual(found);
      }
      expect(finds(machine, `db.${zone}`)[0]).toBe(overlay('bob'));
      expect(finds(machine, 'world.test')[0]).toBe('203.0.113.77');
    }
  });

  test('are found by all when the machines verify the network, though nothing else passes', () => {
    expect(hub.must('verify')).toMatch(
      /^ +\d+ of \d+ that may not, did not\nnames +6 of 6 were found$/m,
    );
  });

  test('are told by both gateways through the tunnel, and nothing else is, whatever the policy', () => {
    for (const server of ['hub', 'bob'].map(overlay)) {
      const back = `${overlay('hub').split('.').reverse().join('.')}.in-addr.arpa`;
      expect(asks(alice, server, 'A', `bob.b.${zone}`)).toBe(overlay('bob'));
      expect(asks(alice, server, 'PTR', back)).toContain(`hub.${zone}`);
      expect(asks(alice, server, 'A', `nobody.${zone}`)).toBe('ENOTFOUND');
      expect(asks(alice, server, 'A', 'world.test')).toBe('EREFUSED');
    }
    expect(alice.reaches(overlay('hub'))).toBe(false);
    // On the addresses of the tunnel alone: not for those who are no part of it.
    expect(asks(alice, hub.address, 'A', `bob.${zone}`)).toBe('ECONNREFUSED');
    expect(resolverOf(alice)).toBeUndefined();
  });

  test('change everywhere at once, without a new resolver', async () => {
    const before = [hub, bob].map(resolverOf);
    apply('db: alice, wiki: 203.0.113.5');
    await until('alice is the db', () => finds(hub, 'db')[0] === overlay('alice'));
    await until(
      'bob tells so',
      () => asks(alice, overlay('bob'), 'A', `db.${zone}`) === overlay('alice'),
    );
    await until('the wiki is there', () => finds(alice, `wiki.${zone}`)[0] === '203.0.113.5');
    expect([hub, bob].map(resolverOf)).toEqual(before);
  });

  test('come back where somebody took them out of /etc/hosts, at once', async () => {
    alice.do('cp /run/hosts /run/block');
    alice.do('sed -i /^10.77.0/d /run/block');
    alice.do('cp /run/block /etc/hosts');
    await until('all are back', () => finds(alice, 'bob')[0] === overlay('bob'), 5_000);
  });

  test('are told where a line of the machine’s own hides one', async () => {
    expect(bob.must('agent', 'status')).not.toContain('NOTE');
    bob.write('/run/own-hosts', `${bob.read('/etc/hosts')}192.0.2.98 alice\n`);
    bob.do('cp /run/own-hosts /etc/hosts');
    await until('bob is told', () =>
      /NOTE .*alice for 192.0.2.98/.test(bob.must('agent', 'status')),
    );
    bob.do('sed -i /192.0.2.98/d /run/own-hosts');
    bob.do('cp /run/own-hosts /etc/hosts');
  });

  test('are told again at once by a resolver that died; its machine finds all others meanwhile', async () => {
    const first = resolverOf(bob) ?? '';
    bob.do(`kill -KILL ${first}`);
    expect(finds(bob, 'world.test')[0]).toBe('203.0.113.77');
    const second = await until('there is another', () => resolverOf(bob), 5_000);
    expect(second).not.toBe(first);
    await until(
      'it answers',
      () => asks(alice, overlay('bob'), 'A', `hub.${zone}`) === overlay('hub'),
    );
  });

  test('are told on when the server and all agents are dead, and left alone when one returns', async () => {
    await program?.end('SIGKILL');
    for (const machine of [hub, bob, alice]) killAgent(machine);
    const resolver = resolverOf(hub);
    expect(asks(alice, overlay('hub'), 'A', `bob.${zone}`)).toBe(overlay('bob'));
    expect(finds(alice, 'bob')[0]).toBe(overlay('bob'));
    expect(finds(alice, 'world.test')[0]).toBe('203.0.113.77');
    hub.start('agent', 'run');
    await until('its agent is there', () => hub.hawser('agent', 'status').out.includes(network));
    expect(hub.must('agent', 'status')).not.toContain('FAILED');
    expect(resolverOf(hub)).toBe(resolver);
  });

  test('leave nothing when a machine is cleaned up: /etc/hosts is what it was, byte for byte', () => {
    bob.must('agent', 'cleanup');
    expect(bob.read('/etc/hosts')).toBe(bobsHosts);
    expect(resolverOf(bob)).toBeUndefined();
    expect(answering(bob)).toContain('127.0.0.9');
    expect(finds(bob, 'world.test')[0]).toBe('203.0.113.77');
    expect(bob.do('ls /run/hawser')).not.toContain(network);
  });
});
