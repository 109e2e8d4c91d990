import { expect, test } from 'vitest';
import type { Element } from './element.ts';
import { bareTable } from './fixtures/testing-table.ts';
import { Registry } from './registry.ts';
import { toldOf } from './told.ts';

const [mac, other] = ['02:00:00:00:00:50', '02:00:00:00:00:51'];
const address = '10.9.0.50';
const far = '10.0.0.2';

const table = {
  ...bareTable,
  peers: [
    { site: 'pouta', address: far },
    { site: 'third', address: '10.0.0.3' },
  ],
  own: [{ name: 'knox-1', mac: '02:00:00:00:00:01', addresses: ['10.9.0.1'] }],
};
const known = {
  table,
  fdb: [{ device: 'vxlan', mac: '02:00:00:00:00:02', to: far }],
  neighbours: [{ device: 'bridge', address: '10.9.0.129', mac: '02:00:00:00:00:02' }],
};

const at = (time: { now: number } = { now: 0 }): Registry => new Registry(known, () => time.now);
const told = (registry: Registry, of: string) => toldOf(of, registry.learnt(of), table);
const said = (of: string, by: string, version = 0): Element => ({ of, mac: by, version });

test('a machine on the own port is told with its address, once', () => {
  const registry = at();
  expect(registry.seen(mac, address)).toEqual({ news: [mac, address] });
  expect(registry.seen(mac, address)).toEqual({ news: [] });
  expect([...registry.own.values()]).toEqual([said(mac, mac), said(address, mac)]);
  expect(told(registry, mac).fdb[0]).toBeUndefined();
  expect(told(registry, address)['nft-elements'][0]).toMatchObject({
    set: 'near4',
    element: `${mac} . ${address}`,
  });
});

test('a machine of the file has no addresses but those it has there', () => {
  const registry = at();
  expect(registry.seen('02:00:00:00:00:01', address)).toEqual({ news: [] });
  registry.hear(far, [said(address, '02:00:00:00:00:02')], []);
  expect(registry.holder(address)).toBeUndefined();
  expect(registry.conflicts).toEqual([]);
});

test('one at another gateway is sent to, and answered for', () => {
  const registry = at();
  registry.hear(far, [said(mac, mac), said(address, mac)], []);
  expect(told(registry, mac).fdb[0]).toEqual({ device: 'vxlan', mac, to: far });
  expect(told(registry, address).neighbours[0]).toEqual({ device: 'bridge', address, mac });
  expect(told(registry, address)['nft-elements'][0]).toMatchObject({
    set: 'far4',
    element: `${mac} . ${address}`,
  });
  expect(registry.hear(far, [], [mac, address])).toEqual([mac, address]);
  expect(told(registry, mac).fdb[0]).toBeUndefined();
});

test('one behind a gateway that routes is found behind the address of that, and known by its own', () => {
  const routing = { site: 'pouta', address: far, mac: '02:70:00:00:00:01' };
  const registry = new Registry({ ...known, table: { ...table, peers: [routing] } }, () => 0);
  registry.hear(far, [said(mac, mac), said(address, mac)], []);
  const items = toldOf(address, registry.learnt(address), { ...table, peers: [routing] });
  expect(items.neighbours).toEqual([{ device: 'bridge', address, mac: routing.mac }]);
  expect(items['nft-elements']).toMatchObject([{ element: `${routing.mac} . ${address}` }]);
  expect(toldOf(mac, registry.learnt(mac), { ...table, peers: [routing] }).fdb).toEqual([]);
  expect(registry.seen(mac).claim).toEqual({ of: [mac, address], mac, at: far });
});

test('where the port is routed to, there is a way to who is on it, and an answer for who is not', () => {
  const routed = { ...table, routed: { port: 'eth1', answering: ['eth1', 'bridge'] } };
  const here = toldOf('fd09::5', { at: '', mac }, routed);
  expect(here).toMatchObject({
    routes: [{ prefix: 'fd09::5/128', device: 'eth1', metric: 1024 }],
    neighbours: [{ device: 'eth1', mac }],
    proxies: [{ device: 'bridge' }],
    'nft-elements': [{ family: 'bridge' }, { family: 'inet', set: 'near6' }],
  });
  const there = toldOf(address, { at: far, mac }, routed);
  expect(there).toMatchObject({
    routes: [],
    neighbours: [{ device: 'bridge', mac }],
    proxies: [{ device: 'eth1' }],
  });
});

test('machines are counted once, where they are, by the file or by sight', () => {
  const registry = at();
  expect(registry.machines).toEqual({ here: 1, elsewhere: 1 });
  registry.seen(mac, address);
  registry.seen(mac, '10.9.0.51');
  registry.hear(far, [said(mac, mac), said(other, other), said('10.9.0.52', other)], []);
  registry.hear('10.0.0.3', [said(other, other)], []);
  expect(registry.machines).toEqual({ here: 2, elsewhere: 2 });
});

test('a machine that another gateway has is claimed of it, with all of its addresses, and stays there until then', () => {
  const registry = at();
  registry.hear(far, [said(mac, mac, 3), said(address, mac, 1)], []);
  const claim = { of: [mac, address, '10.9.0.51'], mac, at: far };
  expect(registry.seen(mac, '10.9.0.51')).toEqual({ news: [], claim });
  expect(told(registry, mac).fdb[0]?.to).toBe(far);
  registry.hear(far, [], [mac, address]);
  expect(claim.of.flatMap((of) => registry.takeOver(of, claim))).toEqual(claim.of);
  expect(told(registry, mac).fdb[0]).toBeUndefined();
  expect(told(registry, address)['nft-elements'][0]).toMatchObject({ set: 'near4' });
  expect(claim.of.some((of) => registry.isUnheard(of, far))).toBe(false);
});

test('what a gateway says nothing about goes over to who claimed it, whom the others believe', () => {
  const registry = at();
  registry.hear(far, [said(mac, mac, 3), said(address, mac, 1)], []);
  const { claim } = registry.seen(mac);
  expect(claim?.of.flatMap((of) => registry.takeOver(of, claim))).toEqual([mac, address]);
  expect([...registry.own.values()]).toEqual([said(mac, mac, 4), said(address, mac, 2)]);
  expect(registry.isUnheard(address, far)).toBe(true);
  registry.hear(far, [said(mac, mac, 5)], []);
  expect(registry.own.has(mac)).toBe(false);
  expect(registry.isUnheard(mac, far)).toBe(false);
  expect(told(registry, mac).fdb[0]?.to).toBe(far);
});

test('an address stays with the machine that had it first, at another site than who else wants it', () => {
  const registry = at();
  registry.hear(far, [said(mac, mac), said(address, mac)], []);
  const claim = { of: [address], mac: other, at: far };
  expect(registry.seen(other, address)).toEqual({ news: [other], claim });
  expect(told(registry, address).neighbours[0]?.mac).toBe(mac);
  registry.contested(address, far, '', other);
  const conflict = { of: address, sites: ['pouta', 'knox'], macs: [mac, other] };
  expect(registry.conflicts).toEqual([conflict]);
});

test('an address is not taken over without its machine', () => {
  const registry = at();
  registry.hear(far, [said(mac, mac), said(address, mac)], []);
  expect(registry.takeOver(address, { of: [mac, address], mac, at: far })).toEqual([]);
});

test('of two that saw it at once both agree on one', () => {
  const registry = at();
  registry.seen(mac);
  registry.hear('10.0.0.3', [said(mac, mac)], []);
  expect(registry.holder(mac)?.at).toBe('');
  const there = new Registry({ ...known, table: { ...table, local: '10.0.0.3' } }, () => 0);
  there.seen(mac);
  there.hear('10.0.0.1', [said(mac, mac)], []);
  expect(there.holder(mac)?.at).toBe('10.0.0.1');
});

test('what the file says wins, and whoever says otherwise is reported with both places', () => {
  const registry = at();
  registry.hear(far, [said('10.9.0.1', other), said('02:00:00:00:00:01', '02:00:00:00:00:01')], []);
  expect(registry.holder('10.9.0.1')).toMatchObject({ at: '', mac: '02:00:00:00:00:01' });
  expect(told(registry, '10.9.0.1').neighbours[0]).toBeUndefined();
  expect(registry.conflicts).toMatchObject([
    { of: '10.9.0.1', sites: ['knox', 'pouta'], file: 'machine `knox-1` at site knox' },
    { of: '02:00:00:00:00:01', sites: ['knox', 'pouta'] },
  ]);
});

test('a machine here that takes the address of a member alone is reported with both', () => {
  const member = '02:6d:00:00:00:07';
  const alone = [{ name: 'instrument', address: '10.0.0.9' }];
  const registry = new Registry(
    {
      table: { ...table, alone },
      fdb: [{ device: 'vxlan', mac: member, to: '10.0.0.9' }],
      neighbours: [{ device: 'bridge', address: '10.9.0.9', mac: member }],
    },
    () => 0,
  );
  registry.seen(mac, '10.9.0.9');
  expect(registry.conflicts).toEqual([
    { of: '10.9.0.9', sites: ['instrument', 'knox'], file: 'member `instrument`' },
  ]);
});

test('a machine of another site that is seen here is not believed, and reported', () => {
  const registry = at();
  expect(registry.seen('02:00:00:00:00:02', '10.9.0.129')).toEqual({ news: [] });
  expect(registry.conflicts.map(({ of, sites }) => [of, sites])).toEqual([
    ['02:00:00:00:00:02', ['pouta', 'knox']],
    ['10.9.0.129', ['pouta', 'knox']],
  ]);
});

test('what two places take from each other again and again stays with one for a while, and is reported', () => {
  const time = { now: 0 };
  const registry = at(time);
  let version = 0;
  const takes = (): boolean => {
    const { claim } = registry.seen(mac);
    return claim !== undefined && registry.takeOver(mac, claim).length > 0;
  };
  const loses = (): void => {
    version = (registry.own.get(mac)?.version ?? version) + 1;
    registry.hear(far, [said(mac, mac, version)], []);
  };
  loses();
  const taken = [1, 2, 3, 4].map(() => {
    time.now += 100;
    const did = takes();
    loses();
    return did;
  });
  expect(taken).toEqual([true, true, true, false]);
  expect(registry.conflicts).toEqual([{ of: mac, sites: ['pouta', 'knox'] }]);
  time.now += 61_000;
  expect(registry.conflicts).toEqual([]);
  expect(takes()).toBe(true);
});

test('nonsense is not listened to', () => {
  const registry = at();
  const nonsense = [
    said('10.8.0.1', mac),
    said('ff:ff:ff:ff:ff:ff', 'ff:ff:ff:ff:ff:ff'),
    said(mac, other),
    said('10.9.0.050', mac),
    said(mac, mac, -1),
    said(mac, mac, Number.MAX_SAFE_INTEGER),
  ];
  expect(registry.hear(far, nonsense, ['__proto__'])).toEqual(['__proto__']);
  expect(registry.all.size).toBe(0);
  expect(registry.seen('01:00:5e:00:00:01')).toEqual({ news: [] });
});

test('what a gateway says anew replaces what it said, and a gateway that goes takes it along', () => {
  const registry = at();
  registry.hear(far, [said(mac, mac), said(address, mac)], []);
  expect(registry.hearAll(far, [said(other, other)])).toEqual([mac, address, other]);
  expect([...registry.all]).toEqual([other]);
  registry.follow({ ...known, table: { ...table, peers: [] } });
  expect(registry.all.size).toBe(0);
});

test('of three gateways, the first follows a machine from the second to the third', () => {
  const gateways = ['10.0.0.1', '10.0.0.2', '10.0.0.3'] as const;
  const sites = ['knox', 'pouta', 'third'];
  const all = gateways.map((local, n) => {
    const peers = gateways.flatMap((other, m) =>
      other === local ? [] : [{ site: sites[m] ?? '', address: other }],
    );
    const own = { ...table, local, site: sites[n] ?? '', peers, own: [] };
    return new Registry({ table: own, fdb: [], neighbours: [] }, () => 0);
  });
  /** What one says of its own port, the others hear. */
  const tell = (from: number, del: readonly string[] = []): void => {
    for (const [n, one] of all.entries()) {
      if (n !== from) one.hear(gateways[from] ?? '', [...(all[from]?.own.values() ?? [])], del);
    }
  };
  const [a, b, c] = all as [Registry, Registry, Registry];
  b.seen(mac, address);
  tell(1);
  expect([a, c].map((one) => told(one, mac).fdb[0]?.to)).toEqual(['10.0.0.2', '10.0.0.2']);
  const { claim } = c.seen(mac);
  expect(claim).toEqual({ of: [mac, address], mac, at: '10.0.0.2' });
  const left = [mac, address].flatMap((of) => b.gone(of));
  tell(1, left);
  expect(a.holder(mac)).toBeUndefined();
  for (const of of claim?.of ?? []) if (claim) c.takeOver(of, claim);
  tell(2);
  expect([a, b].map((one) => told(one, mac).fdb[0]?.to)).toEqual(['10.0.0.3', '10.0.0.3']);
  expect(told(a, address).neighbours[0]?.mac).toBe(mac);
  expect(told(c, address)['nft-elements'][0]).toMatchObject({ set: 'near4' });
  // The second is cut off for a while, and says what it said then.
  a.hearAll('10.0.0.2', [said(mac, mac), said(address, mac)]);
  a.hear('10.0.0.3', [said(mac, mac, 1), said(address, mac, 1)], []);
  expect(told(a, mac).fdb[0]?.to).toBe('10.0.0.3');
  expect(all.flatMap(({ conflicts }) => conflicts)).toEqual([]);
});
