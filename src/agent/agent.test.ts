import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHost, FakeKernel } from '#host';
import { complianceStates } from '../../tests/agent/states.ts';
import { Agent } from './agent.ts';
import { describeReport } from './report.ts';
import { Store } from './store.ts';

let folder: string;
let kernel: FakeKernel;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-store-'));
  kernel = new FakeKernel();
  kernel.put(undefined, 'links', { name: 'eth0', mtu: 1500, up: true });
  kernel.put(undefined, 'links', { name: 'eth1', mtu: 1500, up: true });
  kernel.put(undefined, 'addresses', { device: 'eth0', address: '192.168.66.4/24' });
  for (const path of [
    'net/ipv4/conf/eth0/forwarding',
    'net/ipv6/conf/eth0/force_forwarding',
    'net/ipv4/conf/eth0/src_valid_mark',
  ]) {
    kernel.sysctls.set(path, '0');
  }
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const store = (): Store => new Store(join(folder, 'state'));
const agent = (): Agent => new Agent({ host: new FakeHost(kernel), store: store() });

test('a running agent and a new one find the same: nothing to do', async () => {
  const one = agent();
  const first = await one.reconcile(complianceStates.first);
  expect(first.failures).toEqual([]);
  expect(first.unchanged).toBe(false);
  expect(await one.reconcile(complianceStates.first)).toMatchObject({ unchanged: true, writes: 0 });
  const again = new Agent({ host: new FakeHost(kernel), store: store() });
  expect(describeReport(await again.reconcile(complianceStates.first))).toEqual(['unchanged']);
});

test('what fails is told as the second look finds it, and the rest is done', async () => {
  kernel.sysctls.delete('net/ipv4/conf/eth0/src_valid_mark');
  const report = await agent().reconcile(complianceStates.first);
  expect(report.failures).toMatchObject([
    { change: { facility: 'sysctls' }, error: { code: 'host/command-failed' } },
  ]);
  expect(report.changes.map(({ facility }) => facility)).toContain('routes');
  kernel.sysctls.set('net/ipv4/conf/eth0/src_valid_mark', '0');
  expect((await agent().reconcile(complianceStates.first)).changes).toHaveLength(1);
});

test('filters of what is bridged stand in the bridge where that tracks connections, and no switch is asked for', async () => {
  const { first } = complianceStates;
  const table = (family: 'inet' | 'bridge') => ({
    ...{ family, name: 'hawser-net-policy', counters: ['deny'], sets: [], maps: [] },
    chains: [{ name: 'guard', rules: [{ match: [], counter: 'deny', verdict: 'drop' }] }],
  });
  const key = 'net.bridge.bridge-nf-call-iptables';
  const root = {
    nft: { v: 1 as const, items: [table('bridge'), table('inet')] },
    sysctls: { v: 1 as const, items: [{ key, value: '1' }] },
  };
  const state = { ...first, namespaces: { root }, tunnels: {}, bindings: [] };
  kernel.tracksBridged = true;
  const one = agent();
  expect((await one.reconcile(state)).failures).toEqual([]);
  const names = () => kernel.of('nft-tables').map(({ item }) => `${item.family} ${item.name}`);
  expect(names().sort()).toEqual(['bridge hawser-net-policy', 'bridge hawser-net-policy-tracked']);
  expect(await one.reconcile(state)).toMatchObject({ unchanged: true, writes: 0 });
  kernel.tracksBridged = false;
  kernel.sysctls.set(key.replaceAll('.', '/'), '0');
  expect((await one.reconcile(state)).failures).toEqual([]);
  expect(names().sort()).toEqual(['bridge hawser-net-policy', 'inet hawser-net-policy']);
});

test('a private key is born once, mode 0600, in folders of mode 0700', () => {
  const key = store().publicKey('net', 0);
  const file = store().keyFile('net', 0);
  expect(store().publicKey('net', 0)).toBe(key);
  expect(store().publicKey('net', 1)).not.toBe(key);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const path of [join(file, '..'), join(folder, 'state')]) {
    expect(statSync(path).mode & 0o777).toBe(0o700);
  }
});

test('keys and secrets survive a cleanup; what was reached is forgotten', async () => {
  const key = store().publicKey('net', 0);
  await agent().reconcile(complianceStates.first);
  expect(store().keptState('net')).toEqual(complianceStates.first);
  expect((await agent().cleanup('net')).failures).toEqual([]);
  expect(store().keptState('net')).toBeUndefined();
  expect(store().publicKey('net', 0)).toBe(key);
});

test('a state that knows the machine by another key is refused before anything is done', async () => {
  const { main } = complianceStates.first.tunnels;
  const key = { id: 'net/0', publicKey: Buffer.alloc(32, 1).toString('base64') };
  const tunnels = main ? { main: { ...main, key } } : {};
  const host = new FakeHost(kernel);
  const one = new Agent({ host, store: store() });
  await expect(one.reconcile({ ...complianceStates.first, tunnels })).rejects.toThrow(
    /agent\/key-differs/,
  );
  expect(host.writes()).toBe(0);
});
