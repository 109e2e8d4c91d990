import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportMachine } from '#compile';
import { generateKeyPair, parseConfig, parseDumpOf } from '#wireguard';
import { Sandbox } from '../support/sandbox.ts';
import { addLan, shownDevice, shownRoutes, shownRules } from '../support/shown.ts';
import { gatewayState, keyNamed, spokeState } from '../support/states.ts';
import { suite } from '../support/suite.ts';

const { privateKey, publicKey } = generateKeyPair();
const conf = '/run/wg0.conf';

suite('wg and wg-quick load what is exported for them', { needs: ['netns', 'tun'] }, () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.open();
  });
  afterEach(() => sandbox.close());

  const dump = () => parseDumpOf('wg0', sandbox.run(['wg', 'show', 'wg0', 'dump']));
  const routes = (...words: readonly string[]) => shownRoutes(sandbox, ...words);

  test('wg setconf and wg addconf take the plain format', () => {
    sandbox.run(['wireguard-go', 'wg0']);
    const input = exportMachine(spokeState(), 'wg', { privateKey });
    sandbox.run(['wg', 'setconf', 'wg0', '/dev/stdin'], { input });
    sandbox.run(['wg', 'addconf', 'wg0', '/dev/stdin'], { input });
    expect(dump()).toMatchObject({
      publicKey,
      listenPort: 51820,
      peers: [
        {
          publicKey: keyNamed('bielefeld'),
          endpoint: '203.0.113.10:51820',
          keepalive: 25,
          allowedIps: ['10.0.0.0/24', '192.168.66.0/24', '192.168.77.0/24', 'fd00:77::/64'],
        },
      ],
    });
  });

  test('wg-quick strip leaves what wg reads', () => {
    const text = exportMachine(spokeState(), 'wg-quick', { privateKey });
    sandbox.write(conf, text);
    const stripped = parseConfig(sandbox.run(['wg-quick', 'strip', conf]));
    expect(stripped.interface).toMatchObject({ listenPort: 51820, address: [], postUp: [] });
    expect(stripped.peers).toHaveLength(1);
  });

  test('wg-quick up brings a laptop into the network, and down takes all of it away', () => {
    sandbox.write(conf, exportMachine(spokeState(), 'wg-quick', { privateKey }));
    sandbox.run(['wg-quick', 'up', conf]);
    const { mtu, addresses } = shownDevice(sandbox, 'wg0');
    expect(addresses).toEqual(expect.arrayContaining(['10.0.0.5/32', 'fd00:77::5/128']));
    expect(mtu).toBe(1380);
    expect(routes('dev', 'wg0').map(({ dst }) => dst)).toEqual(
      expect.arrayContaining(['10.0.0.0/24', '192.168.66.0/24', '192.168.77.0/24', 'fd00:77::/64']),
    );
    expect(dump().publicKey).toBe(publicKey);
    sandbox.run(['wg-quick', 'down', conf]);
    expect(sandbox.run(['ip', '-j', 'link']).includes('wg0')).toBe(false);
    expect(routes()).toEqual([]);
  });

  test('wg-quick up makes the routes, rules and settings of a gateway, and down takes them away', () => {
    addLan(sandbox, 'lan0', ['192.168.66.4/24']);
    const rules = () => [4, 6].map((family) => shownRules(sandbox, family as 4 | 6));
    const before = { rules: rules(), routes: routes().length };
    sandbox.write(conf, exportMachine(gatewayState(), 'wg-quick', { privateKey }));
    sandbox.run(['wg-quick', 'up', conf]);

    const main = routes();
    expect(main).toContainEqual(expect.objectContaining({ dst: '10.0.0.0/24', dev: 'wg0' }));
    const small = main.find(({ dst }) => dst === '10.0.0.5');
    expect(small).toMatchObject({ dev: 'wg0', metrics: [{ mtu: 1340 }] });
    const sibling = main.find(({ dst }) => dst === '10.0.0.3');
    expect(sibling).toMatchObject({ dev: 'lan0', gateway: '192.168.66.5' });
    expect(main.map(({ dst }) => dst)).not.toContain('192.168.77.0/24');
    expect(routes('table', String(0x68771234))).toMatchObject([
      { dst: '192.168.77.0/24', dev: 'wg0', prefsrc: '10.0.0.1' },
    ]);
    for (const family of [4, 6] as const) {
      expect(shownRules(sandbox, family)).toContainEqual(
        expect.objectContaining({ priority: 30_000, fwmark: '0x68771234', table: '1752633908' }),
      );
    }
    for (const device of ['wg0', 'lan0']) {
      const forwarding = ['sysctl', '-n', `net/ipv4/conf/${device}/forwarding`];
      expect(sandbox.run(forwarding).trim()).toBe('1');
    }

    sandbox.run(['wg-quick', 'down', conf]);
    expect({ rules: rules(), routes: routes().length }).toEqual(before);
  });
});
