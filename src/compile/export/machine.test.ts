import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '#base';
import { Prefix, PrefixSet } from '#ip';
import { type HostState, type Namespace, type Rule, unreachableMetric } from '#state';
import { parseConfig } from '#wireguard';
import {
  gatewayState,
  keyNamed,
  machineState,
  type StateInit,
  spokeState,
} from '../../../tests/support/states.ts';
import { machineFormats } from './formats.ts';
import { exportMachine, exportMachineFiles } from './machine.ts';

const privateKey = new Secret('TFlmmEUC7V7VtiDYLKsbP5rySTKLIZq1yn8lMqK83wo=');

/** The same state, with the members of every object in the other order. */
function shuffled(state: HostState): HostState {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).map(([name, member]) => [name, turn(member)]);
    return Object.fromEntries(entries.toReversed());
  };
  return turn(state) as HostState;
}

/** Names that two gateways answer for; `forwards`: all other names as well. */
const splitDns = (forwards: boolean): StateInit => ({
  root: {
    splitDns: {
      v: 1,
      items: [
        {
          device: 'wg0',
          servers: ['10.0.0.1', 'fd00:77::1'],
          domains: ['net.internal', '~0.0.10.in-addr.arpa'],
          ...(forwards && { forwards }),
        },
      ],
    },
  },
});

describe('the names of the network', () => {
  const exported = (format: (typeof machineFormats)[number], forwards = false): string =>
    exportMachine(spokeState(splitDns(forwards)), format, { privateKey });

  test('alone are asked for at the gateways, where a format can say that', () => {
    expect(exported('networkd')).toContain(
      'DNS=10.0.0.1\nDNS=fd00:77::1\nDomains=net.internal ~0.0.10.in-addr.arpa\nDNSDefaultRoute=no\n',
    );
    expect(exported('networkmanager')).toContain(
      'dns=10.0.0.1;\ndns-search=net.internal;~0.0.10.in-addr.arpa;\ndns-priority=200\n',
    );
  });

  test.each(['wg-quick', 'windows'] as const)(
    'are left to a person where %s would ask the gateways for all names',
    (format) => {
      expect(exported(format)).not.toMatch(/^DNS =/m);
      expect(exported(format)).toMatch(
        /^# not in this file: the names of net\.internal: .*--format hosts/m,
      );
    },
  );

  test.each(['wg-quick', 'windows', 'qr'] as const)(
    'and all others are asked for there by %s, if they are answered there',
    (format) => {
      expect(parseConfig(exported(format, true)).interface.dns).toEqual([
        '10.0.0.1',
        'fd00:77::1',
        'net.internal',
      ]);
    },
  );
});

describe.each(machineFormats)('%s', (format) => {
  test('equal states give equal bytes, whatever the order of their members', () => {
    for (const state of [spokeState(), gatewayState()]) {
      const text = exportMachine(state, format, { privateKey });
      expect(exportMachine(shuffled(state), format, { privateKey })).toBe(text);
    }
  });

  test('says which machine it is for, and names its peers, except where a camera reads', () => {
    const text = exportMachine(spokeState(), format, { privateKey });
    expect(text.includes('alice-laptop')).toBe(format !== 'qr');
    expect(text.includes('bielefeld')).toBe(format !== 'qr');
    expect(text).toContain(keyNamed('bielefeld'));
  });

  test('leaves unreachable routes to the agent, and says so, except where a camera reads', () => {
    const metric = unreachableMetric('net');
    const lost = { type: 'unreachable', prefix: '10.0.0.0/8', table: 254, metric } as const;
    const text = exportMachine(spokeState({ routes: [lost] }), format, { privateKey });
    expect(text.includes(`${metric}`)).toBe(format === 'hoststate');
    expect(text.includes('unreachable')).toBe(format !== 'qr');
  });

  test('holds the private key only if that is given, and never in a state', () => {
    const text = exportMachine(spokeState(), format, { privateKey });
    expect(text.includes(privateKey.reveal())).toBe(format !== 'hoststate');
    expect(exportMachine(spokeState(), format)).not.toContain(privateKey.reveal());
  });

  test('is readable by its owner alone where it holds a secret', () => {
    const files = exportMachineFiles(gatewayState(), format, { privateKey });
    const open = files.filter(({ mode }) => mode.endsWith('4'));
    for (const { content } of open) expect(content).not.toContain(privateKey.reveal());
  });
});

describe('wg-quick', () => {
  test('leaves the routes to wg-quick where its own are the right ones', () => {
    const { interface: own } = parseConfig(exportMachine(spokeState(), 'wg-quick'));
    expect(own).toMatchObject({ postUp: [], postDown: [] });
    expect(own.table).toBeUndefined();
  });

  test('knows that aggregated allowed IPs make the same routes', () => {
    const state = machineState({
      peers: { hub: { carries: ['10.1.0.0/23'] } },
      routes: ['10.1.0.0/24', '10.1.1.0/24'].map((prefix) => ({
        prefix,
        device: 'wg0',
        table: 254,
      })),
    });
    expect(exportMachine(state, 'wg-quick')).not.toContain('Table');
  });

  test.each<[string, StateInit]>([
    [
      'an MTU of its own',
      { routes: [{ prefix: '10.1.0.0/24', device: 'wg0', table: 254, mtu: 1300 }] },
    ],
    ['another table', { routes: [{ prefix: '10.1.0.0/24', device: 'wg0', table: 77 }] }],
    [
      'a range that nobody carries yet',
      { routes: [{ prefix: '10.0.0.0/8', device: 'wg0', table: 254 }] },
    ],
    ['no route for an allowed IP', { routes: [] }],
  ])('writes the routes out where one has %s', (_, init) => {
    const state = machineState({ peers: { hub: { carries: ['10.1.0.0/24'] } }, ...init });
    const { interface: own } = parseConfig(exportMachine(state, 'wg-quick'));
    expect(own.table).toBe('off');
    expect(own.postUp).toHaveLength(init.routes?.length ?? 0);
  });

  test('never lets wg-quick mark packets by itself for a default route', () => {
    const state = machineState({ peers: { hub: { carries: ['0.0.0.0/0'] } } });
    expect(parseConfig(exportMachine(state, 'wg-quick')).interface.table).toBe('off');
  });

  test('marks what peers send where a mark decides, so that strict reverse-path filtering passes', () => {
    const state = machineState({
      peers: { hub: { carries: ['0.0.0.0/0'] } },
      routes: [{ prefix: '0.0.0.0/0', device: 'wg0', table: 4711 }],
    });
    const tunnels = Object.fromEntries(
      Object.entries(state.tunnels).map(([id, tunnel]) => [id, { ...tunnel, fwmark: 4711 }]),
    );
    const rule: Rule = { family: 4, priority: 4711, not: true, fwmark: 4711, table: 4711 };
    const rules: Namespace['rules'] = { v: 1, items: [rule] };
    const root: Namespace = { ...state.namespaces['root'], rules };
    const text = exportMachine({ ...state, tunnels, namespaces: { root } }, 'wg-quick');
    const { postUp, postDown } = parseConfig(text).interface;
    expect(postUp.join('\n')).toMatch(/udp dport \d+ meta mark set 4711'/);
    expect(postUp).toContain('ip -4 rule add lookup main suppress_prefixlength 0 priority 4710');
    expect(postDown).toContain('ip -4 rule del lookup main suppress_prefixlength 0 priority 4710');
    expect(postDown).toContain('nft delete table inet hawser-mark-%i');
  });

  test('allowed IPs are those of the bindings whose first candidate a peer is', () => {
    const carries = fc.uniqueArray(
      fc.nat(255).map((octet) => `10.${octet}.0.0/16`),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(carries, fc.nat(20), (prefixes, cut) => {
        const peers = {
          a: { carries: prefixes.slice(0, cut) },
          b: { carries: prefixes.slice(cut) },
        };
        const config = parseConfig(exportMachine(machineState({ peers }), 'wg-quick'));
        const allowed = config.peers.map((peer) => PrefixSet.of(peer.allowedIps));
        for (const [index, peer] of [peers.a, peers.b].entries()) {
          const wanted = PrefixSet.of(peer.carries.map((text) => Prefix.parse(text)));
          expect(allowed[index]?.equals(wanted)).toBe(true);
        }
      }),
    );
  });
});

describe('the apps', () => {
  /** What conf/parser.go of WireGuard for Windows and the parser of the Android app both take. */
  const known = ['PrivateKey', 'ListenPort', 'Address', 'DNS', 'MTU'];
  const knownOfPeers = [
    'PublicKey',
    'PresharedKey',
    'AllowedIPs',
    'Endpoint',
    'PersistentKeepalive',
  ];

  test.each(['windows', 'qr'] as const)('%s holds no setting that they refuse', (format) => {
    for (const state of [spokeState(), gatewayState()]) {
      const lines = exportMachine(state, format, { privateKey }).split(/\r?\n/);
      const settings = lines.filter((line) => line.includes(' = ') && !line.startsWith('#'));
      const names = settings.map((line) => line.split(' = ')[0]);
      expect([...known, ...knownOfPeers]).toEqual(expect.arrayContaining(names));
      expect(names).toContain('PrivateKey');
    }
  });

  test('windows has the line ends of Windows', () => {
    const text = exportMachine(spokeState(), 'windows', { privateKey });
    expect(
      text
        .split('\n')
        .slice(0, -1)
        .every((line) => line.endsWith('\r')),
    ).toBe(true);
    expect(parseConfig(text).peers).toHaveLength(1);
  });

  test('their MTU is the smallest of all routes, since they know only one', () => {
    expect(parseConfig(exportMachine(gatewayState(), 'windows')).interface.mtu).toBe(1340);
  });

  test('a configuration that no QR code holds is refused with the number of its bytes', () => {
    const names = Array.from({ length: 40 }, (_, index) => `peer-${index}`);
    const peers = Object.fromEntries(
      names.map((name, index) => [name, { carries: [`10.1.${index}.0/24`] }]),
    );
    expect(() => exportMachine(machineState({ peers }), 'qr')).toThrow('a QR code holds 2953');
  });
});

describe('what a format cannot say it names', () => {
  test.each(['wg-quick', 'wg', 'networkd', 'networkmanager', 'windows'] as const)(
    '%s',
    (format) => {
      const text = exportMachine(gatewayState(), format);
      expect(text).toContain('the filter hawser-denbi-hybrid');
    },
  );

  test('a peer whose key is not known yet', () => {
    const text = exportMachine(gatewayState(), 'wg-quick', { pending: ['vpn'] });
    expect(text).toMatch(/^# not in this file: the peer vpn: its public key is not known yet$/m);
  });

  test('a preshared key whose value is not given', () => {
    const presharedKey = { id: 'hub', version: 2 };
    const state = machineState({ peers: { hub: { carries: ['10.1.0.0/24'], presharedKey } } });
    expect(exportMachine(state, 'wg-quick')).toContain('the preshared key for hub');
    const presharedKeys = new Map([['hub@2', privateKey]]);
    const text = exportMachine(state, 'wg-quick', { presharedKeys });
    expect(text).toContain(`PresharedKey = ${privateKey.reveal()}`);
    expect(text).not.toContain('not in this file: the preshared');
  });
});

test('hoststate is the state itself', () => {
  expect(JSON.parse(exportMachine(gatewayState(), 'hoststate'))).toEqual(gatewayState());
});

test('a plain host has no tunnel to export', () => {
  const state = { ...machineState(), tunnels: {}, bindings: [] };
  expect(() => exportMachine(state, 'wg-quick')).toThrow('alice-laptop runs no WireGuard');
  expect(exportMachine(state, 'hoststate')).toContain('"alice-laptop"');
});
