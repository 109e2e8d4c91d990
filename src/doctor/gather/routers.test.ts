import { expect, test } from 'vitest';
import { routersIn } from './routers.ts';

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
