import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exportHost, exportHostFiles } from '#compile';
import { Sandbox } from '../support/sandbox.ts';
import { addLan, shownRoutes } from '../support/shown.ts';
import { suite } from '../support/suite.ts';

const routes = [
  { prefix: '10.0.0.0/24', via: '192.168.66.4', table: 254 },
  { prefix: '192.168.77.0/24', via: '192.168.66.4', table: 254, mtu: 1300 },
  { prefix: 'fd00:77::/64', via: 'fd00:66::4', table: 254 },
];
const worker = { name: 'worker-1', device: 'lan0', mtu: 1380 };

const wanted = [
  { dst: '10.0.0.0/24', gateway: '192.168.66.4', dev: 'lan0', metrics: [{ mtu: 1380 }] },
  { dst: '192.168.77.0/24', gateway: '192.168.66.4', dev: 'lan0', metrics: [{ mtu: 1300 }] },
  { dst: 'fd00:77::/64', gateway: 'fd00:66::4', dev: 'lan0', metrics: [{ mtu: 1380 }] },
].map((route): unknown => expect.objectContaining(route));

/** Of a cloud-init user-data file. */
interface UserData {
  readonly write_files: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly content: string;
  }[];
}

suite('a plain host takes its routes', { needs: ['netns'] }, () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.open();
    addLan(sandbox, 'lan0', ['192.168.66.11/24', 'fd00:66::11/64']);
  });
  afterEach(() => sandbox.close());

  test.each([
    ['with its device', worker],
    ['without', { name: 'worker-1', mtu: 1380 }],
  ])('as iproute2 lines %s, twice if need be', (_, host) => {
    const input = exportHost(routes, host, 'iproute2');
    sandbox.run(['sh', '-e', '/dev/stdin'], { input });
    sandbox.run(['sh', '-e', '/dev/stdin'], { input });
    const shown = shownRoutes(sandbox);
    expect(shown).toEqual(expect.arrayContaining(wanted));
    expect(shown.filter(({ gateway }) => gateway !== undefined)).toHaveLength(3);
  });

  test('as cloud-init user-data, whose script runs at every boot', () => {
    const text = exportHost(routes, worker, 'cloud-init');
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    const [file, ...others] = (parse(text) as UserData).write_files;
    expect(others).toEqual([]);
    expect(file?.path).toMatch(/^\/var\/lib\/cloud\/scripts\/per-boot\//);
    sandbox.write('/run/routes', file?.content ?? '', file?.permissions);
    sandbox.run(['/run/routes']);
    expect(shownRoutes(sandbox)).toEqual(expect.arrayContaining(wanted));
  });
});

suite('netplan takes the routes of a plain host', { needs: ['netplan', 'netns'] }, () => {
  let sandbox: Sandbox;
  let root: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'hawser-netplan-'));
    sandbox = await Sandbox.open();
  });
  afterEach(async () => {
    await sandbox.close();
    rmSync(root, { recursive: true });
  });

  test('and joins them to what configures its device already', () => {
    const base =
      'network:\n  version: 2\n  ethernets:\n    lan0:\n      addresses: [192.168.66.11/24]\n';
    sandbox.write(join(root, 'etc/netplan/50-cloud-init.yaml'), base);
    for (const { path, mode, content } of exportHostFiles(routes, worker, 'netplan')) {
      sandbox.write(join(root, path), content, mode);
    }
    sandbox.run(['netplan', 'generate', '--root-dir', root]);
    const folder = join(root, 'run/systemd/network');
    expect(readdirSync(folder)).toEqual(['10-netplan-lan0.network']);
    const network = readFileSync(join(folder, '10-netplan-lan0.network'), 'utf8');
    expect(network).toContain('Address=192.168.66.11/24');
    const sections = network.split('[Route]\n').slice(1);
    expect(sections.map((section) => section.trim().split('\n').sort())).toEqual([
      ['Destination=10.0.0.0/24', 'Gateway=192.168.66.4', 'MTUBytes=1380'],
      ['Destination=192.168.77.0/24', 'Gateway=192.168.66.4', 'MTUBytes=1300'],
      ['Destination=fd00:77::/64', 'Gateway=fd00:66::4', 'MTUBytes=1380'],
    ]);
  });
});
