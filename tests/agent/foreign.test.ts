import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DiagnosticsError } from '#base';
import { describeChange, type HostState } from '#state';
import { machineState } from '../support/states.ts';
import { TestMachine } from './machine.ts';
import { filterTable, hubState, otherState, strangers } from './states.ts';

let machine: TestMachine;
let untouched: string;

const ours = hubState(strangers('vpn', 'alice'));

const second = otherState();

beforeEach(async () => {
  machine = await TestMachine.open();
  for (const line of [
    'ip link add eth0 type veth peer name lan0',
    'ip address add 192.168.66.4/24 dev eth0',
    'ip link set eth0 up',
    'ip link set lan0 up',
    'wireguard-go wg-office',
    'ip address add 10.99.0.1/24 dev wg-office',
    'ip link set wg-office up',
    `wg set wg-office listen-port 41000 peer ${Buffer.alloc(32, 9).toString('base64')} allowed-ips 10.99.0.0/24`,
    'ip route add 10.98.0.0/24 dev wg-office',
    'ip route add 10.97.0.0/24 via 192.168.66.5 proto bird',
    'ip route add 10.96.0.0/24 via 192.168.66.5 table 77',
    'ip -6 route add fd00:98::/64 dev wg-office',
    'ip rule add fwmark 0x77 lookup 77 priority 29000',
    'nft add table inet office',
    'nft add chain inet office input { type filter hook input priority 0; policy accept; }',
    'nft add rule inet office input counter accept',
    'nft add table inet hawser-by-name-only',
  ]) {
    machine.do(line);
  }
  untouched = plain(machine.picture());
});

afterEach(() => machine.close());

const plain = (picture: string): string =>
  picture.replaceAll(/ ?(?:local )?fe80::\S+( dev \S+.*)?/g, '');

const codesOf = async (state: HostState): Promise<readonly string[]> => {
  try {
    await machine.apply(state);
  } catch (error) {
    if (error instanceof DiagnosticsError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
  return [];
};

test('what is not ours survives everything', async () => {
  const office = machine.do('wg show wg-office dump');
  await machine.apply(ours);
  await machine.apply(second);
  expect(await machine.apply(ours)).toMatchObject({ unchanged: true, writes: 0 });
  expect(await machine.apply(second)).toMatchObject({ unchanged: true, writes: 0 });
  expect((await machine.cleanup('net')).failures).toEqual([]);
  expect((await machine.cleanup('other')).failures).toEqual([]);
  expect(plain(machine.picture())).toBe(untouched);
  expect(machine.do('wg show wg-office dump')).toBe(office);
});

test('a network that goes takes nothing of the other one along', async () => {
  await machine.apply(second);
  const alone = plain(machine.picture());
  await machine.apply(ours);
  await machine.cleanup('net');
  expect(plain(machine.picture())).toBe(alone);
  expect(await machine.apply(second)).toMatchObject({ unchanged: true, writes: 0 });
});

test('what two networks share stays until the last one goes', async () => {
  await machine.apply(ours);
  await machine.apply(second);
  const { changes } = await machine.cleanup('net');
  expect(machine.do('sysctl -n net.ipv4.conf.eth0.forwarding').trim()).toBe('1');
  expect(changes.map(describeChange).join('\n')).not.toContain('forwarding from eth0');
  expect(await machine.apply(second)).toMatchObject({ unchanged: true, writes: 0 });
  await machine.cleanup('other');
  expect(plain(machine.picture())).toBe(untouched);
});

test('a cleanup of everything finds all networks', async () => {
  await machine.apply(ours);
  await machine.apply(second);
  expect(await machine.host().networks()).toEqual(['net', 'other']);
});

describe('refused with a code, and nothing done:', () => {
  const collisions: readonly (readonly [string, string, () => HostState])[] = [
    ['a name taken by a foreign device', 'host/interface-taken', () => renamed('wg-office')],
    ['a name taken by a device of another kind', 'host/interface-taken', () => renamed('lan0')],
    ['a port in use', 'host/port-taken', () => ({ ...ours, tunnels: onPort(41_000) })],
    ['a foreign route', 'host/route-taken', () => withRoute('10.98.0.0/24')],
    ['a foreign IPv6 route', 'host/route-taken', () => withRoute('fd00:98::/64')],
    ['a foreign table', 'host/table-taken', () => withTable('hawser-by-name-only')],
  ];

  test.each(collisions)('%s', async (_, code, state) => {
    expect(await codesOf(state())).toEqual([code]);
    expect(plain(machine.picture())).toBe(untouched);
  });

  test('whatever another network of ours has', async () => {
    await machine.apply(second);
    const before = plain(machine.picture());
    expect(await codesOf(renamed('wg1'))).toEqual(['host/interface-taken']);
    expect(await codesOf({ ...ours, tunnels: onPort(51_830) })).toEqual(['host/port-taken']);
    await expect(machine.apply({ ...ours, tunnels: onPort(51_830) })).rejects.toThrow(
      /in use by the device wg1 of the network other/,
    );
    expect(await codesOf(withRoute('10.20.1.0/24'))).toEqual(['host/route-taken']);
    expect(await codesOf(withTable('hawser-other'))).toEqual(['host/table-taken']);
    expect(plain(machine.picture())).toBe(before);
  });
});

const onPort = (listenPort: number): HostState['tunnels'] => {
  const { main } = ours.tunnels;
  return main ? { main: { ...main, listenPort } } : {};
};

const renamed = (name: string): HostState =>
  machineState({ network: 'net', interface: name, tunnel: { listenPort: 51_840 } });

function withRoute(prefix: string): HostState {
  const root = ours.namespaces['root'] ?? {};
  const items = [...(root.routes?.items ?? []), { prefix, device: 'wg0', table: 254 }];
  return { ...ours, namespaces: { root: { ...root, routes: { v: 1, items } } } };
}

function withTable(name: string): HostState {
  const root = ours.namespaces['root'] ?? {};
  return { ...ours, namespaces: { root: { ...root, nft: { v: 1, items: [filterTable(name)] } } } };
}
