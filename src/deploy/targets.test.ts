import { describe, expect, test } from 'vitest';
import { loadNetwork, type Network } from '#spec';
import { sshArgv } from './ssh.ts';
import { targetsOf } from './targets.ts';
import { wayText } from './way.ts';

function load(text: string): Network {
  const whole = `version: 1\nnetwork: test\noverlay: 10.0.0.0/24\n${text}`;
  const reader = { read: () => whole, glob: () => [] };
  const { network, diagnostics } = loadNetwork('net.yaml', reader);
  if (!network) throw new Error(JSON.stringify(diagnostics));
  return network;
}

const network = load(`defaults: { ssh: { user: debian } }
sites:
  cloud:
    subnets: [192.168.66.0/24, "fd00:66::/64"]
    ssh: { via: master, identity: ~/.ssh/cloud }
    gateways: { master: { endpoint: "203.0.113.10:51820", address: 192.168.66.4, ssh: { via: bastion.example.org, port: 2222 } } }
    hosts:
      worker-[1-2]: { address: "192.168.66.[11-12]", routes: agent }
      printer: { address: 192.168.66.20 }
  far:
    subnets: 192.168.77.0/24
    gateways: { vpn: { address: 192.168.77.4, ssh: { via: master, user: root } } }
members:
  alice: { ssh: { host: "2001:db8::7", via: "admin@[2001:db8::1]:22" } }
  phone: { managed: false }
`);

const ways = new Map(targetsOf(network).targets.map(({ name, way }) => [name, wayText(way)]));

describe('ssh gets to', () => {
  test.each([
    ['a gateway', 'master', 'debian@203.0.113.10:2222 over bastion.example.org'],
    [
      'a machine behind it, at its address there',
      'worker-1',
      'debian@192.168.66.11 over bastion.example.org, debian@203.0.113.10:2222',
    ],
    [
      'a machine elsewhere over it',
      'vpn',
      'root@192.168.77.4 over bastion.example.org, debian@203.0.113.10:2222',
    ],
    ['a member, over a host outside', 'alice', 'debian@[2001:db8::7] over admin@[2001:db8::1]:22'],
  ])('%s', (_, name, way) => {
    expect(ways.get(name)).toBe(way);
  });

  test('a machine of which nothing is said by its name', () => {
    const [{ way } = { way: undefined }] = targetsOf(load('members: { bob: {} }')).targets;
    expect(way && sshArgv(way, { connectWithin: 5 }, ['sh', '-s']).slice(-4)).toEqual([
      ...['--', 'bob', 'sh', '-s'],
    ]);
  });
});

test('ssh is told what the file says, and asks nobody', () => {
  const { targets } = targetsOf(network, ['worker-1']);
  const argv = targets.flatMap(({ way }) => sshArgv(way, { connectWithin: 5 }, ['sh', '-s']));
  expect(argv.join(' ')).toMatch(
    / BatchMode=yes -o ConnectTimeout=5 .* -l debian -i ~\/\.ssh\/cloud -J bastion\.example\.org,debian@203\.0\.113\.10:2222 -- 192\.168\.66\.11 sh -s$/,
  );
  expect(argv.join(' ')).not.toMatch(/StrictHostKeyChecking|UserKnownHosts/);
});

describe('who is deployed to', () => {
  test('are all on which an agent runs; who is not managed is told', () => {
    const { targets, skipped } = targetsOf(network);
    expect(targets.map(({ name }) => name)).toEqual([
      ...['alice', 'master', 'vpn', 'worker-1', 'worker-2'],
    ]);
    expect(skipped).toEqual([{ name: 'phone', why: 'managed: false' }]);
  });

  test('are those that are named, each once', () => {
    const { targets, skipped } = targetsOf(network, ['vpn', 'printer', 'vpn']);
    expect(targets.map(({ name }) => name)).toEqual(['vpn']);
    expect(skipped).toEqual([{ name: 'printer', why: 'routes: manual' }]);
  });

  test('is nobody whom the file does not name', () => {
    const named = () => targetsOf(network, ['mastr']);
    expect(named).toThrow(expect.objectContaining({ code: 'deploy/unknown-machine' }));
    expect(named).toThrow(expect.objectContaining({ fix: expect.stringContaining('`master`') }));
  });
});
