import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { by, HawserError, Secret } from '#base';
import { formatEndpoint, Prefix, parseEndpoint } from '#ip';
import { Sandbox } from '../../tests/support/sandbox.ts';
import { suite } from '../../tests/support/suite.ts';
import { anyConfig } from '../../tests/support/wireguard.ts';
import {
  formatConfig,
  formatPeer,
  generateKeyPair,
  generatePresharedKey,
  type PeerDump,
  parseConfig,
  parseDumpOf,
  parseDumpOfAll,
  publicKeyOf,
  type WireguardConfig,
  type WireguardPeer,
  zeroKey,
} from './index.ts';

/** RFC 7748 clamps a private key when it is used; wg(8) shows it clamped. */
function clamped(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  bytes[0] = (bytes[0] as number) & 248;
  bytes[31] = ((bytes[31] as number) & 127) | 64;
  return bytes.toString('base64');
}

/** What peers say, in one order, with what is off left out; of a configuration or of a dump. */
const meaningOfPeers = (peers: readonly (WireguardPeer | PeerDump)[]) =>
  peers
    .map(({ publicKey, presharedKey, allowedIps, endpoint: at, keepalive }) => ({
      publicKey,
      presharedKey: presharedKey?.reveal(),
      allowedIps: allowedIps.map(String).sort(),
      endpoint: typeof at === 'object' ? formatEndpoint(at) : at,
      keepalive: keepalive || undefined,
    }))
    .sort(by((one) => one.publicKey));

const meaning = ({ interface: own, peers }: WireguardConfig) => ({
  privateKey: own.privateKey && clamped(own.privateKey.reveal()),
  listenPort: own.listenPort,
  fwmark: own.fwmark || undefined,
  peers: meaningOfPeers(peers),
});

suite('the wg program and this room', { needs: ['netns', 'tun'] }, () => {
  let sandbox: Sandbox;
  const device = 'wgt0';
  const wg = (argv: readonly string[], input = '') => sandbox.run(['wg', ...argv], { input });
  const setConfig = (text: string) => wg(['setconf', device, '/dev/stdin'], text);
  const addConfig = (text: string) => wg(['addconf', device, '/dev/stdin'], text);
  const shown = () => parseConfig(wg(['showconf', device]));
  const dumped = () => parseDumpOf(device, wg(['show', device, 'dump']));

  beforeAll(async () => {
    sandbox = await Sandbox.open();
    sandbox.run(['wireguard-go', device]);
  });
  afterAll(() => sandbox.close());

  test('what we write, wg takes and shows as the same model', () => {
    fc.assert(
      fc.property(anyConfig, (wanted) => {
        setConfig(formatConfig(wanted));
        expect(meaning(shown())).toEqual(meaning(wanted));
      }),
      { numRuns: 150 },
    );
  });

  test('both dumps of a device say what was set', () => {
    fc.assert(
      fc.property(anyConfig, (wanted) => {
        setConfig(formatConfig(wanted));
        const { privateKey, peers, listenPort, fwmark = 0 } = meaning(wanted);
        const all = parseDumpOfAll(wg(['show', 'all', 'dump']));
        for (const dump of [parseDumpOf(device, wg(['show', device, 'dump'])), ...all]) {
          expect(dump).toMatchObject({ name: device, listenPort, fwmark });
          expect(dump.publicKey).toBe(privateKey && publicKeyOf(new Secret(privateKey)));
          expect(meaningOfPeers(dump.peers)).toEqual(peers);
        }
        expect(all).toHaveLength(1);
      }),
      { numRuns: 50 },
    );
  });

  test('a peer given again by addconf keeps what is left out, and loses what is cleared', () => {
    const { publicKey } = generateKeyPair();
    const allowedIps = [Prefix.parse('10.0.0.0/24'), Prefix.parse('10.1.0.0/16')];
    setConfig('[Interface]\n');
    addConfig(
      formatPeer({
        publicKey,
        presharedKey: generatePresharedKey(),
        allowedIps,
        endpoint: parseEndpoint('192.0.2.1:51820'),
        keepalive: 25,
      }),
    );
    addConfig(formatPeer({ publicKey, allowedIps: allowedIps.slice(1) }));
    expect(dumped().peers[0]).toMatchObject({
      endpoint: '192.0.2.1:51820',
      allowedIps: ['10.1.0.0/16'],
      keepalive: 25,
      presharedKey: expect.any(Secret) as unknown,
    });
    addConfig(
      formatPeer({ publicKey, presharedKey: new Secret(zeroKey), allowedIps: [], keepalive: 0 }),
    );
    const cleared = dumped().peers[0];
    expect(cleared).toMatchObject({ endpoint: '192.0.2.1:51820', allowedIps: [], keepalive: 0 });
    expect(cleared?.presharedKey).toBeUndefined();
  });

  test('wg reads the liberal forms as we do', () => {
    const { publicKey } = generateKeyPair();
    const text = `[ interface ]\nlisten port = 51821 # ours\nFwMark=0xCA6C\n[PEER]\nPublicKey=${publicKey}\nAllowedIPs = 10.1.2.3/8, ::0/0,\t192.0.2.7\nallowedips = 10.3.0.0/16\nPersistentKeepalive = off\nEndpoint = [ 2001:DB8::0:1 ]:1\n`;
    setConfig(text);
    expect(meaning(shown())).toEqual(meaning(parseConfig(text)));
  });

  const head = `[Interface]\n[Peer]\nPublicKey = ${zeroKey}\n`;
  test.each([
    `[Interface]\n[Peer]\nAllowedIPs = 10.0.0.0/8\n`,
    `${head}PersistentKeepalive = 65536\n`,
    `${head}PersistentKeepalive = 0L\n`,
    `${head}AllowedIPs = 10.0.0.0/33\n`,
    `${head}AllowedIPs = 010.0.0.0/8\n`,
    `${head}Endpoint = 192.0.2.1\n`,
    `${head}Endpoint = [2001:db8::1]\n`,
    `${head}Endpoint =\n`,
    `${head}PresharedKey = ${zeroKey.slice(1)}\n`,
    `${head}Colour = blue\n`,
    `[Interface]\n[Peers]\n`,
    `ListenPort = 1\n`,
  ])('wg and we both refuse %j', (text) => {
    expect(() => setConfig(text)).toThrow(/configuration/i);
    expect(() => parseConfig(text)).toThrow(HawserError);
  });
});
