import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HawserError } from '#base';
import type { Port } from '../network.ts';
import { expandRange } from './host-range.ts';
import { formatPort, parsePort } from './port.ts';
import { parseSelector } from './selector.ts';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof HawserError) return error.code;
    throw error;
  }
  return 'none';
};

describe('a range of names', () => {
  test('stands for each of its numbers', () => {
    expect(expandRange('worker-[1-4]')).toEqual(['worker-1', 'worker-2', 'worker-3', 'worker-4']);
    expect(expandRange('r[2-3]-blade')).toEqual(['r2-blade', 'r3-blade']);
    expect(expandRange('one')).toEqual(['one']);
    expect(expandRange('w[7-7]')).toEqual(['w7']);
  });

  test('keeps the width of padded numbers', () => {
    expect(expandRange('n[08-11]')).toEqual(['n08', 'n09', 'n10', 'n11']);
    expect(expandRange('n[0-2]')).toEqual(['n0', 'n1', 'n2']);
  });

  test.each(['w[4-1]', 'w[1]', 'w[1-2', 'w[1-2]-[3-4]', 'w[a-b]', 'w[01-100]', 'w[0-99999999999]'])(
    'is refused as %s',
    (text) => expect(codeOf(() => expandRange(text))).toBe('spec/bad-range'),
  );
});

describe('a port', () => {
  test('is read', () => {
    expect(parsePort('tcp/22')).toEqual({ protocol: 'tcp', first: 22, last: 22 });
    expect(parsePort('udp/1000-2000')).toEqual({ protocol: 'udp', first: 1000, last: 2000 });
    expect(parsePort('tcp')).toEqual({ protocol: 'tcp', first: 1, last: 65535 });
    expect(parsePort('icmp')).toEqual({ protocol: 'icmp' });
  });

  test.each([
    '22',
    'tcp/0',
    'tcp/65536',
    'tcp/9-8',
    'sctp/1',
    'tcp/',
    'tcp/22,80',
    'icmp/8',
    'icmpv6',
    'TCP/22',
    '',
  ])('is refused as "%s"', (text) => expect(codeOf(() => parsePort(text))).toBe('spec/bad-port'));

  test('is written as it is read', () => {
    const number = fc.integer({ min: 1, max: 65535 });
    const range = fc
      .tuple(fc.constantFrom('tcp' as const, 'udp' as const), number, number)
      .map(([protocol, a, b]): Port => ({ protocol, first: Math.min(a, b), last: Math.max(a, b) }));
    const port = fc.oneof(range, fc.constant<Port>({ protocol: 'icmp' }));
    fc.assert(
      fc.property(port, (one) => {
        expect(parsePort(formatPort(one))).toEqual(one);
      }),
    );
  });
});

describe('a selector', () => {
  test('is read by its form', () => {
    expect(parseSelector('all')).toEqual({ kind: 'all' });
    expect(parseSelector('w-[1-2]')).toEqual({ kind: 'names', names: ['w-1', 'w-2'] });
    expect(parseSelector('tag:x')).toEqual({ kind: 'tag', name: 'x' });
    expect(parseSelector('site:fd00')).toEqual({ kind: 'site', name: 'fd00' });
    expect(parseSelector('segment:fd00')).toEqual({ kind: 'segment', name: 'fd00' });
  });

  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.168.66.4', '192.168.66.4/32'],
    ['fd00::/8', 'fd00::/8'],
    ['fd00::1', 'fd00::1/128'],
    ['::/0', '::/0'],
  ])('may be the prefix %s', (text, prefix) => {
    const selector = parseSelector(text);
    expect(selector.kind === 'prefix' && String(selector.prefix)).toBe(prefix);
  });

  test.each([
    ['10.0.0.1/8', 'ip/host-bits'],
    ['10.0.0', 'ip/too-few-octets'],
    ['role:x', 'spec/bad-selector'],
    ['tag:', 'spec/bad-selector'],
    ['tag:X', 'spec/bad-selector'],
    ['a b', 'spec/bad-selector'],
    ['', 'spec/bad-selector'],
    ['segment:X', 'spec/bad-selector'],
    ['w-[2-1]', 'spec/bad-range'],
  ])('is refused as "%s" with %s', (text, code) => {
    expect(codeOf(() => parseSelector(text))).toBe(code);
  });
});
