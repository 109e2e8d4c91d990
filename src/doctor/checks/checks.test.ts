import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Prefix } from '#ip';
import { emptyNamespace } from '#state';
import { groups } from '../check.ts';
import { doctorErrors } from '../errors.ts';
import type { AgentSeen, Facts, OwnNetwork, PeerSeen, ServerSeen } from '../facts.ts';
import { checks } from './index.ts';

/** What one check finds in some facts. */
function codesOf(id: string, facts: Partial<Facts>): readonly string[] {
  const found = checks.find((check) => check.id === id)?.judge(facts as Facts) ?? [];
  return found.map(({ code, severity }) => `${severity} ${code.replace('doctor/', '')}`);
}

const device = (name: string, kind: string, alias?: string): Facts['devices'][number] => ({
  name,
  index: 1,
  kind,
  group: 0,
  mtu: 1440,
  up: true,
  addresses: ['192.0.2.7/24'],
  ...(alias !== undefined && { alias }),
});
const ours = device('hw-net', 'tun', 'hawser:net:hw-net');

describe('the catalogue', () => {
  const codes = checks.flatMap((check) => check.codes);

  test('names each finding, and nothing else', () => {
    const catalogue = Object.keys(doctorErrors.entries).filter((code) => !code.includes('unknown'));
    expect([...new Set(codes)].sort()).toEqual(catalogue.sort());
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  });

  test('is the table of the documentation', () => {
    const file = join(import.meta.dirname, '../../../docs/doctor.md');
    const rows = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const wanted = checks.map(({ id, group, fine, codes: own }) => {
      const links = own.map((code) => `\`${code.replace('doctor/', '')}\``);
      return `| \`${id}\` | ${groups[group]} | ${fine} | ${links.join(' ')} |`;
    });
    expect(rows).toEqual(wanted);
  });

  test('has each finding found on a real machine, where it is really so', () => {
    const cwd = join(import.meta.dirname, '../../../tests');
    const real = globSync('{agent,doctor,kernel,server}/**/*.ts', { cwd }).filter(
      (file) =>
        readFileSync(join(cwd, file), 'utf8').includes("'doctor'") || file.startsWith('doctor/'),
    );
    const tested = real.map((file) => readFileSync(join(cwd, file), 'utf8')).join('\n');
    const missing = codes.filter((code) => {
      const name = code.replace('doctor/', '');
      return !new RegExp(`'(?:doctor/)?${name}'|doctor\\\\?/${name}\\b`).test(tested);
    });
    expect(missing).toEqual([]);
  });
});

describe('WireGuard', () => {
  const programs = { there: new Set(['wireguard-go']), install: 'x', family: 'debian' } as const;
  const kernel = { release: '6.1', wireguard: 'available', tun: true } as const;

  test('by a program is odd where the kernel can, and is not where it cannot', () => {
    const facts = { programs, kernel, devices: [ours, device('eth0', '')] };
    expect(codesOf('wireguard', facts)).toEqual(['warning slow-wireguard']);
    const old = { ...kernel, wireguard: 'absent' } as const;
    expect(codesOf('wireguard', { ...facts, kernel: old })).toEqual([]);
  });
});

describe('a kernel', () => {
  const parts = new Set(['namespaces', 'bridges', 'vxlan'] as const);
  const needed = [{ network: 'net', parts }];
  const judged = (lacked: readonly ('vxlan' | 'vlan')[], all = needed) => {
    const segmentKernel = { lacked: new Set(lacked), needed: all };
    const one = checks.find(({ id }) => id === 'segment-kernel');
    const facts = { segmentKernel } as unknown as Facts;
    return [codesOf('segment-kernel', { segmentKernel }), one?.detail?.(facts)];
  };

  test('that lacks what a segment here needs is ill, and says beforehand what it lacks for others', () => {
    expect(judged(['vxlan'])[0]).toEqual(['error kernel-lacks']);
    expect(judged(['vlan'])).toEqual([[], 'it has no 802.1Q, which nothing here needs']);
    expect(judged(['vxlan'], [])).toEqual([[], 'it has no VXLAN, which nothing here needs']);
    expect(judged([], [])).toEqual([[], 'none here yet']);
  });
});

describe('an agent', () => {
  const session = {
    network: 'net',
    machine: 'm',
    servers: [],
    connected: true,
    pending: false,
    frozen: false,
    complete: true,
    quarantined: 0,
    failures: [],
  };
  const agent = (more: object, health: object = {}): AgentSeen => ({
    health: { version: '1', pid: 1, identity: '', networks: [{ ...session, ...more }], ...health },
    startsAtBoot: true,
    bootRemedy: '',
    ownVersion: '1',
  });
  const failure = { code: 'host/x', severity: 'error', message: 'm', fix: 'f' } as const;

  test.each([
    [agent({}), []],
    [agent({ failures: [failure] }), ['error agent-fails']],
    [agent({ notes: [{ ...failure, severity: 'warning' }] }), ['warning agent-notes']],
    [agent({ quarantined: 2 }), ['warning quarantine']],
    [agent({ pending: true }), ['warning agent-waits']],
    [agent({}, { version: '2' }), ['warning agent-version']],
  ])('is told as it is', (seen, codes) => {
    expect(codesOf('agent', { agent: seen })).toEqual(codes);
  });

  test('that ends again and again is told apart from one that is not there', () => {
    const { health: _, ...none } = agent({});
    const silence = (code: string) => ({ ...failure, code });
    expect(codesOf('agent', { agent: { ...none, silence: silence('agent/crashes') } })).toEqual([
      'error agent-crashes',
    ]);
    expect(codesOf('agent', { agent: { ...none, silence: silence('agent/not-running') } })).toEqual(
      ['error agent-down'],
    );
  });

  test('that does not reach a server which answers is told so', () => {
    const servers = [{ server: 'https://x', network: 'net' }];
    const cut = agent({ connected: false });
    expect(codesOf('server', { servers, agent: cut })).toEqual(['error not-connected']);
    expect(codesOf('server', { servers, agent: agent({}) })).toEqual([]);
  });

  test.each([
    ['agent/no-connection', /^`hawser agent restart`\. The agent/],
    ['server/unknown-machine', /^f The agent/],
  ])('that is not connected, since %s, is helped by what helps', (code, fix) => {
    const servers = [{ server: 'https://x', network: 'net' }];
    const cut = agent({ connected: false, unreachable: { ...failure, code } });
    const check = checks.find(({ id }) => id === 'server');
    const [finding] = check?.judge({ servers, agent: cut } as Partial<Facts> as Facts) ?? [];
    expect(finding?.fix).toMatch(fix);
  });
});

describe('a server', () => {
  const failure = { code: 'agent/no-connection', severity: 'error', message: '', fix: '' } as const;
  const { agent } = { agent: { startsAtBoot: true, bootRemedy: '', ownVersion: '' } };
  const one: ServerSeen = { server: 'https://192.0.2.1:7443', network: 'net' };
  const now = new Date('2026-11-20T12:00:00Z');
  const clock = (more: Partial<ServerSeen>) =>
    codesOf('clock', { servers: [{ ...one, ...more }], now });

  test('that is away is a fault where no other one is there', () => {
    const away = { ...one, failure };
    expect(codesOf('server', { servers: [away], agent })).toEqual(['error server-unreachable']);
    expect(codesOf('server', { servers: [away, one], agent })).toEqual([
      'warning server-unreachable',
    ]);
  });

  test('behind the tunnel is odd', () => {
    const inside = { ...one, throughTunnel: 'hw-net' };
    expect(codesOf('server', { servers: [inside], agent })).toEqual(['warning server-in-tunnel']);
  });

  test('has the right time', () => {
    expect(clock({ ahead: 9 })).toEqual([]);
    expect(clock({ ahead: -20 })).toEqual(['warning clock']);
    expect(clock({ ahead: 301 })).toEqual(['error clock']);
  });

  test('has a certificate with times', () => {
    const early = { failure: { ...failure, code: 'agent/wrong-server' }, untimely: true };
    expect(clock(early)).toEqual(['error certificate-time']);
    expect(codesOf('server', { servers: [{ ...one, ...early }], agent })).toEqual([]);
    expect(clock({ validTo: '2026-11-22T00:00:00Z' })).toEqual(['warning certificate-ends']);
    expect(clock({ validTo: '2027-01-01T00:00:00Z' })).toEqual([]);
  });
});

describe('peers', () => {
  const view = emptyNamespace();
  const tunnel = { interface: 'hw-net', bornIn: 'root', listenPort: 51820, publicKey: '' };
  view.tunnels.set('hw-net', { ...tunnel, fwmark: 7 });
  const networks = [{ view } as unknown as OwnNetwork];
  const peer: PeerSeen = {
    network: 'net',
    machine: 'm',
    name: 'hub',
    interface: 'hw-net',
    endpoint: '192.0.2.1:51820',
    addresses: ['192.0.2.1'],
    keepalive: 25,
    tunnelMtu: 1440,
    leavesBy: 'eth0',
    rx: 1,
    tx: 1,
    handshakeAge: 10,
    answers: true,
    fullSize: true,
  };
  const peers = (...all: readonly Partial<PeerSeen>[]) => ({
    networks,
    peers: { all: all.map((one) => ({ ...peer, ...one })), left: 0 },
  });

  test('that were silent for long are odd, or a fault if all are', () => {
    expect(codesOf('handshake', peers({ handshakeAge: 400 }))).toEqual(['error old-handshake']);
    expect(codesOf('handshake', peers({}, { handshakeAge: 400 }))).toEqual([
      'warning old-handshake',
    ]);
  });

  test('that nobody can call may be silent: laptops sleep', () => {
    const { endpoint: _, handshakeAge: __, ...asleep } = peer;
    const all = [peer, { ...asleep, addresses: [] }];
    expect(codesOf('handshake', { networks, peers: { all, left: 0 } })).toEqual([]);
  });

  test('behind a narrow way are odd as long as all arrives', () => {
    expect(codesOf('mtu', peers({ pathMtu: 1400 }))).toEqual(['warning narrow-path']);
    expect(codesOf('mtu', peers({ pathMtu: 1500 }))).toEqual([]);
    expect(codesOf('mtu', peers({ fullSize: false }))).toEqual(['error mtu-hole']);
  });

  test('whose addresses are routed into the tunnel need a filter that asks the mark', () => {
    const into = (prefix: string) => [
      { prefix: Prefix.parse(prefix), device: 'hw-net', table: 7, metric: 0, ours: true },
    ];
    const sysctls = (...pairs: readonly (readonly [string, string])[]) =>
      new Map(pairs.map(([key, value]) => [`net/ipv4/conf/${key}`, value]));
    const facts = { ...peers({}), routes: into('192.0.2.0/24') };
    const strict = sysctls(['all/rp_filter', '0'], ['eth0/rp_filter', '1']);
    expect(codesOf('rp-filter', { ...facts, sysctls: strict })).toEqual(['error rp-filter']);
    const asks = new Map([...strict, ['net/ipv4/conf/eth0/src_valid_mark', '1']]);
    expect(codesOf('rp-filter', { ...facts, sysctls: asks })).toEqual([]);
    const loose = sysctls(['all/rp_filter', '2'], ['eth0/rp_filter', '1']);
    expect(codesOf('rp-filter', { ...facts, sysctls: loose })).toEqual([]);
    const elsewhere = { ...facts, routes: into('10.0.0.0/8'), sysctls: strict };
    expect(codesOf('rp-filter', elsewhere)).toEqual([]);
  });
});

describe('names', () => {
  test('that are missed make a missing resolver a fault', () => {
    expect(codesOf('resolver', { resolver: { servers: [] } })).toEqual([]);
    const resolver = { servers: [], missed: 'x.example' };
    expect(codesOf('resolver', { resolver })).toEqual(['error no-resolver']);
    const servers = [{ address: '192.0.2.9', answers: false }];
    expect(codesOf('resolver', { resolver: { servers } })).toEqual(['warning resolver-dead']);
    expect(codesOf('resolver', { resolver: { servers, missed: 'x' } })).toEqual([
      'error resolver-dead',
    ]);
  });
});

test('a router is missing, mute or shut', () => {
  const router = { network: 'net', namespace: 'hw-net-gw', isThere: true, device: 'out-gw' };
  const judged = (more: object) =>
    codesOf('routers', { routers: [{ ...router, shut: [], silent: [], ...more }] });
  expect(judged({})).toEqual([]);
  expect(judged({ isThere: false })).toEqual(['error router-gone']);
  expect(judged({ silent: ['10.5.0.1'] })).toEqual(['error router-silent']);
  const shut = [
    { family: 4, key: 'net.ipv4.conf.out-gw.forwarding' },
    { family: 6, key: 'net.ipv6.conf.all.forwarding' },
  ];
  expect(judged({ shut })).toEqual(['error router-shut', 'error router-shut']);
});
