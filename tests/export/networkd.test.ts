import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ExportFile, exportHostFiles, exportMachineFiles } from '#compile';
import { generateKeyPair } from '#wireguard';
import { type Program, Sandbox } from '../support/sandbox.ts';
import { addLan, shownDevice, shownRoutes, shownRules } from '../support/shown.ts';
import { gatewayState, spokeState } from '../support/states.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';

const { privateKey } = generateKeyPair();
const markTable = String(0x68771234);
const folder = '/etc/systemd/network';

const names = {
  v: 1 as const,
  items: [{ device: 'wg0', servers: ['10.0.0.1'], domains: ['net.internal', '~10.in-addr.arpa'] }],
};

/** Complaints name the file and, mostly, its line. */
const complaints = (program: Program): readonly string[] =>
  program
    .output()
    .split('\n')
    .filter((line) => line.startsWith(`${folder}/`));

suite('systemd-networkd takes what is exported for it', {
  needs: ['root', 'systemd', 'tun'],
}, () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = await Sandbox.open();
    sandbox.run(['mount', '-t', 'tmpfs', 'tmpfs', folder]);
    // Where /sys cannot be written networkd does without udev.
    sandbox.run(['mount', '-t', 'sysfs', '-o', 'ro', 'sysfs', '/sys']);
    for (const state of ['', '/links', '/leases', '/lldp']) {
      const owner = ['-o', 'systemd-network', '-g', 'systemd-network'];
      sandbox.run(['install', '-d', ...owner, `/run/systemd/netif${state}`]);
    }
  });
  afterEach(() => sandbox.close());

  function install(files: readonly ExportFile[]): void {
    for (const { path, mode, content } of files.filter(({ path }) => path.startsWith(folder))) {
      sandbox.write(path, content, mode);
      sandbox.run(['chgrp', 'systemd-network', path]);
    }
  }

  const networkd = (): Program =>
    sandbox.start(['/lib/systemd/systemd-networkd'], {
      env: { SYSTEMD_LOG_LEVEL: 'debug', SYSTEMD_LOG_TARGET: 'console' },
    });

  test.each([
    ['a laptop', spokeState()],
    ['a laptop that looks names up', spokeState({ root: { splitDns: names } })],
    ['a gateway', gatewayState()],
  ])('the tunnel device of %s is read without a complaint', async (_, state) => {
    install(exportMachineFiles(state, 'networkd', { privateKey }));
    const program = networkd();
    await until('the netdev is loaded', () => program.output().includes('wg0: loaded "wireguard"'));
    await until('networkd is ready', () => program.output().includes('Enumeration completed'));
    expect(complaints(program)).toEqual([]);
  });

  test('a file with a mistake does raise a complaint', async () => {
    const [netdev] = exportMachineFiles(spokeState(), 'networkd', { privateKey });
    const { path, mode, content } = netdev as ExportFile;
    install([{ path, mode, content: content.replace('AllowedIPs', 'AllowedIP') }]);
    const program = networkd();
    await until('networkd is ready', () => program.output().includes('Enumeration completed'));
    expect(complaints(program).join()).toContain("Unknown key 'AllowedIP'");
  });

  test('addresses, routes and rules of a gateway are put on its tunnel', async () => {
    sandbox.run(['wireguard-go', 'wg0']);
    // A TUN device stands in for the kernel's own, so its .netdev must not claim it.
    const files = exportMachineFiles(gatewayState(), 'networkd', { privateKey });
    install(files.filter(({ path }) => path.endsWith('.network')));
    const program = networkd();
    await until('the last route is there', () =>
      shownRoutes(sandbox, 'table', markTable).some(({ dst }) => dst === '192.168.77.0/24'),
    );
    await until('both rules are there', () =>
      ([4, 6] as const).every((family) =>
        shownRules(sandbox, family).some(
          ({ priority, fwmark, table }) =>
            priority === 30_000 && fwmark === '0x68771234' && table === markTable,
        ),
      ),
    );
    const { addresses } = shownDevice(sandbox, 'wg0');
    expect([...addresses].sort()).toEqual(['10.0.0.1/32', 'fd00:77::1/128']);
    const routes = shownRoutes(sandbox, 'dev', 'wg0');
    expect(routes).toContainEqual(expect.objectContaining({ dst: '10.0.0.0/24' }));
    expect(routes).toContainEqual(
      expect.objectContaining({ dst: '10.0.0.5', metrics: [{ mtu: 1340 }] }),
    );
    expect(routes).toContainEqual(expect.objectContaining({ dst: 'fd00:77::/64', metric: 50 }));
    expect(complaints(program)).toEqual([]);
  });

  test('the routes of a plain host join what configures its device', async () => {
    addLan(sandbox, 'lan0', []);
    const base = '[Match]\nName=lan0\n\n[Network]\nAddress=192.168.66.11/24\n';
    sandbox.write(`${folder}/lan0.network`, base, '0644');
    const routes = [{ prefix: '10.0.0.0/24', via: '192.168.66.4', table: 254 }];
    install(exportHostFiles(routes, { name: 'worker-1', device: 'lan0', mtu: 1380 }, 'networkd'));
    const program = networkd();
    const route = await until('the route is there', () =>
      shownRoutes(sandbox).find(({ dst }) => dst === '10.0.0.0/24'),
    );
    expect(route).toMatchObject({ gateway: '192.168.66.4', dev: 'lan0', metrics: [{ mtu: 1380 }] });
    expect(complaints(program)).toEqual([]);
  });
});
