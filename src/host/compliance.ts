import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { byText } from '#base';
import { type Change, diff, facilities, type HostState, type View, viewOf } from '#state';
import type { Failure, Host, Wish } from './contract.ts';
import { emptyWish } from './linux.ts';

/** A machine under test: a host, and hands to spoil what it made and to put foreign things there. */
export interface Fixture {
  readonly host: Host;
  /** What the machine itself adds to a view: key files. */
  readonly keyFile: string;
  /** The public key of that file's key. */
  readonly publicKey: string;
  sysctl(path: string): string;
  readonly spoil: {
    device(name: string): void;
    address(device: string, address: string): void;
    route(prefix: string): void;
    peer(device: string, publicKey: string): void;
    table(name: string): void;
    element(table: string, set: string, element: string): void;
  };
  /** Foreign things; `eth0` with 192.168.66.4/24 is there from the beginning. */
  readonly foreign: {
    device(name: string): void;
    route(prefix: string): void;
    table(name: string): void;
    port(port: number): void;
  };
  close(): Promise<void>;
}

export interface ComplianceStates {
  /** Two states of the network `net` that differ in everything, with `wg0`, `eth0` and `hawser-net`. */
  readonly first: HostState;
  readonly second: HostState;
  /** Another network on the same machine: `other`, `wg1`. */
  readonly other: HostState;
}

const eth0 = (wanted: { readonly holding: string } | { readonly towards: string }): string =>
  'holding' in wanted && wanted.holding !== '192.168.66.4' ? '(nobody)' : 'eth0';

/** What every Host does, whether real or fake. */
export function hostCompliance(
  name: string,
  open: () => Promise<Fixture>,
  states: ComplianceStates,
): void {
  describe(`a ${name} host`, () => {
    let fixture: Fixture;

    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    const wishFor = (state: HostState): Wish => ({
      network: state.network,
      view: viewOf(state, { device: eth0, publicKey: () => fixture.publicKey }),
      keyFile: () => fixture.keyFile,
      secret: () => undefined,
      endpoints: new Map(),
    });

    async function look(wish: Wish) {
      const devices = await fixture.host.devices(['root']);
      const observation = await fixture.host.observe(wish, devices);
      return { observation, changes: diff(observation.view, wish.view) };
    }

    async function bring(wish: Wish): Promise<{ changes: Change[]; failures: readonly Failure[] }> {
      const { observation, changes } = await look(wish);
      expect(await observation.collisions(changes)).toEqual([]);
      return { changes, failures: await observation.apply(changes) };
    }

    async function isThere(wish: Wish): Promise<void> {
      const writes = fixture.host.writes();
      const { observation, changes } = await look(wish);
      expect(changes).toEqual([]);
      expect(keysOf(observation.view)).toEqual(keysOf(wish.view));
      expect(fixture.host.writes()).toBe(writes);
    }

    test('makes an empty machine what is wished, and looking writes nothing', async () => {
      expect((await bring(wishFor(states.first))).failures).toEqual([]);
      await isThere(wishFor(states.first));
    });

    test('goes from any state to any other', async () => {
      const walk = [states.first, states.second, states.first, states.second];
      for (const state of walk) {
        expect((await bring(wishFor(state))).failures).toEqual([]);
        await isThere(wishFor(state));
      }
    });

    test('takes everything away again, and sysctls are what they were', async () => {
      const path = 'net/ipv4/conf/eth0/forwarding';
      const before = fixture.sysctl(path);
      await bring(wishFor(states.first));
      expect(fixture.sysctl(path)).toBe('1');
      expect(await fixture.host.networks()).toEqual(['net']);
      expect((await bring(emptyWish('net'))).failures).toEqual([]);
      await isThere(emptyWish('net'));
      expect(fixture.sysctl(path)).toBe(before);
      expect(await fixture.host.networks()).toEqual([]);
    });

    const spoilings: readonly (readonly [string, (fixture: Fixture) => void])[] = [
      ['a device', ({ spoil }) => spoil.device('wg0')],
      ['an address', ({ spoil }) => spoil.address('wg0', '10.0.0.1/32')],
      ['an IPv6 address', ({ spoil }) => spoil.address('wg0', 'fd00:77::1/128')],
      ['a route', ({ spoil }) => spoil.route('10.0.0.0/24')],
      ['an IPv6 route', ({ spoil }) => spoil.route('fd00:77::/64')],
      ['a peer', ({ spoil }) => spoil.peer('wg0', firstPeer(states.first))],
      ['a table', ({ spoil }) => spoil.table('hawser-net')],
      ['an element', ({ spoil }) => spoil.element('hawser-net', 'net4', '10.0.0.0/24')],
    ];

    test.each(spoilings)('sees that %s is gone, and puts it back', async (_, spoil) => {
      const wish = wishFor(states.first);
      await bring(wish);
      spoil(fixture);
      const { changes, failures } = await bring(wish);
      expect(failures).toEqual([]);
      expect(changes.length).toBeGreaterThan(0);
      await isThere(wish);
    });

    test('leaves the other network alone', async () => {
      const other = wishFor(states.other);
      await bring(other);
      await bring(wishFor(states.first));
      await isThere(other);
      await bring(emptyWish('net'));
      await isThere(other);
    });

    test('keeps a sysctl that the other network needs, and the last one restores it', async () => {
      const path = 'net/ipv4/conf/eth0/forwarding';
      const before = fixture.sysctl(path);
      await bring(wishFor(states.first));
      await bring(wishFor(states.other));
      await bring(emptyWish('net'));
      expect(fixture.sysctl(path)).toBe('1');
      await bring(emptyWish('other'));
      expect(fixture.sysctl(path)).toBe(before);
    });

    const collisions: readonly (readonly [string, (fixture: Fixture) => void])[] = [
      ['host/interface-taken', ({ foreign }) => foreign.device('wg0')],
      ['host/port-taken', ({ foreign }) => foreign.port(51_820)],
      ['host/route-taken', ({ foreign }) => foreign.route('10.0.5.0/24')],
      ['host/table-taken', ({ foreign }) => foreign.table('hawser-net')],
    ];

    test.each(collisions)('tells %s before it writes anything', async (code, put) => {
      put(fixture);
      const writes = fixture.host.writes();
      const { observation, changes } = await look(wishFor(states.first));
      const found = await observation.collisions(changes);
      expect(found.map((one) => one.code)).toEqual([code]);
      expect(fixture.host.writes()).toBe(writes);
    });

    test('does what it can when something fails, and tells what did not work', async () => {
      const wish = wishFor(states.first);
      const { observation, changes } = await look(wish);
      const odd: Change = {
        namespace: 'root',
        facility: 'routes',
        id: '10.44.0.0/16 table 254 metric 0',
        kind: 'add',
        after: { prefix: '10.44.0.0/16', table: 254, metric: 0, device: 'nowhere' },
        impact: 'none',
        why: 'not there',
      };
      const failures = await observation.apply([...changes, odd]);
      expect(failures.map(({ change }) => change.id)).toEqual([odd.id]);
      await isThere(wish);
    });
  });
}

const firstPeer = (state: HostState): string => {
  const [tunnel] = Object.values(state.tunnels);
  const [peer] = Object.values(tunnel?.peers ?? {});
  return peer?.publicKey ?? '';
};

/** All that a view holds, by facility and id. */
const keysOf = (view: View): readonly string[] =>
  [...view.values()]
    .flatMap((items) =>
      facilities.flatMap((facility) =>
        [...items[facility].keys()].map((id) => `${facility} ${id}`),
      ),
    )
    .sort(byText);
