import { expect, test } from 'vitest';
import { byText } from '#base';
import { type HostState, itemsOf, type Namespace } from '#state';
import type { Trial } from './compliance.ts';
import type { ComplianceStates, Fixture } from './compliance-fixture.ts';
import type { Wish } from './contract.ts';
import { emptyWish } from './linux.ts';

const spoilings: readonly (readonly [string, (fixture: Fixture) => void])[] = [
  ['an answer', ({ spoil }) => spoil.proxy('10.9.0.1')],
  ['an IPv6 answer', ({ spoil }) => spoil.proxy('fd09::4')],
  ['a route', ({ spoil }) => spoil.nearRoute('10.9.0.5/32')],
  ['a sysctl', ({ spoil }) => spoil.nearSysctl('net/ipv4/conf/eth1/rp_filter')],
  ['the MAC address of the bridge', ({ spoil }) => spoil.bridgeMac()],
  ['the port', ({ spoil }) => spoil.port('eth1')],
];

/** What every Host does for a segment that is routed to its port, `eth1`, or has a tag there. */
export function segments(trial: () => Trial, { first, second }: ComplianceStates): void {
  routes(trial, second);
  tags(trial, first);
  members(trial, first);
  moves(trial, first);
  additions(trial, first);
  closes(trial, first);
  lacks(trial, first);
  loses(trial, first);
}

/** A port for this tag of `eth1`. */
const portFor = (tag: number): Required<Pick<Namespace, 'vlans'>> => ({
  vlans: { v: 1, items: [{ name: `vlan${tag}`, parent: 'eth1', tag, bridge: 'bridge' }] },
});

const tagged = (state: HostState): HostState => {
  const { 'hw-net-lab': space, ...others } = state.namespaces;
  const lab: Namespace = { ...space, ports: { v: 1, items: [] }, ...portFor(9) };
  return { ...state, namespaces: { ...others, 'hw-net-lab': lab } };
};

/** With a second segment, whose frames have another tag on the same device. */
const twiceTagged = (state: HostState): HostState => {
  const beside: Namespace = { bridges: { v: 1, items: [{ name: 'bridge' }] }, ...portFor(10) };
  const { namespaces, ...rest } = tagged(state);
  return { ...rest, namespaces: { ...namespaces, 'hw-net-beside': beside } };
};

function tags(trial: () => Trial, state: HostState): void {
  /** What could not be done of a wish. */
  const failing = async (wish: Wish): Promise<readonly string[]> => {
    const { observation, changes } = await trial().look(wish);
    const failures = await observation.apply(changes);
    return failures.map(({ change, error }) => `${change.namespace} ${change.id} ${error.code}`);
  };

  test('has a port for a tag of a device that stays, or says that the kernel cannot', async () => {
    const { fixture } = trial();
    const wish = trial().wishFor(tagged(state));
    if (!fixture.hasVlans()) {
      expect(await failing(wish)).toEqual(['hw-net-lab vlan9 host/no-vlan']);
      expect((await trial().look(wish)).changes).toMatchObject([{ facility: 'vlans' }]);
      return;
    }
    await trial().bring(trial().wishFor(state));
    await trial().bring(wish);
    expect(fixture.homeDevices()).toContain('eth1');
    fixture.spoil.vlan('vlan9');
    expect(await trial().bring(wish)).toBeGreaterThan(0);
    await trial().isThere(wish);
    fixture.spoil.vlan('vlan9');
    fixture.spoil.device('eth1');
    expect(await failing(wish)).toContain('hw-net-lab vlan9 host/no-port');
  });

  test('has ports for two tags of one device in two segments, neither of which touches the other’s', async () => {
    const { fixture } = trial();
    const both = trial().wishFor(twiceTagged(state));
    const one = trial().wishFor(tagged(state));
    if (!fixture.hasVlans()) {
      const failures = ['hw-net-beside vlan10 host/no-vlan', 'hw-net-lab vlan9 host/no-vlan'];
      expect([...(await failing(both))].sort(byText)).toEqual(failures);
      return;
    }
    await trial().bring(both);
    await trial().isThere(both);
    fixture.spoil.vlan('vlan9');
    const { changes } = await trial().look(both);
    const gone = changes.map(({ namespace, facility, id }) => `${namespace} ${facility} ${id}`);
    expect(gone).toEqual(['hw-net-lab vlans vlan9']);
    for (const wish of [both, one, both]) {
      await trial().bring(wish);
      await trial().isThere(wish);
    }
    await trial().bring(emptyWish('net'));
    expect(fixture.homeDevices()).toContain('eth1');
    expect(fixture.isUp('eth1')).toBe(true);
  });
}

/** A member alone in the segment of a state: a pair instead of the port, and by its far end a way to these. */
function alone(state: HostState, targets: readonly string[]): HostState {
  const { root = {}, 'hw-net-lab': space } = state.namespaces;
  const ways = targets.map((prefix) => ({ prefix, device: 'vni7', via: '10.9.0.254', table: 254 }));
  const peer = { namespace: 'root', name: 'vni7', addresses: ['10.9.0.9/24'] };
  const far = { ...peer, mac: '02:6d:00:00:00:07', mtu: 1390 };
  const pair = { name: 'member', mac: '02:6e:00:00:00:07', bridge: 'bridge', peer: far };
  return {
    ...state,
    namespaces: {
      root: { ...root, routes: { v: 1, items: [...(root.routes?.items ?? []), ...ways] } },
      'hw-net-lab': {
        ...space,
        ports: { v: 1, items: [] },
        veths: { v: 2, items: [pair] },
      },
    },
  };
}

function members(trial: () => Trial, state: HostState): void {
  test('has the end of a member in a segment, and its ways out over that, and takes them back', async () => {
    const bring = async (...targets: readonly string[]): Promise<number> => {
      const wish = trial().wishFor(alone(state, targets));
      const changes = await trial().bring(wish);
      await trial().isThere(wish);
      return changes;
    };
    const [host, range] = ['198.51.100.7/32', '203.0.113.0/24'];
    await bring(host, range);
    await bring(host);
    await bring();
    await bring(host, range);
    trial().fixture.spoil.device('vni7');
    expect(await bring(host, range)).toBeGreaterThan(0);
    const atSite = trial().wishFor(state);
    await trial().bring(atSite);
    await trial().isThere(atSite);
  });
}

function routes(trial: () => Trial, state: HostState): void {
  test('sees what is gone of a segment that is routed to its port, and puts it back', async () => {
    const wish = trial().wishFor(state);
    await trial().bring(wish);
    for (const [what, spoil] of spoilings) {
      spoil(trial().fixture);
      expect(await trial().bring(wish), what).toBeGreaterThan(0);
      await trial().isThere(wish);
    }
  });

  test('leaves a segment waiting that is routed to a port which is not there', async () => {
    trial().fixture.spoil.device('eth1');
    const { observation, changes } = await trial().look(trial().wishFor(state));
    const failures = await observation.apply(changes);
    const ofPort = failures.filter(({ change }) => change.facility === 'ports');
    expect(ofPort.map(({ error }) => error.code)).toEqual(['host/no-port']);
    const elsewhere = failures.filter(({ change }) => !JSON.stringify(change).includes('eth1'));
    expect(elsewhere).toEqual([]);
  });
}

const theirs = 'qrouter-1';

/** The tunnel of a state, and what lies on it, in a namespace of its own; its socket stays. */
function livingElsewhere(state: HostState, space = 'hw-net-tenant'): HostState {
  const { root = {}, ...others } = state.namespaces;
  const [main] = Object.values(state.tunnels);
  const device = main?.interface ?? '';
  const routes = (root.routes?.items ?? []).filter((one) => one.device === device && !one.source);
  const { links, addresses } = root;
  const external = { external: { v: 1 as const, items: [{ router: 'gw' }] } };
  const moved = { ...main, livesIn: space } as HostState['tunnels'][string];
  return {
    ...state,
    namespaces: {
      ...others,
      root: space === theirs ? {} : { nft: root.nft ?? { v: 1, items: [] } },
      [space]: {
        ...(space === theirs && { ...external, ...(root.nft && { nft: root.nft }) }),
        ...(links && { links }),
        ...(addresses && { addresses }),
        routes: { v: 1, items: routes },
        forwarding: { v: 1, items: [{ device, family: 4 }] },
      },
    },
    tunnels: { main: moved },
  };
}

function moves(trial: () => Trial, state: HostState): void {
  test('gives a tunnel to another namespace, and takes it back, with its peers', async () => {
    const home = trial().wishFor(state);
    const away = trial().wishFor(livingElsewhere(state));
    for (const wish of [away, home, away]) {
      const { changes } = await trial().look(wish);
      await trial().bring(wish);
      await trial().isThere(wish);
      if (wish === home) expect(changes.filter(({ facility }) => facility === 'peers')).toEqual([]);
    }
    expect(await trial().bring(emptyWish('net'))).toBeGreaterThan(0);
    expect(await trial().fixture.host.networks()).toEqual([]);
  });

  test('gives a tunnel to a namespace of others once that is there, and takes it back', async () => {
    const home = trial().wishFor(state);
    const away = trial().wishFor(livingElsewhere(state, theirs));
    await trial().bring(home);
    const { observation, changes } = await trial().look(away);
    const failures = await observation.apply(changes);
    expect(new Set(failures.map(({ error }) => error.code))).toEqual(
      new Set(['host/no-namespace']),
    );
    expect((await trial().look(away)).changes.map(({ facility }) => facility)).not.toContain(
      'peers',
    );
    trial().fixture.foreign.space(theirs);
    for (const wish of [away, home, away]) {
      await trial().bring(wish);
      await trial().isThere(wish);
    }
    expect(await trial().bring(emptyWish('net'))).toBeGreaterThan(0);
    expect(await trial().fixture.host.networks()).toEqual([]);
  });
}

/** The router of a state, in a namespace that others made. */
function inTheirs(state: HostState): HostState {
  const { 'hw-net-gw': own = {}, ...others } = state.namespaces;
  const veths = own.veths?.items.filter(({ peer }) => peer.namespace !== 'root') ?? [];
  const devices = veths.map(({ name }) => name);
  const isOn = ({ device }: { readonly device: unknown }): boolean =>
    typeof device === 'string' && devices.includes(device);
  return {
    ...state,
    namespaces: {
      ...others,
      [theirs]: {
        veths: { v: 1, items: veths },
        addresses: { v: 1, items: own.addresses?.items.filter(isOn) ?? [] },
        forwarding: { v: 1, items: own.forwarding?.items.filter(isOn) ?? [] },
        nft: own.nft ?? { v: 1, items: [] },
        external: { v: 1, items: [{ router: 'gw' }] },
      },
    },
  };
}

function additions(trial: () => Trial, state: HostState): void {
  test('waits for a namespace of others, adds to it, and takes away what it added', async () => {
    const wish = trial().wishFor(inTheirs(state));
    const { observation, changes } = await trial().look(wish);
    const failures = await observation.apply(changes);
    expect(new Set(failures.map(({ error }) => error.code))).toEqual(
      new Set(['host/no-namespace']),
    );
    const left = (await trial().look(wish)).changes;
    expect(new Set(left.map(({ namespace }) => namespace))).toEqual(new Set([theirs]));
    trial().fixture.foreign.space(theirs);
    await trial().bring(wish);
    await trial().isThere(wish);
    const ours = trial().wishFor(state);
    await trial().bring(ours);
    await trial().isThere(ours);
    await trial().bring(wish);
    expect(await trial().bring(emptyWish('net'))).toBeGreaterThan(0);
    expect(await trial().fixture.host.networks()).toEqual([]);
    expect((await trial().look(wish)).changes.map(({ facility }) => facility)).toContain('veths');
  });
}

function closes(trial: () => Trial, state: HostState): void {
  /** What could not be made though the rest was, and what of it is there then. */
  const tryWithout = async (namespace: string) => {
    const { fixture } = trial();
    fixture.forbidFilters(namespace);
    const wish = trial().wishFor(state);
    const { observation, changes } = await trial().look(wish);
    const failures = await observation.apply(changes);
    const { view } = (await trial().look(wish)).observation;
    const refused = failures.filter(({ error }) => error.code === 'host/not-closed');
    const names = refused.map(
      ({ change }) => `${change.namespace} ${change.facility} ${change.id}`,
    );
    fixture.forbidFilters();
    await trial().bring(wish);
    await trial().isThere(wish);
    return { names: names.sort(byText), view };
  };

  test('makes no VXLAN device while the machine cannot set its own filter, and all else of the segment', async () => {
    const { names, view } = await tryWithout('root');
    expect(names).toEqual(['hw-net-lab vxlans vxlan']);
    expect([...itemsOf(view, 'hw-net-lab', 'vxlans')]).toEqual([]);
    for (const facility of ['bridges', 'ports', 'nft-tables', 'neighbours'] as const)
      expect(itemsOf(view, 'hw-net-lab', facility).size, facility).toBeGreaterThan(0);
    expect(itemsOf(view, 'hw-net-gw', 'veths').size).toBe(2);
  });

  test('makes no way into a segment or a router while its own filter cannot be set', async () => {
    const segment = await tryWithout('hw-net-lab');
    expect(segment.names).toEqual(['hw-net-lab vxlans vxlan']);
    expect([...itemsOf(segment.view, 'hw-net-lab', 'vxlans')]).toEqual([]);
    await trial().bring(emptyWish('net'));
    const router = await tryWithout('hw-net-gw');
    expect(router.names).toEqual([
      'hw-net-gw forwarding uplink inet4',
      'hw-net-gw forwarding vni7 inet4',
      'hw-net-gw veths uplink',
      'hw-net-gw veths vni7',
    ]);
    expect([...itemsOf(router.view, 'hw-net-gw', 'veths')]).toEqual([]);
    expect(itemsOf(router.view, 'hw-net-lab', 'vxlans').size).toBe(1);
  });
}

/** What a kernel may lack, what is told of it, and of which namespaces it is then. */
const lacked = [
  { what: 'spaces', code: 'host/no-namespaces', in: ['hw-net-gw', 'hw-net-lab'] },
  { what: 'bridges', code: 'host/no-bridge', in: ['hw-net-lab'] },
  { what: 'vxlans', code: 'host/no-vxlan', in: ['hw-net-lab'] },
  { what: 'veths', code: 'host/no-veth', in: ['hw-net-gw'] },
  { what: 'bridge', code: 'host/no-filter-family', in: ['hw-net-lab'] },
] as const;

function lacks(trial: () => Trial, state: HostState): void {
  test.each(lacked)(
    'tells $code of a kernel that lacks it; what needs it waits, and the rest works',
    async ({ what, code, in: spaces }) => {
      const { fixture } = trial();
      fixture.lack(what);
      const wish = trial().wishFor(state);
      const { observation, changes } = await trial().look(wish);
      const failures = await observation.apply(changes);
      const of = failures.filter(({ error }) => error.code === code);
      expect(new Set(of.map(({ change }) => change.namespace))).toEqual(new Set(spaces));
      const rest = failures.filter(({ error }) => error.code !== code);
      const codes = new Set(rest.map(({ error }) => error.code));
      for (const one of codes) expect(['host/needs-device', 'host/not-closed']).toContain(one);
      expect(failures.filter(({ change }) => change.namespace === 'root')).toEqual([]);
      const again = await trial().look(wish);
      const told = new Set(failures.map(({ change }) => `${change.namespace} ${change.id}`));
      for (const { namespace, id } of again.changes) expect(told).toContain(`${namespace} ${id}`);
      fixture.lack();
      await trial().bring(wish);
      await trial().isThere(wish);
    },
  );
}

/** What others may take away, and how the next look names what is gone. */
const losses = [
  {
    what: 'its bridge',
    take: ({ spoil }: Fixture) => spoil.bridge(),
    gone: 'hw-net-lab bridges bridge',
  },
  {
    what: 'its namespace',
    take: ({ spoil }: Fixture) => spoil.space(),
    gone: 'hw-net-lab spaces hw-net-lab',
  },
  {
    what: 'the end of a pair',
    take: ({ spoil }: Fixture) => spoil.end(),
    gone: 'hw-net-gw veths vni7',
  },
] as const;

function loses(trial: () => Trial, state: HostState): void {
  test.each(losses)(
    'sees that somebody took away $what of a segment, mends it, and touches nothing of others',
    async ({ take, gone }) => {
      const { fixture } = trial();
      const wish = trial().wishFor(state);
      await trial().bring(wish);
      fixture.foreign.space('qrouter-1');
      fixture.foreign.device('theirs');
      fixture.foreign.route('10.44.0.0/16');
      fixture.foreign.table('theirs');
      const before = fixture.foreign.picture();
      expect(before).toContain('theirs');
      take(fixture);
      const { changes } = await trial().look(wish);
      const told = changes.map(({ namespace, facility, id }) => `${namespace} ${facility} ${id}`);
      expect(told).toContain(gone);
      // What lay on a pair that is made anew is seen to be gone by the next look.
      if ((await trial().bring(wish)) > 0) await trial().bring(wish);
      await trial().isThere(wish);
      expect(fixture.foreign.picture()).toBe(before);
      await trial().bring(emptyWish('net'));
      expect(fixture.foreign.picture()).toBe(before);
    },
  );
}
