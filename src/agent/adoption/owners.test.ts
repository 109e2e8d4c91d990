import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostErrors, type Run } from '#host';
import { ownersOf } from './owners.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hawser-owners-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const kinds = async (run: Run): Promise<readonly string[]> =>
  (await ownersOf('wg0', { root, run })).map(({ kind, what }) => `${kind}: ${what}`);

const nowhere: Run = async (_, argv) => {
  throw hostErrors.error('host/command-missing', { program: argv[0] ?? '' });
};
const says =
  (answers: Readonly<Record<string, string>>): Run =>
  async (_, [program = '']) =>
    answers[program] ?? '';

test('nobody keeps an interface on a machine that has none of them', async () => {
  expect(await kinds(nowhere)).toEqual([]);
});

test('wg-quick keeps what its unit makes at boot', async () => {
  write('run/systemd/system/x', '');
  expect(await kinds(says({ systemctl: 'enabled\n' }))).toEqual(['wg-quick: wg-quick@wg0.service']);
  expect(await kinds(says({ systemctl: 'disabled\n' }))).toEqual([]);
});

test('NetworkManager keeps what it made, not what it only sees', async () => {
  const nmcli = (line: string) => kinds(says({ nmcli: `eth0:connected:wired\n${line}\n` }));
  expect(await nmcli('wg0:connected:Lab\\: home')).toEqual(['NetworkManager: Lab: home']);
  expect(await nmcli('wg0:connected (externally):wg0')).toEqual([]);
  expect(await nmcli('wg0:unmanaged:')).toEqual([]);
});

test('systemd-networkd, netplan and ifupdown keep what their files name', async () => {
  write('etc/systemd/network/50-vpn.netdev', '[NetDev]\nName = wg0\nKind=wireguard\n');
  write('etc/network/interfaces.d/vpn', 'auto wg0\niface wg0 inet static\n');
  expect(await kinds(nowhere)).toEqual([
    `systemd-networkd: ${join(root, 'etc/systemd/network/50-vpn.netdev')}`,
    `ifupdown: ${join(root, 'etc/network/interfaces.d/vpn')}`,
  ]);
  rmSync(join(root, 'etc'), { recursive: true });
  write('run/systemd/network/10-netplan-wg0.netdev', '[NetDev]\nName=wg0\n');
  write('run/systemd/network/10-netplan-wg01.netdev', '[NetDev]\nName=wg01\n');
  expect(await kinds(nowhere)).toEqual(['netplan: /etc/netplan']);
});
