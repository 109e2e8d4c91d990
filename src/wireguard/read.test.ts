import { describe, expect, test } from 'vitest';
import { formatDiagnostic, HawserError } from '#base';
import { parseConfig } from './read.ts';

const key = 'vBN7qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6Qg=';
const secret = 'TFlmmEUC7V7VtiDYLKsbP5rySTKLIZq1yn8lMqK83wo=';
const peer = (...lines: readonly string[]) =>
  parseConfig(['[Interface]', '[Peer]', `PublicKey = ${key}`, ...lines].join('\n')).peers[0];
const own = (...lines: readonly string[]) =>
  parseConfig(['[Interface]', ...lines].join('\n')).interface;

function failureOf(text: string): string {
  try {
    parseConfig(text, 'wg0.conf');
  } catch (error) {
    if (error instanceof HawserError) return formatDiagnostic(error);
  }
  throw new Error('read without an error');
}

describe('what wg takes, we take', () => {
  test('names in any case, white space anywhere, comments, no line feed at the end', () => {
    const text = `  [ iNTERFACE ] # mine\r\nprivate Key=${secret}\n\n#[Peer]\n[peer]\npublickey = vBN7 qyUTb5lJtWYJ8LhbPio1Z4RcyBPGnqFBGn6O6Qg= # hub\n endpoint = 192.0.2.1 : 51820`;
    const config = parseConfig(text);
    expect(config.interface.privateKey?.reveal()).toBe(secret);
    expect(config.peers).toHaveLength(1);
    expect(config.peers[0]?.publicKey).toBe(key);
    expect(config.peers[0]?.endpoint?.port).toBe(51820);
  });

  test('an empty list of allowed IPs', () => {
    expect(peer('AllowedIPs =')?.allowedIps).toEqual([]);
  });

  test('allowed IPs over several lines, with host bits, without a length, in long IPv6 forms', () => {
    const ips = peer('AllowedIPs = 10.1.2.3/8,192.0.2.7', 'AllowedIPs = ::0/0, 2001:DB8:0::1/32');
    expect(ips?.allowedIps.map(String)).toEqual([
      '10.0.0.0/8',
      '192.0.2.7/32',
      '::/0',
      '2001:db8::/32',
    ]);
  });

  test('a keepalive that is off', () => {
    expect(peer('PersistentKeepalive = OFF')?.keepalive).toBe(0);
    expect(peer('PersistentKeepalive = 65535')?.keepalive).toBe(65535);
  });

  test('a firewall mark in decimal, in hexadecimal, or off', () => {
    expect(own('FwMark = 51820').fwmark).toBe(51820);
    expect(own('FwMark = 0xCA6C').fwmark).toBe(51820);
    expect(own('FwMark = off').fwmark).toBe(0);
  });

  test('endpoints with a name or in brackets', () => {
    expect(peer('Endpoint = vpn.example.org:443')?.endpoint?.host).toBe('vpn.example.org');
    expect(peer('Endpoint = [2001:DB8::0]:1')?.endpoint?.host).toBe('2001:db8::');
  });

  test('the last of two lines wins', () => {
    expect(own('ListenPort = 1', 'ListenPort = 2').listenPort).toBe(2);
  });

  test('what wg-quick adds: hooks keep their spaces, lists may be given twice', () => {
    const read = own(
      'Address = 10.0.0.2/24 2001:db8::2/64',
      'Address = 10.0.0.3',
      'DNS = 10.0.0.1, corp.example.org',
      'MTU = 1380',
      'Table = off',
      'PostUp = ip route add 10.9.0.0/16  dev %i # ours',
      'PostUp = true',
      'SaveConfig = true',
    );
    expect(read.address.map(({ address, length }) => `${address}/${length}`)).toEqual([
      '10.0.0.2/24',
      '2001:db8::2/64',
      '10.0.0.3/32',
    ]);
    expect(read).toMatchObject({
      dns: ['10.0.0.1', 'corp.example.org'],
      mtu: 1380,
      table: 'off',
      postUp: ['ip route add 10.9.0.0/16  dev %i', 'true'],
      saveConfig: true,
    });
  });
});

describe('what cannot be meant is refused with its line and a remedy', () => {
  const head = `[Interface]\n[Peer]\nPublicKey = ${key}\n`;

  test.each([
    ['PersistentKeepalive = 65536', '4:23: error wireguard/invalid-number'],
    ['AllowedIPs = 10.0.0.0/8, 10.0.0.0/33', '4:26: error wireguard/invalid-value'],
    ['AllowedIPs = 10.0.0/8', '4:14: error wireguard/invalid-value'],
    ['AllowedIPs = 10.0.0.0/8/8', '4:14: error wireguard/invalid-value'],
    ['Endpoint = 192.0.2.1', '4:12: error wireguard/invalid-endpoint'],
    ['Endpoint = 2001:db8::1:51820', '4:12: error wireguard/invalid-endpoint'],
    ['Endpoint = [2001:db8::1]', '4:12: error wireguard/invalid-endpoint'],
    ['PublicKey', '4:1: error wireguard/syntax-error'],
    ['MTU = 1400', '4:1: error wireguard/unknown-attribute'],
    ['constructor = 1', '4:1: error wireguard/unknown-attribute'],
    [`[Peer]\nPublicKey = ${key}`, '4:1: error wireguard/duplicate-peer'],
    ['[Peer', '4:1: error wireguard/syntax-error'],
  ])('%s', (line, message) => {
    expect(failureOf(head + line)).toContain(`wg0.conf:${message}`);
  });

  test('a setting above the first heading', () => {
    expect(failureOf('MTU = 1')).toContain('wg0.conf:1:1: error wireguard/syntax-error');
  });

  test('SaveConfig, MTU and Table that are none', () => {
    expect(failureOf('[Interface]\nSaveConfig = yes')).toContain('2:14: error');
    expect(failureOf('[Interface]\nMTU = 67')).toContain('2:7: error');
    expect(failureOf('[Interface]\nTable = a;b')).toContain('2:9: error');
  });

  test('a broken private key does not get into the error', () => {
    expect(failureOf('[Interface]\nPrivateKey = hunter2')).not.toContain('hunter2');
  });
});
