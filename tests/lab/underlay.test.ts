import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { Labs } from './labs.ts';

/** Two public sites, and a machine behind each kind of NAT that links with both. */
const nats = `
version: 1
network: nats
overlay: [10.0.0.0/24, "fd00:1::/64"]
defaults: { interface: wg0 }
sites:
  north: { gateways: { gw-north: { endpoint: 203.0.113.1:51820 } } }
  south: { gateways: { gw-south: { endpoint: "south.example:51820" } } }
members:
  plain: {}
  strict: { nat: symmetric }
  carried: { nat: cgnat }
`;

/** A machine at home that knows its hub and nobody else. */
const star = `
version: 1
network: star
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
topology: { hub: [north] }
sites:
  north: { gateways: { gw-north: { endpoint: 203.0.113.1:51820 } } }
  south: { gateways: { stranger: { endpoint: 198.51.100.1:51820 } } }
members:
  plain: { hub: north }
`;

/** Where a public machine sees another one, by name: address and port. */
function endpointsAt(labs: Labs, machine: string): ReadonlyMap<string, string> {
  const keys = new Map(
    ['plain', 'strict', 'carried'].map((name) => [
      labs.on(name, 'wg', 'show', 'wg0', 'public-key').out.trim(),
      name,
    ]),
  );
  const lines = labs.on(machine, 'wg', 'show', 'wg0', 'endpoints').out.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [key = '', endpoint = ''] = line.split('\t');
      return [keys.get(key) ?? key, endpoint];
    }),
  );
}

const portOf = (endpoint: string | undefined): string => endpoint?.split(':').at(-1) ?? '';

suite('the underlay', { needs: ['netns', 'tun'] }, () => {
  test('NATs do what their names say', () => {
    using labs = new Labs();
    const proof = labs.proof('up', labs.file('nats.yaml', nats), '--direct');
    expect(proof.mismatches).toEqual([]);
    const [north, south] = [endpointsAt(labs, 'gw-north'), endpointsAt(labs, 'gw-south')];

    expect(portOf(north.get('plain'))).toBe('51820');
    expect(north.get('plain')).toBe(south.get('plain'));
    expect(portOf(north.get('strict'))).not.toBe(portOf(south.get('strict')));
    expect(north.get('carried')).toBe(south.get('carried'));

    // Behind the carrier: the home router's own address outside is one of RFC 6598.
    const way = labs.on('carried', 'ping', '-n', '-R', '-c', '1', '-W', '2', '203.0.113.1').out;
    expect(way).toMatch(/\b100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
    for (const name of ['plain', 'strict', 'carried']) {
      const own = labs.on(name, 'ip', '-4', '-br', 'address', 'show', 'eth0').out;
      expect(own).toMatch(/ (192\.168|172\.|10\.)/);
      expect(north.get(name)).toMatch(/^198\.18\./);
    }
  });

  test('a NAT lets nobody in who was not called', () => {
    using labs = new Labs();
    labs.must('up', labs.file('star.yaml', star), '--no-proof', '--direct');
    expect(labs.proof('ping', 'plain', 'gw-north').holds).toBe(true);
    const key = labs.on('plain', 'wg', 'show', 'wg0', 'public-key').out.trim();
    const endpoint = endpointsAt(labs, 'gw-north').get('plain') ?? '';
    const peer = ['peer', key, 'endpoint', endpoint, 'allowed-ips', '10.9.9.9/32'];
    expect(labs.on('stranger', 'wg', 'set', 'wg0', ...peer).code).toBe(0);
    labs.on('stranger', 'ip', 'route', 'add', '10.9.9.9', 'dev', 'wg0');
    labs.on('stranger', 'ping', '-c', '2', '-W', '1', '10.9.9.9');
    const transfer = labs.on('stranger', 'wg', 'show', 'wg0', 'transfer').out;
    const [, received, sent] =
      transfer
        .split('\n')
        .find((l) => l.startsWith(key))
        ?.split('\t') ?? [];
    expect(Number(sent)).toBeGreaterThan(0);
    expect(received).toBe('0');
  });

  test('private addresses are reached through tunnels or not at all', () => {
    using labs = new Labs();
    labs.must('up', 'examples/three-clouds.yaml', '--no-proof', '--direct');
    expect(labs.on('worker-1', 'ping', '-c', '1', '-W', '2', 'remote-giessen').code).toBe(0);
    labs.on('master', 'ip', 'link', 'del', 'wg0');
    labs.on('master', 'ip', 'route', 'flush', 'type', 'unreachable');
    const { code, out } = labs.on('worker-1', 'ping', '-c', '1', '-W', '2', 'remote-giessen');
    expect(code).toBe(1);
    expect(out).toContain('Net Unreachable');
  });

  test('what is cut does not pass, all else does, and what is healed passes again', () => {
    using labs = new Labs();
    labs.must('up', 'examples/three-clouds.yaml', '--no-proof', '--direct');
    const pings = (from: string, to: string) => labs.proof('ping', from, to).holds;
    expect(pings('worker-1', 'remote-giessen')).toBe(true);

    labs.must('cut', 'giessen', 'tuebingen');
    expect(pings('remote-giessen', 'remote-tuebingen')).toBe(false);
    expect(pings('worker-1', 'remote-giessen')).toBe(true);
    expect(pings('worker-1', 'remote-tuebingen')).toBe(true);

    labs.must('cut', 'vpn-giessen');
    expect(pings('worker-1', 'remote-giessen')).toBe(false);
    expect(pings('vpn-giessen', 'remote-giessen')).toBe(true);
    expect(pings('worker-1', 'remote-tuebingen')).toBe(true);

    labs.must('heal', 'vpn-giessen');
    expect(pings('worker-1', 'remote-giessen')).toBe(true);
    expect(pings('remote-giessen', 'remote-tuebingen')).toBe(false);
    labs.must('heal');
    expect(labs.proof('prove').mismatches).toEqual([]);
  });
});
