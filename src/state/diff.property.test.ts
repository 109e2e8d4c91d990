import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diff } from './diff.ts';
import type { PeerItem, RouteItem } from './items.ts';
import { facilities, idOf } from './items.ts';
import { patch } from './patch.ts';
import { emptyView, putItem, type View, ViewBuilder } from './view.ts';

const prefixes = ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', 'fd00::/64', 'fd00:1::/64'];

/** Every prefix has one holder on an interface at most, as in the kernel. */
const peers = fc
  .record({
    keys: fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'E'), { maxLength: 5 }),
    holders: fc.array(fc.nat(9), { minLength: prefixes.length, maxLength: prefixes.length }),
    endpoint: fc.option(fc.constantFrom('192.0.2.1:1', '192.0.2.2:2'), { nil: undefined }),
    keepalive: fc.constantFrom(0, 25),
  })
  .map(({ keys, holders, endpoint, keepalive }): PeerItem[] =>
    keys.map((publicKey, index) => ({
      interface: 'wg0',
      publicKey,
      keepalive,
      ...(endpoint !== undefined && { endpoint }),
      allowedIps: prefixes.filter((_, n) => holders[n] === index),
    })),
  );

const routes = fc.array(
  fc.record({
    prefix: fc.constantFrom(...prefixes),
    table: fc.constantFrom(254, 1000),
    metric: fc.constantFrom(0, 50),
    device: fc.constantFrom('wg0', 'eth0'),
  }),
);

const elements = fc.array(
  fc.record({
    family: fc.constant('inet'),
    table: fc.constant('t'),
    set: fc.constant('s'),
    element: fc.constantFrom(...prefixes),
    verdict: fc.constantFrom('accept', 'drop'),
  }),
);

const views = fc
  .record({ namespace: fc.constantFrom('root', 'other'), peers, routes, elements })
  .map(({ namespace, ...items }): View => {
    const builder = new ViewBuilder();
    const into = builder.namespace(namespace);
    for (const peer of items.peers) putItem(into, 'peers', peer);
    for (const route of items.routes) putItem(into, 'routes', route satisfies RouteItem);
    for (const element of items.elements) putItem(into, 'nft-elements', element);
    return builder.view;
  });

test('nothing differs from itself', () => {
  fc.assert(
    fc.property(views, (view) => {
      expect(diff(view, view)).toEqual([]);
    }),
  );
});

test('the changes, applied, leave nothing to change', () => {
  fc.assert(
    fc.property(views, views, (a, b) => {
      expect(diff(patch(a, diff(a, b)), b)).toEqual([]);
      expect(diff(b, patch(a, diff(a, b)))).toEqual([]);
    }),
  );
});

test('changes are sorted by namespace, facility and id', () => {
  const position = (facility: string) => String(facilities.findIndex((f) => f === facility));
  fc.assert(
    fc.property(views, views, (a, b) => {
      const keys = diff(a, b).map(
        (c) => `${c.namespace} ${position(c.facility).padStart(2, '0')} ${c.id}`,
      );
      expect(keys).toEqual(keys.toSorted((x, y) => (x < y ? -1 : Number(x > y))));
    }),
  );
});

test('no prefix changes its peer outside a move', () => {
  const holdersOf = (view: View): Map<string, string> =>
    new Map(
      [...view].flatMap(([name, items]) =>
        [...items.peers.values()].flatMap((peer) =>
          peer.allowedIps.map((ip) => [`${name} ${ip}`, idOf.peers(peer)] as const),
        ),
      ),
    );
  fc.assert(
    fc.property(views, views, (a, b) => {
      const changes = diff(a, b);
      const moving = new Set(
        changes.flatMap((c) =>
          c.kind === 'move' ? [...c.before, ...c.after].map(idOf.peers) : [],
        ),
      );
      const after = holdersOf(b);
      for (const [prefix, holder] of holdersOf(a)) {
        const next = after.get(prefix);
        if (next !== undefined && next !== holder) {
          expect(moving).toContain(holder);
          expect(moving).toContain(next);
        }
      }
    }),
  );
});

test('everything is new to an empty machine, and gone from an emptied one', () => {
  fc.assert(
    fc.property(views, (view) => {
      expect(diff(emptyView, view).every(({ kind }) => kind === 'add')).toBe(true);
      expect(diff(view, emptyView).every(({ kind }) => kind === 'remove')).toBe(true);
    }),
  );
});
