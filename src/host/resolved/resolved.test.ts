import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linkPath, readLink, splitOf } from './bus.ts';
import { usesResolved } from './uses.ts';

/** As busctl 252 prints it. */
const printed = (defaultRoute = 'false', dnssec = 'no'): string =>
  [
    '{"type":"a(iay)","data":[[2,[10,0,0,1]],[10,[253,0,0,119,0,0,0,0,0,0,0,0,0,0,0,1]]]}',
    '{"type":"a(sb)","data":[["net.internal",false],["0.0.10.in-addr.arpa",true]]}',
    `{"type":"b","data":${defaultRoute}}`,
    `{"type":"s","data":"${dnssec}"}`,
    '{"type":"s","data":"no"}',
    '',
  ].join('\n');

describe('what systemd-resolved says of a device', () => {
  test('is whom it asks for which domains', () => {
    expect(splitOf('wg0', readLink(printed()))).toEqual({
      device: 'wg0',
      servers: ['10.0.0.1', 'fd00:77::1'],
      domains: ['net.internal', '~0.0.10.in-addr.arpa'],
    });
  });

  test.each([[printed('true')], [printed('false', 'yes')]])(
    'is not enough where other names would go there too, or be wanted signed',
    (text) => expect(splitOf('wg0', readLink(text))?.domains).toEqual([]),
  );

  test('is nothing where nothing was set', () => {
    const text = '{"data":[]}\n{"data":[]}\n{"data":true}\n{"data":"no"}\n{"data":"no"}\n';
    expect(splitOf('wg0', readLink(text))).toBeUndefined();
  });

  test('makes no sense in another form', () => {
    expect(() => readLink('Failed')).toThrow(expect.objectContaining({ code: 'host/unreadable' }));
  });

  test.each([
    [3, '_33'],
    [12, '_312'],
  ])('is asked for by its number %i', (index, path) =>
    expect(linkPath(index)).toBe(`/org/freedesktop/resolve1/link/${path}`),
  );
});

describe('systemd-resolved is in charge', () => {
  let etc: string;
  beforeEach(() => {
    etc = mkdtempSync(join(tmpdir(), 'hawser-etc-'));
  });
  afterEach(() => rmSync(etc, { recursive: true }));

  test.each([
    ['nameserver 127.0.0.53\noptions edns0\n', true],
    ['search a\nnameserver 127.0.0.54\n', true],
    ['# nameserver 127.0.0.53\nnameserver 192.0.2.53\n', false],
    ['', false],
  ])('of %j: %s', (text, is) => {
    writeFileSync(join(etc, 'resolv.conf'), text);
    expect(usesResolved(etc)).toBe(is);
  });

  test('nowhere where nothing says so', () => {
    writeFileSync(join(etc, 'nsswitch.conf'), 'hosts: files dns\n');
    expect(usesResolved(etc)).toBe(false);
  });
});
