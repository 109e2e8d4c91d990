import { describe, expect, test } from 'vitest';
import { parseDumpOf, parseDumpOfAll } from './dump.ts';

const key = (n: number): string => Buffer.alloc(32, n).toString('base64');
const device = ['wg0', key(1), key(2), '51820', 'off'].join('\t');
const busy = [
  'wg0',
  key(3),
  key(4),
  '203.0.113.10:51820',
  '10.0.0.1/32,192.168.66.0/24',
  '1700000000',
  '148',
  '92',
  '25',
].join('\t');
const silent = ['wg0', key(5), '(none)', '(none)', '(none)', '0', '0', '0', 'off'].join('\t');
const office = ['wg-office', '(none)', '(none)', '0', '0xca6c'].join('\t');
const text = `${[device, busy, silent, office].join('\n')}\n`;

describe('wg show all dump', () => {
  test('gives each device with its peers', () => {
    const [wg0, wgOffice] = parseDumpOfAll(text);
    expect(wg0).toMatchObject({ name: 'wg0', publicKey: key(2), listenPort: 51820, fwmark: 0 });
    expect(wg0?.peers[0]).toMatchObject({
      publicKey: key(3),
      endpoint: '203.0.113.10:51820',
      allowedIps: ['10.0.0.1/32', '192.168.66.0/24'],
      latestHandshake: 1_700_000_000,
      rx: 148,
      tx: 92,
      keepalive: 25,
    });
    expect(wg0?.peers[0]?.presharedKey?.reveal()).toBe(key(4));
    expect(wg0?.peers[1]).toEqual({
      publicKey: key(5),
      allowedIps: [],
      latestHandshake: 0,
      rx: 0,
      tx: 0,
      keepalive: 0,
    });
    expect(wgOffice).toEqual({ name: 'wg-office', listenPort: 0, fwmark: 0xca6c, peers: [] });
  });

  test('of a machine without WireGuard is empty', () => {
    expect(parseDumpOfAll('')).toEqual([]);
  });

  test('never keeps the private key', () => {
    expect(JSON.stringify(parseDumpOfAll(text))).not.toContain(key(1));
  });

  test('that was cut off is an error, not fewer peers', () => {
    const cuts = Array.from({ length: text.length - 1 }, (_, index) => text.slice(0, index + 1));
    const lineEnds = cuts.filter((cut) => cut.endsWith('\n'));
    for (const cut of cuts) {
      if (lineEnds.includes(cut)) continue;
      expect(() => parseDumpOfAll(cut)).toThrow('wg show dump');
    }
  });

  test('with a peer of another device is an error', () => {
    expect(() => parseDumpOfAll(`${office}\n${busy}\n`)).toThrow('line 2');
  });
});

describe('wg show IF dump', () => {
  const alone = text
    .split('\n')
    .slice(0, 3)
    .map((line) => `${line.split('\t').slice(1).join('\t')}\n`)
    .join('');

  test('says the same as the dump of all', () => {
    expect(parseDumpOf('wg0', alone)).toEqual(parseDumpOfAll(text)[0]);
  });

  test('that is empty is an error', () => {
    expect(() => parseDumpOf('wg0', '')).toThrow('line 1');
  });
});

test('10,000 peers are parsed in a few milliseconds', () => {
  const peers = Array.from({ length: 10_000 }, (_, n) =>
    busy.replace('10.0.0.1', `10.1.${n >> 8}.${n & 255}`),
  );
  const dump = `${[device, ...peers].join('\n')}\n`;
  const runs = Array.from({ length: 15 }, () => {
    const start = performance.now();
    expect(parseDumpOfAll(dump)[0]?.peers).toHaveLength(10_000);
    return performance.now() - start;
  });
  const best = Math.min(...runs);
  expect(best).toBeLessThan(15);
});
