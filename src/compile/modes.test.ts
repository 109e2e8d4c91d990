import { expect, test } from 'vitest';
import { affected } from './affected.ts';
import { emptyFacts, type Facts } from './inputs.ts';
import { linked } from './testing.ts';

const file = (place = '', more = '') => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  a: { gateways: { ga: { endpoint: 192.0.2.1:51820 } } }
  b: { gateways: { gb: { endpoint: 192.0.2.2:51820 } } }
segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/24
    ${more}
    sites:
      a: { pool: 10.9.0.2-10.9.0.99, port: eth1${place} }
      b: { pool: 10.9.0.100-10.9.0.199, port: eth1 }
`;

const inOpenStack: Facts = {
  ...emptyFacts,
  observations: { ...emptyFacts.observations, clouds: { ga: 'openstack', elsewhere: 'openstack' } },
};

const settledAt = (text: string, facts = inOpenStack) => {
  const { network, diagnostics } = linked(text, facts);
  const modes = network.segments[0]?.sites.map(({ mode }) => mode);
  return [modes, diagnostics.map(({ code }) => code)];
};

test('behind a port of an OpenStack instance a site is in proxy mode, and why is said', () => {
  expect(settledAt(file())).toEqual([['proxy', 'bridge'], ['compile/proxy-by-cloud']]);
  expect(affected(linked(file()), linked(file(), inOpenStack))).toEqual(['ga', 'gb']);
});

test('without such a gateway, or where the file says it, it is as ever', () => {
  expect(settledAt(file(), emptyFacts)).toEqual([['bridge', 'bridge'], []]);
  expect(settledAt(file(', mode: bridge'))).toEqual([['bridge', 'bridge'], []]);
  expect(settledAt(file(', mode: proxy'))).toEqual([['proxy', 'bridge'], []]);
});

test('what a proxy cannot do keeps it a bridge, of which is warned', () => {
  const wrong = [['bridge', 'bridge'], ['compile/bridge-in-cloud']];
  expect(settledAt(file(', dhcp: { address: 10.9.0.250 }'))).toEqual(wrong);
  expect(settledAt(file('', 'flood: true'))).toEqual(wrong);
});

test('a gateway that is called otherwise is still the instance that it was', () => {
  const renamed = file().replace('ga: { endpoint', 'gc: { was: ga, endpoint');
  expect(settledAt(renamed)[0]).toEqual(['proxy', 'bridge']);
});
