import { describe, expect, test } from 'vitest';
import { listenOf } from './places.ts';

describe('a server', () => {
  test.each([
    ['192.0.2.1', { host: '192.0.2.1', port: 7443 }],
    ['192.0.2.1:80', { host: '192.0.2.1', port: 80 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['[::1]', { host: '::1', port: 7443 }],
    ['localhost:1', { host: 'localhost', port: 1 }],
  ])('listens where %s says', (text, listen) => {
    expect(listenOf(text)).toEqual(listen);
  });

  test('listens everywhere unless told where', () => {
    expect(['::', '0.0.0.0']).toContain(listenOf('8443').host);
    expect(listenOf('8443').port).toBe(8443);
    expect(listenOf(':8443').port).toBe(8443);
    expect(listenOf(undefined).port).toBe(7443);
  });

  test.each(['::1', '192.0.2.1:99999', '70000', 'a b', 'x:'])('does not listen on %j', (text) => {
    expect(() => listenOf(text)).toThrow('no address to listen on');
  });
});
