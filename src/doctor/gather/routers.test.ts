import { expect, test } from 'vitest';
import type { Run } from '#host';
import { routersIn, shutFamilies } from './routers.ts';

const pairTo = (namespace: string) => ({
  v: 1 as const,
  items: [
    {
      name: 'near',
      mac: '02:00:00:00:00:01',
      peer: { namespace, name: 'far', addresses: ['10.5.0.1/24'] },
    },
  ],
});

test('routers are known by their pairs, and the end of a member in a segment is none', () => {
  const namespaces = {
    root: {},
    'hw-net-gw': { veths: pairTo('root') },
    'hw-net-lab': {
      bridges: { v: 1 as const, items: [{ name: 'bridge' }] },
      veths: pairTo('root'),
    },
    qrouter: {
      veths: pairTo('hw-net-lab'),
      external: { v: 1 as const, items: [{ router: 'gw' }] },
    },
  };
  expect(routersIn({ network: 'net', namespaces })).toEqual([
    {
      network: 'net',
      namespace: 'hw-net-gw',
      uplink: { device: 'far', addresses: ['10.5.0.1/24'] },
    },
    { network: 'net', namespace: 'qrouter' },
  ]);
});

test.each([
  ['both forward', { ipv4: '1', all: '1' }, []],
  ['a device forwards IPv6 by itself, on a newer kernel', { ipv4: '1', all: '0', own: '1' }, []],
  ['only IPv4 is let through', { ipv4: '1', all: '0' }, ['6 net.ipv6.conf.all.forwarding']],
  [
    'a newer kernel can open the device alone',
    { ipv4: '1', all: '0', own: '0' },
    ['6 net.ipv6.conf.out.force_forwarding'],
  ],
  ['only IPv6 is let through', { ipv4: '0', all: '1' }, ['4 net.ipv4.conf.out.forwarding']],
])('a way out is asked in the families of its addresses: %s', async (_, values, shut) => {
  const at: Readonly<Record<string, string | undefined>> = {
    '/proc/sys/net/ipv4/conf/out/forwarding': values.ipv4,
    '/proc/sys/net/ipv6/conf/all/forwarding': values.all,
    '/proc/sys/net/ipv6/conf/out/force_forwarding': 'own' in values ? values.own : undefined,
  };
  const run: Run = async (_kind, [, path = '']) => `${at[path] ?? ''}\n`;
  const found = await shutFamilies(run, 'out', ['10.5.0.1/24', 'fd05::1/64']);
  expect(found.map(({ family, key }) => `${family} ${key}`)).toEqual(shut);
  const old = await shutFamilies(run, 'out', ['10.5.0.1/24']);
  expect(old.map(({ family }) => family)).toEqual(values.ipv4 === '0' ? [4] : []);
});
