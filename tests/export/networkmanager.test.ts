import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '#base';
import { type ExportFile, exportMachine, exportMachineFiles } from '#compile';
import { generateKeyPair } from '#wireguard';
import { Sandbox } from '../support/sandbox.ts';
import { gatewayState, keyNamed, spokeState } from '../support/states.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';

const { privateKey } = generateKeyPair();
const presharedKey = new Secret(keyNamed('a secret'));
const folder = '/etc/NetworkManager/system-connections';

suite('NetworkManager takes what is exported for it', { needs: ['root', 'networkmanager'] }, () => {
  let sandbox: Sandbox;

  /** The keyfile as NetworkManager writes it from its own model: section titles to settings. */
  function rewritten(name: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    sandbox.run(['nmcli', 'connection', 'modify', name, 'connection.autoconnect', 'no']);
    const text = sandbox.run(['cat', `${folder}/${name}.nmconnection`]);
    const sections = text.split(/^\[/m).slice(1);
    return Object.fromEntries(
      sections.map((section) => {
        const [title = '', ...lines] = section.split('\n');
        const settings = lines.filter((line) => line !== '').map((line) => line.split(/=(.*)/s));
        return [title.slice(0, -1), Object.fromEntries(settings)];
      }),
    );
  }

  function install(files: readonly ExportFile[]): void {
    const [{ path, mode, content }] = files as [ExportFile];
    sandbox.write(path, content, mode);
  }

  beforeAll(async () => {
    sandbox = await Sandbox.open();
    for (const where of [folder, '/var/lib/NetworkManager']) {
      sandbox.run(['mount', '-t', 'tmpfs', 'tmpfs', where]);
    }
    sandbox.run(['mount', '-t', 'sysfs', '-o', 'ro', 'sysfs', '/sys']);
    sandbox.run(['mkdir', '/run/dbus']);
    sandbox.write('/run/nm.conf', '[main]\nplugins=keyfile\n');
    const laptop = spokeState({
      root: {
        splitDns: {
          v: 1,
          items: [
            { device: 'wg0', servers: ['10.0.0.1'], domains: ['net.internal', '~10.in-addr.arpa'] },
          ],
        },
      },
      peers: {
        bielefeld: {
          endpoint: 'vpn.example.org:51820',
          keepalive: 25,
          presharedKey: { id: 'bielefeld', version: 3 },
          carries: ['10.0.0.0/24', 'fd00:77::/64'],
        },
      },
    });
    const presharedKeys = new Map([['bielefeld@3', presharedKey]]);
    install(exportMachineFiles(laptop, 'networkmanager', { privateKey, presharedKeys }));
    const gateway = gatewayState({ interface: 'wg1' });
    install(exportMachineFiles(gateway, 'networkmanager', { privateKey }));
    sandbox.run(['dbus-daemon', '--system', '--fork', '--nopidfile']);
    sandbox.start(['NetworkManager', '--config=/run/nm.conf', '--no-daemon']);
    await until('NetworkManager answers', () => sandbox.run(['nmcli', 'general', 'status']) !== '');
  });
  afterAll(() => sandbox.close());

  test('the keyfile of a laptop', () => {
    const loaded = rewritten('wg0');
    expect(loaded['connection']).toMatchObject({ type: 'wireguard', 'interface-name': 'wg0' });
    expect(loaded['wireguard']).toMatchObject({
      'private-key': privateKey.reveal(),
      'listen-port': '51820',
      mtu: '1380',
      'peer-routes': 'false',
    });
    expect(loaded[`wireguard-peer.${keyNamed('bielefeld')}`]).toEqual({
      endpoint: 'vpn.example.org:51820',
      'preshared-key': presharedKey.reveal(),
      'preshared-key-flags': '0',
      'persistent-keepalive': '25',
      'allowed-ips': '10.0.0.0/24;fd00:77::/64;',
    });
    expect(loaded['ipv4']).toMatchObject({
      method: 'manual',
      dns: '10.0.0.1;',
      'dns-search': 'net.internal;~10.in-addr.arpa;',
      'dns-priority': '200',
      address1: '10.0.0.5/32',
      route1: '10.0.0.0/24',
    });
    expect(loaded['ipv6']).toMatchObject({ address1: 'fd00:77::5/128', route1: 'fd00:77::/64' });
  });

  test('the keyfile of a gateway, with its mark, tables, metrics and rules', () => {
    const loaded = rewritten('wg1');
    expect(loaded['wireguard']).toMatchObject({ fwmark: String(0x68771234) });
    expect(loaded[`wireguard-peer.${keyNamed('vpn')}`]).toMatchObject({
      endpoint: '[2001:db8:2::20]:51820',
    });
    expect(loaded['ipv4']).toMatchObject({
      route2: '10.0.0.5/32',
      route2_options: 'mtu=1340',
      route3: '192.168.77.0/24',
      route3_options: 'src=10.0.0.1,table=1752633908',
      'routing-rule1': 'priority 30000 not from 0.0.0.0/0 fwmark 0x68771234 table 1752633908',
    });
    expect(loaded['ipv6']).toMatchObject({
      route1: 'fd00:77::/64,::,50',
      'routing-rule1': 'priority 30000 not from ::/0 fwmark 0x68771234 table 1752633908',
    });
  });

  test('nmcli connection import reads the export for wg-quick', () => {
    sandbox.write('/run/wgx.conf', exportMachine(spokeState(), 'wg-quick', { privateKey }));
    sandbox.run(['nmcli', 'connection', 'import', 'type', 'wireguard', 'file', '/run/wgx.conf']);
    const imported = rewritten('wgx');
    expect(imported['wireguard']).toMatchObject({
      'private-key': privateKey.reveal(),
      mtu: '1380',
    });
    expect(imported[`wireguard-peer.${keyNamed('bielefeld')}`]).toEqual({
      endpoint: '203.0.113.10:51820',
      'persistent-keepalive': '25',
      'allowed-ips': '10.0.0.0/24;192.168.66.0/24;192.168.77.0/24;fd00:77::/64;',
    });
    expect(imported['ipv4']).toMatchObject({ address1: '10.0.0.5/32' });
  });
});
