import { expect, test } from 'vitest';
import { hostFormats } from './formats.ts';
import { exportHost } from './host.ts';

const routes = [{ prefix: '10.0.0.0/24', via: '192.168.66.4', table: 254, mtu: 1400 }];

test.each(hostFormats)('%s says which host it is for', (format) => {
  const text = exportHost(routes, { name: 'worker-1', device: 'eth0' }, format);
  expect(text).toContain('# routes of worker-1 to the other sites\n');
  expect(text).toMatch(/10\.0\.0\.0\/24/);
  expect(text).toMatch(/1400/);
});

test.each(['netplan', 'networkd'] as const)('%s needs to know the device', (format) => {
  expect(() => exportHost(routes, { name: 'worker-1' }, format)).toThrow('that of worker-1');
});

const linesWith = (mtu: number): string =>
  exportHost(routes, { name: 'worker-1', mtu }, 'iproute2');

test('the smaller of two MTUs holds', () => {
  expect(linesWith(1380)).toContain('ip route replace 10.0.0.0/24 via 192.168.66.4 mtu 1380\n');
  expect(linesWith(1500)).toContain('mtu 1400\n');
});

test('a host that needs no routes gets none', () => {
  expect(exportHost([], { name: 'worker-1' }, 'iproute2')).not.toContain('ip route');
  expect(exportHost([], { name: 'worker-1', device: 'eth0' }, 'netplan')).toContain('routes: []');
});
