import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DiagnosticsError } from '#base';
import { FakeHost, FakeKernel } from '#host';
import type { HostState, PeerItem } from '#state';
import { keyNamed, machineState, type StateInit } from '../../../tests/support/states.ts';
import { Agent } from '../agent.ts';
import { Store } from '../store.ts';

const network = 'denbi-hybrid';
let folder: string;
let kernel: FakeKernel;
let store: Store;

const peer = (name: string, more: Partial<PeerItem> = {}): PeerItem => ({
  interface: 'wg0',
  publicKey: keyNamed(name),
  keepalive: 0,
  allowedIps: [name === 'anna' ? '10.0.0.13/32' : '10.0.0.14/32'],
  ...more,
});

/** The tunnel as the network wants it. */
const wanted = (init: StateInit = {}): HostState =>
  machineState({
    addresses: ['10.0.0.1/32'],
    mtu: 1440,
    peers: { anna: { carries: ['10.0.0.13/32'] }, ben: { carries: ['10.0.0.14/32'] } },
    routes: [{ prefix: '10.0.0.0/24', device: 'wg0', table: 254 }],
    ...init,
  });

const agent = (): Agent => new Agent({ host: new FakeHost(kernel), store });

const adopt = (anyway = false): void =>
  store.adoptions.put({ network, interface: 'wg0', anyway, units: [] });

const peers = (): readonly PeerItem[] =>
  kernel.of('peers').map(({ item: { label: _, ...item } }) => item);
const ownerOf = (): string | undefined => kernel.get('tunnels', 'wg0')?.network;

/** The findings for which a state is refused. */
async function refused(state: HostState): Promise<readonly { code: string; fix: string }[]> {
  const error: unknown = await agent()
    .reconcile(state)
    .catch((thrown: unknown) => thrown);
  if (error instanceof DiagnosticsError) return error.diagnostics;
  throw new Error('it was not refused', { cause: error });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-adoption-'));
  store = new Store(join(folder, 'state'));
  kernel = new FakeKernel();
  const publicKey = store.publicKey(network, 0);
  const tunnel = { interface: 'wg0', bornIn: 'root', listenPort: 51820, fwmark: 0, publicKey };
  kernel.put(undefined, 'tunnels', tunnel);
  kernel.put(undefined, 'links', { name: 'wg0', mtu: 1420, up: true });
  kernel.put(undefined, 'addresses', { device: 'wg0', address: '10.0.0.1/24' });
  const route = { prefix: '10.0.0.0/24', table: 254, metric: 0, device: 'wg0' };
  kernel.put(undefined, 'routes', route);
  for (const name of ['anna', 'ben']) kernel.put(undefined, 'peers', peer(name));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a tunnel that is what the network wants, in another form', () => {
  test('is taken over with its mark, and nothing else is written', async () => {
    adopt();
    const first = await agent().reconcile(wanted());
    expect(first).toMatchObject({ writes: 1, changes: [], failures: [] });
    expect(first.notes).toMatchObject([{ code: 'agent/taken-over' }]);
    expect(ownerOf()).toBe(network);
    expect(await agent().reconcile(wanted())).toMatchObject({ unchanged: true, writes: 0 });
  });

  test('is nobody’s business where no person means it', async () => {
    expect((await refused(wanted()))[0]?.code).toBe('host/interface-taken');
    expect(ownerOf()).toBeUndefined();
  });

  test('is another’s if it has another key', async () => {
    adopt();
    const stranger = kernel.get('tunnels', 'wg0')?.item;
    if (stranger) kernel.put(undefined, 'tunnels', { ...stranger, publicKey: keyNamed('other') });
    expect((await refused(wanted()))[0]?.code).toBe('host/interface-taken');
  });

  test('gets what is new beside what it has', async () => {
    adopt();
    const more = {
      ...wanted({ addresses: ['10.0.0.1/32', 'fd00::1/128'] }),
      ...wanted({
        addresses: ['10.0.0.1/32', 'fd00::1/128'],
        peers: {
          anna: { carries: ['10.0.0.13/32'] },
          ben: { carries: ['10.0.0.14/32'] },
          carl: { carries: ['10.0.0.15/32'] },
        },
      }),
    };
    const { changes } = await agent().reconcile(more);
    expect(changes.map(({ kind, facility }) => [kind, facility])).toEqual([
      ['add', 'peers'],
      ['add', 'addresses'],
    ]);
  });
});

describe('a tunnel that the network wants otherwise', () => {
  const { anna, ben } = {
    anna: { carries: ['10.0.0.13/32'] },
    ben: { carries: ['10.0.0.14/32'] },
  };
  const cases: readonly (readonly [string, StateInit, string])[] = [
    [
      'without a peer',
      { peers: { anna } },
      'members: { peer-10-0-0-14: { managed: false, overlay: 10.0.0.14, key: ',
    ],
    ['with another port', { tunnel: { listenPort: 4500 } }, 'port: 51820'],
    ['with another address', { addresses: ['10.0.0.9/32'] }, 'overlay: 10.0.0.1'],
    ['with less room', { mtu: 1380 }, 'mtu: 1500'],
    ['with keepalives', { peers: { anna: { ...anna, keepalive: 9 }, ben } }, 'keepalive: 0'],
    ['with less allowed', { peers: { anna: { carries: [] }, ben } }, 'allowed_ips'],
    [
      'with a preshared key',
      { peers: { anna: { ...anna, presharedKey: { id: 'psk-1', version: 1 } }, ben } },
      'Join again with --adopt',
    ],
    ['with a prefix at another', { peers: { anna: ben, ben: anna } }, 'Give each prefix'],
  ];

  test.each(cases)('%s, is left alone, and a line says what would fit', async (_, init, line) => {
    adopt();
    const before = peers();
    const [waits, ...differ] = await refused(wanted(init));
    expect(waits?.code).toBe('agent/adopt-waits');
    expect(differ[0]?.fix).toContain(line);
    expect(differ.every(({ code }) => code === 'agent/adopt-differs')).toBe(true);
    expect([ownerOf(), peers()]).toEqual([undefined, before]);
  });

  test('is taken over if a person wants it anyway, and later is what it was', async () => {
    adopt(true);
    const state = wanted({
      peers: {
        anna: { ...anna, keepalive: 9 },
        carl: { carries: ['10.0.0.15/32'] },
      },
    });
    expect((await agent().reconcile(state)).failures).toEqual([]);
    expect(peers().map(({ publicKey }) => publicKey)).toEqual([keyNamed('anna'), keyNamed('carl')]);
    const { notes } = await agent().cleanup(network);
    expect(notes).toMatchObject([
      { code: 'agent/given-back' },
      { code: 'agent/peers-gone-since', message: expect.stringContaining(keyNamed('ben')) },
    ]);
    expect(peers()).toEqual([peer('anna')]);
    expect(ownerOf()).toBeUndefined();
    expect(kernel.of('addresses').map(({ item }) => item.address)).toEqual(['10.0.0.1/24']);
  });

  test('but for its name, which nothing helps', async () => {
    for (const anyway of [false, true]) {
      adopt(anyway);
      const [found, ...more] = await refused(wanted({ interface: 'hw-net' }));
      expect([found?.code, more]).toEqual(['agent/adopt-other-name', []]);
      expect(found?.fix).toContain('interface: wg0');
    }
  });
});

/** The same in a router of others. */
function inRouter(): HostState {
  const { namespaces, tunnels, ...rest } = wanted();
  const moved = Object.entries(tunnels).map(([id, one]) => [id, { ...one, livesIn: 'qrouter-1' }]);
  return {
    ...rest,
    namespaces: { root: {}, 'qrouter-1': namespaces['root'] ?? {} },
    tunnels: Object.fromEntries(moved),
  };
}

test('a tunnel that was there before is not put into a router of others, whoever wants it', async () => {
  const before = peers();
  for (const anyway of [false, true]) {
    adopt(anyway);
    const [found, ...more] = await refused(inRouter());
    expect([found?.code, more]).toEqual(['agent/adopt-inside', []]);
    expect([ownerOf(), peers()]).toEqual([undefined, before]);
  }
});

describe('a tunnel that was taken over', () => {
  beforeEach(async () => {
    adopt();
    await agent().reconcile(wanted());
  });

  test('stays at home when the file puts it into a router of others', async () => {
    const before = peers();
    expect((await refused(inRouter()))[0]?.code).toBe('agent/adopt-inside');
    expect(peers()).toEqual(before);
    expect(await agent().reconcile(wanted())).toMatchObject({ unchanged: true, writes: 0 });
  });

  test('stays when the network goes, also where nothing is known of it any more', async () => {
    store.adoptions.drop(network);
    const { failures, notes } = await agent().cleanup(network);
    expect([failures, notes.map(({ code }) => code)]).toEqual([[], ['agent/given-back']]);
    expect([ownerOf(), peers()]).toEqual([undefined, [peer('anna'), peer('ben')]]);
    expect(await new FakeHost(kernel).networks()).toEqual([]);
  });

  test('is made as it was where it is gone, and given back the same', async () => {
    kernel.remove('links', 'wg0');
    for (const { item } of kernel.of('routes')) expect(item.device).not.toBe('wg0');
    await agent().reconcile(wanted());
    expect(kernel.of('addresses').map(({ item }) => item.address)).toEqual(['10.0.0.1/24']);
    await agent().cleanup(network);
    expect([ownerOf(), peers()]).toEqual([undefined, [peer('anna'), peer('ben')]]);
    expect(kernel.of('routes').map(({ item, network: owner }) => [item.prefix, owner])).toEqual([
      ['10.0.0.0/24', undefined],
    ]);
  });

  test('is taken over once more where something else made it at boot', async () => {
    kernel.remove('links', 'wg0');
    const publicKey = store.publicKey(network, 0);
    const tunnel = { interface: 'wg0', bornIn: 'root', listenPort: 51820, fwmark: 0, publicKey };
    kernel.put(undefined, 'tunnels', tunnel);
    kernel.put(undefined, 'links', { name: 'wg0', mtu: 1420, up: true });
    await agent().reconcile(wanted());
    expect(ownerOf()).toBe(network);
  });

  test('keeps its peers where its key is another since', async () => {
    const tunnel = kernel.get('tunnels', 'wg0')?.item;
    if (tunnel) kernel.put(network, 'tunnels', { ...tunnel, publicKey: keyNamed('new') });
    kernel.put(network, 'peers', peer('carl', { allowedIps: ['10.0.0.15/32'] }));
    const { notes } = await agent().cleanup(network);
    expect(notes.map(({ code }) => code)).toContain('agent/other-key-since');
    expect(peers()).toHaveLength(3);
  });
});

test('what is known of an adoption and cannot be read is told, with the file', () => {
  adopt();
  writeFileSync(join(folder, 'state', 'adopted', `${network}.json`), '{"network": 1}');
  expect(() => new Store(join(folder, 'state')).adoptions.find(network)).toThrow(
    expect.objectContaining({ code: 'agent/adoption-unreadable' }),
  );
});
