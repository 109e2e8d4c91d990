import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Change, diff, emptyNamespace, putItem, ViewBuilder } from '#state';
import { Claims } from '../claims.ts';
import type { Context } from '../context.ts';
import { readDevices } from '../devices.ts';
import { emptyWish } from '../linux.ts';
import { Vigil } from '../vigil.ts';
import { HandshakeAges } from '../wireguard/ages.ts';
import { forwarding } from './index.ts';

/** A kernel before 6.17: IPv6 forwards for all devices or for none. */
const old: Readonly<Record<string, string>> = {
  'net/ipv4/conf/eth0/forwarding': '0',
  'net/ipv6/conf/all/forwarding': '0',
  'net/ipv6/conf/default/accept_ra': '1',
  'net/ipv6/conf/eth0/accept_ra': '1',
  'net/ipv6/conf/eth1/accept_ra': '0',
};

let folder: string;
let values: Map<string, string>;
let written: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-forwarding-'));
  values = new Map(Object.entries(old));
  written = [];
});

afterEach(() => rmSync(folder, { recursive: true }));

function contextOf(devices: readonly string[]): Context {
  const wanted = emptyNamespace();
  for (const device of devices) putItem(wanted, 'forwarding', { device, family: 6 });
  const link = (ifname: string) => ({ ifname, ifindex: 1, mtu: 1500, flags: ['UP'] });
  return {
    namespace: 'root',
    runInRoot: async () => '',
    rootDevices: readDevices([]),
    runIn: () => async () => '',
    everywhere: new Map(),
    rootNamespace: '',
    remade: new Set(),
    network: 'net',
    run: () => Promise.reject(new Error('nothing is run')),
    kernel: {
      read: async (paths) => new Map([...values].filter(([path]) => paths.includes(path))),
      write: async (path, value) => {
        written.push(path);
        values.set(path, value);
      },
    },
    devices: readDevices(['eth0', 'eth1'].map(link)),
    wish: emptyWish('net'),
    wanted,
    claims: new Claims(folder, 'net'),
    backends: new Map(),
    lives: new Map(),
    broken: new Set(),
    etc: folder,
    runFolder: folder,
    stateFolder: folder,
    vigil: new Vigil(),
    signal: () => Promise.resolve(),
    resolveName: () => Promise.resolve([]),
    ages: new HandshakeAges(),
  };
}

/** Makes these devices forward IPv6, and no others; gives the changes that took. */
async function forward(...devices: readonly string[]): Promise<readonly Change[]> {
  const context = contextOf(devices);
  const [seen, wished] = [new ViewBuilder(), new ViewBuilder()];
  const fill = await forwarding.observe(context);
  fill(seen.namespace('root'));
  for (const item of context.wanted.forwarding.values()) wished.put('root', 'forwarding', item);
  const changes = diff(seen.view, wished.view);
  expect(await forwarding.establish(context, changes)).toEqual([]);
  expect(await forwarding.withdraw(context, changes)).toEqual([]);
  return changes;
}

test('where IPv6 forwards for all or none, router advertisements are kept first', async () => {
  await forward('eth0');
  expect(written.at(-1)).toBe('net/ipv6/conf/all/forwarding');
  expect(Object.fromEntries(values)).toEqual({
    ...old,
    'net/ipv6/conf/all/forwarding': '1',
    'net/ipv6/conf/default/accept_ra': '2',
    'net/ipv6/conf/eth0/accept_ra': '2',
  });
  expect(await forward('eth0')).toEqual([]);
});

test('all of it is put back when the last device goes, and not before', async () => {
  await forward('eth0', 'eth1');
  await forward('eth1');
  expect(values.get('net/ipv6/conf/all/forwarding')).toBe('1');
  await forward();
  expect(Object.fromEntries(values)).toEqual(old);
  expect(await forward()).toEqual([]);
});
