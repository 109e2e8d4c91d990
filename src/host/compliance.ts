import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { byText } from '#base';
import {
  type Change,
  diff,
  facilities,
  type HostState,
  itemsOf,
  unreachableMetric,
  type View,
  viewOf,
} from '#state';
import type { ComplianceStates, Fixture } from './compliance-fixture.ts';
import type { Observation, Wish } from './contract.ts';
import type { Device } from './devices.ts';
import { emptyWish } from './linux.ts';
import { networkOf } from './mark.ts';
import { segments } from './segment-compliance.ts';

const eth0 = (wanted: { readonly holding: string } | { readonly towards: string }): string =>
  'holding' in wanted && wanted.holding !== '192.168.66.4' ? '(nobody)' : 'eth0';

/** A fixture, and what all tests do with it. */
export class Trial {
  readonly fixture: Fixture;

  constructor(fixture: Fixture) {
    this.fixture = fixture;
  }

  wishFor(state: HostState): Wish {
    const { publicKey, keyFile } = this.fixture;
    return {
      network: state.network,
      view: viewOf(state, { device: eth0, publicKey: () => publicKey, splitsDns: false }),
      keyFile: () => keyFile,
      secret: () => undefined,
      endpoints: new Map(),
    };
  }

  async look(wish: Wish): Promise<{ observation: Observation; changes: Change[] }> {
    const { host } = this.fixture;
    const devices = await host.devices(['root', ...wish.view.keys(), ...(await host.spaces())]);
    const observation = await host.observe(wish, devices);
    return { observation, changes: diff(observation.view, wish.view) };
  }

  /** Makes what differs, without a failure; gives how many changes that took. */
  async bring(wish: Wish): Promise<number> {
    const { observation, changes } = await this.look(wish);
    expect(await observation.collisions(changes)).toEqual([]);
    expect(await observation.apply(changes)).toEqual([]);
    return changes.length;
  }

  /** The wish and nothing but the wish is there, and looking wrote nothing. */
  async isThere(wish: Wish): Promise<void> {
    const writes = this.fixture.host.writes();
    const { observation, changes } = await this.look(wish);
    expect(changes).toEqual([]);
    expect(keysOf(observation.view)).toEqual(keysOf(wish.view));
    expect(this.fixture.host.writes()).toBe(writes);
  }
}

const forwards = 'net/ipv4/conf/eth0/forwarding';

/** What every Host does, whether real or fake. */
export function hostCompliance(
  name: string,
  open: () => Promise<Fixture>,
  states: ComplianceStates,
): void {
  describe(`a ${name} host`, () => {
    let trial: Trial;
    beforeEach(async () => {
      trial = new Trial(await open());
    });
    afterEach(() => trial.fixture.close());

    reaches(() => trial, states);
    repairs(() => trial, states);
    shares(() => trial, states);
    adopts(() => trial, states);
    refuses(() => trial, states);
    segments(() => trial, states);
  });
}

function reaches(trial: () => Trial, { first, second }: ComplianceStates): void {
  test('makes an empty machine what is wished, and looking writes nothing', async () => {
    const wish = trial().wishFor(first);
    await trial().bring(wish);
    await trial().isThere(wish);
  });

  test('goes from any state to any other', async () => {
    for (const state of [first, second, first, second]) {
      await trial().bring(trial().wishFor(state));
      await trial().isThere(trial().wishFor(state));
    }
  });

  test('takes everything away again, and sysctls and /etc/hosts are what they were', async () => {
    const { fixture } = trial();
    const [before, hosts] = [fixture.sysctl(forwards), fixture.hosts()];
    const devices = fixture.homeDevices();
    expect(devices).toContain('eth1');
    await trial().bring(trial().wishFor(first));
    expect(fixture.sysctl(forwards)).toBe('1');
    expect(await fixture.host.networks()).toEqual(['net']);
    expect(fixture.homeDevices()).not.toContain('eth1');
    await trial().bring(emptyWish('net'));
    await trial().isThere(emptyWish('net'));
    expect(fixture.sysctl(forwards)).toBe(before);
    expect(fixture.hosts()).toBe(hosts);
    expect(fixture.homeDevices()).toEqual(devices);
    expect(fixture.isUp('eth1')).toBe(true);
    expect(await fixture.host.spaces()).toEqual([]);
    expect(await fixture.host.networks()).toEqual([]);
  });
}

function repairs(trial: () => Trial, { first }: ComplianceStates): void {
  const metric = unreachableMetric('net');
  const spoilings: readonly (readonly [string, (fixture: Fixture) => void])[] = [
    ['a device', ({ spoil }) => spoil.device('wg0')],
    ['an address', ({ spoil }) => spoil.address('wg0', '10.0.0.1/32')],
    ['an IPv6 address', ({ spoil }) => spoil.address('wg0', 'fd00:77::1/128')],
    ['a route', ({ spoil }) => spoil.route('10.0.0.0/24')],
    ['an IPv6 route', ({ spoil }) => spoil.route('fd00:77::/64')],
    ['an unreachable route', ({ spoil }) => spoil.unreachable('10.0.0.0/16', metric)],
    ['an unreachable IPv6 route', ({ spoil }) => spoil.unreachable('fd00:77::/64', metric)],
    ['a peer', ({ spoil }) => spoil.peer('wg0', firstPeer(first))],
    ['a table', ({ spoil }) => spoil.table('hawser-net')],
    ['an element', ({ spoil }) => spoil.element('hawser-net', 'net4', '10.0.0.0/24')],
    ['a name', ({ spoil }) => spoil.name('10.0.0.2')],
    ['a resolver', ({ spoil }) => spoil.resolver()],
    ['a VXLAN device', ({ spoil }) => spoil.vxlan()],
    ['an entry of the fdb', ({ spoil }) => spoil.fdb('02:00:00:00:00:02')],
    ['a neighbour', ({ spoil }) => spoil.neighbour('10.9.0.2')],
    ['an IPv6 neighbour', ({ spoil }) => spoil.neighbour('fd09::1')],
    ['a port', ({ spoil }) => spoil.port('eth1')],
    ['a pair that leads out', ({ spoil }) => spoil.pair('uplink')],
    ['a pair that leads to a bridge', ({ spoil }) => spoil.pair('vni7')],
    ['a DHCP server', ({ spoil }) => spoil.dhcp()],
  ];

  test.each(spoilings)('sees that %s is gone, and puts it back', async (_, spoil) => {
    const wish = trial().wishFor(first);
    await trial().bring(wish);
    spoil(trial().fixture);
    expect(await trial().bring(wish)).toBeGreaterThan(0);
    await trial().isThere(wish);
  });

  test('keeps its unreachable routes while a device is gone', async () => {
    const wish = trial().wishFor(first);
    await trial().bring(wish);
    trial().fixture.spoil.device('wg0');
    const { observation } = await trial().look(wish);
    const routes = [...itemsOf(observation.view, 'root', 'routes').values()];
    expect(routes.filter(({ device }) => device === 'wg0')).toEqual([]);
    const unreachable = routes.filter(({ type }) => type === 'unreachable');
    expect(unreachable.map(({ prefix }) => prefix).sort(byText)).toEqual([
      '10.0.0.0/16',
      '192.168.77.0/24',
      'fd00:77::/64',
    ]);
  });
}

function shares(trial: () => Trial, states: ComplianceStates): void {
  test('leaves the other network alone', async () => {
    const other = trial().wishFor(states.other);
    await trial().bring(other);
    await trial().bring(trial().wishFor(states.first));
    await trial().isThere(other);
    await trial().bring(emptyWish('net'));
    await trial().isThere(other);
  });

  /** Who comes and who goes, in this order. */
  const comings = [
    ['+net', '+other', '-net', '-other'],
    ['+net', '+other', '-other', '-net'],
    ['+net', '+other', '-net', '+net', '-net', '-other'],
    ['+net', '+other', '-net', '+net', '-other', '-net'],
  ] as const;

  test.each(comings.map((order) => ({ order })))(
    'keeps a sysctl as long as one network needs it, and the last one restores it: $order',
    async ({ order }) => {
      const { fixture } = trial();
      const before = fixture.sysctl(forwards);
      const wishes = { net: states.first, other: states.other };
      for (const [index, step] of order.entries()) {
        expect(fixture.sysctl(forwards)).toBe(index === 0 ? before : '1');
        const name = step.slice(1) as keyof typeof wishes;
        await trial().bring(step.startsWith('+') ? trial().wishFor(wishes[name]) : emptyWish(name));
      }
      expect(fixture.sysctl(forwards)).toBe(before);
    },
  );
}

function adopts(trial: () => Trial, { first }: ComplianceStates): void {
  const device = async (): Promise<Device> => {
    const found = (await trial().fixture.host.devices(['root'])).get('root')?.get('wg0');
    if (!found) throw new Error('there is no wg0');
    return found;
  };

  test('tells of a tunnel as it is, and of no other device', async () => {
    await trial().bring(trial().wishFor(first));
    const { host } = trial().fixture;
    const found = await host.existing(await device());
    expect(found?.tunnel).toMatchObject({ interface: 'wg0', listenPort: 51_820 });
    expect(found?.peers.map(({ publicKey }) => publicKey)).toContain(firstPeer(first));
    expect(found?.addresses).toContain('10.0.0.1/32');
    const lan = (await host.devices(['root'])).get('root')?.get('eth0');
    expect(lan && (await host.existing(lan))).toBeUndefined();
  });

  test('takes a tunnel of others over by its mark alone, and gives it back the same', async () => {
    const { host } = trial().fixture;
    const wish = trial().wishFor(first);
    await trial().bring(wish);
    // From here on it is somebody else's, as if Hawser had never been there.
    await host.release('net', await device());
    await trial().bring(emptyWish('net'));
    expect(networkOf((await device()).alias)).toBeUndefined();
    const found = await host.existing(await device());

    const writes = host.writes();
    await host.adopt('net', await device());
    expect(host.writes()).toBe(writes + 1);
    await trial().bring(wish);
    await trial().isThere(wish);
    await trial().bring(emptyWish('net'));
    expect(await host.networks()).toEqual([]);
    expect(await host.existing(await device())).toEqual(found);
  });
}

/** A route through a device that is not there. */
const oddRoute: Change = {
  namespace: 'root',
  facility: 'routes',
  id: '10.44.0.0/16 table 254 metric 0',
  kind: 'add',
  after: { prefix: '10.44.0.0/16', table: 254, metric: 0, device: 'nowhere' },
  impact: 'none',
  why: 'not there',
};

function refuses(trial: () => Trial, { first }: ComplianceStates): void {
  const collisions: readonly (readonly [string, (fixture: Fixture) => void])[] = [
    ['host/interface-taken', ({ foreign }) => foreign.device('wg0')],
    ['host/port-taken', ({ foreign }) => foreign.port(51_820)],
    ['host/route-taken', ({ foreign }) => foreign.route('10.0.5.0/24')],
    ['host/table-taken', ({ foreign }) => foreign.table('hawser-net')],
    ['host/interface-taken', ({ foreign }) => foreign.device('out-gw')],
    ['host/namespace-taken', ({ foreign }) => foreign.space('hw-net-lab')],
    ['host/vxlan-taken', ({ foreign }) => foreign.vxlan(9, 14_789)],
    ['host/vxlan-taken', ({ foreign }) => foreign.vxlan(7, 14_790)],
  ];

  test.each(collisions)('tells %s before it writes anything', async (code, put) => {
    const { fixture } = trial();
    put(fixture);
    const writes = fixture.host.writes();
    const { observation, changes } = await trial().look(trial().wishFor(first));
    const found = await observation.collisions(changes);
    expect(found.map((one) => one.code)).toEqual([code]);
    expect(fixture.host.writes()).toBe(writes);
  });

  test('says of a kernel without nftables that it has none, and goes on as soon as it has', async () => {
    const { fixture } = trial();
    const wish = trial().wishFor(first);
    const writes = fixture.host.writes();
    fixture.lack('nftables');
    await expect(trial().look(wish)).rejects.toMatchObject({ code: 'host/no-nftables' });
    expect(fixture.host.writes()).toBe(writes);
    fixture.lack();
    await trial().bring(wish);
    fixture.lack('nftables');
    await expect(trial().look(emptyWish('net'))).rejects.toMatchObject({
      code: 'host/no-nftables',
    });
    fixture.lack();
    await trial().isThere(wish);
  });

  test('leaves a segment waiting whose port is not there, and does the rest', async () => {
    const { fixture } = trial();
    fixture.spoil.device('eth1');
    const wish = trial().wishFor(first);
    const { observation, changes } = await trial().look(wish);
    const failures = await observation.apply(changes);
    expect(failures.map(({ change, error }) => `${change.id} ${error.code}`)).toEqual([
      'eth1 host/no-port',
    ]);
    const again = await trial().look(wish);
    expect(again.changes.map(({ facility }) => facility)).toEqual(['ports']);
  });

  test('keeps a namespace whose port cannot go home, and gives it back as soon as it can', async () => {
    const { fixture } = trial();
    const before = fixture.homeDevices();
    await trial().bring(trial().wishFor(first));
    fixture.foreign.device('eth1');
    const { observation, changes } = await trial().look(emptyWish('net'));
    const failures = await observation.apply(changes);
    expect(failures.map(({ error }) => error.code)).toEqual([
      'host/command-failed',
      'host/port-inside',
    ]);
    fixture.spoil.device('eth1');
    await trial().bring(emptyWish('net'));
    expect([...fixture.homeDevices()].sort(byText)).toEqual([...before].sort(byText));
    expect(await fixture.host.spaces()).toEqual([]);
    expect(await fixture.host.networks()).toEqual([]);
  });

  test('does what it can when something fails, and tells what did not work', async () => {
    const wish = trial().wishFor(first);
    const { observation, changes } = await trial().look(wish);
    const failures = await observation.apply([...changes, oddRoute]);
    expect(failures.map(({ change }) => change)).toEqual([oddRoute]);
    await trial().isThere(wish);
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
