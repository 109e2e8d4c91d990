import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { by } from '#base';
import type { HostState } from '#state';
import { machineState, type PeerInit } from '../support/states.ts';
import { until } from '../support/until.ts';
import { connect, TestMachine } from './machine.ts';
import { atEveryWrite, cutAt } from './power-cuts.ts';
import { filterTable, hubState, strangers } from './states.ts';

let hub: TestMachine;
let spoke: TestMachine;
let spokePeer: PeerInit;

beforeAll(async () => {
  [hub, spoke] = [await TestMachine.open(), await TestMachine.open()];
  connect('eth0', [
    [hub, ['192.168.66.4/24', '2001:db8::1/64']],
    [spoke, ['192.168.66.9/24', '2001:db8::9/64']],
  ]);
  const hubKey = hub.store.publicKey('net', 0);
  spokePeer = {
    publicKey: spoke.store.publicKey('net', 0),
    endpoint: '192.168.66.9:51821',
    carries: ['10.0.0.9/32', 'fd00:77::9/128'],
  };
  await hub.apply(wished());
  await spoke.apply(spokeStateOn(51821, hubKey));
  await until('the tunnel works', () => spoke.do('ping -c1 -W1 10.0.0.1'));
});

afterAll(async () => {
  await hub.close();
  await spoke.close();
});

const spokeStateOn = (listenPort: number, hubKey = hub.store.publicKey('net', 0)): HostState =>
  machineState({
    machine: 'spoke',
    network: 'net',
    addresses: ['10.0.0.9/32', 'fd00:77::9/128'],
    peers: {
      hub: {
        publicKey: hubKey,
        endpoint: '192.168.66.4:51820',
        carries: ['10.0.0.0/24', 'fd00:77::/64'],
      },
    },
    tunnel: { listenPort },
  });

/** The hub with the healthy spoke and these others. */
function wished(others: Readonly<Record<string, PeerInit>> = strangers('vpn', 'alice')): HostState {
  const permissive = { ...filterTable(), chains: [] };
  const state = hubState({ spoke: spokePeer, ...others });
  const root = state.namespaces['root'] ?? {};
  const routes = (root.routes?.items ?? []).filter(({ prefix }) => prefix !== '::/0');
  const maps = permissive.maps.filter(({ name }) => name === 'ports-1');
  return {
    ...state,
    namespaces: {
      root: {
        ...root,
        routes: { v: 1, items: routes },
        nft: { v: 1, items: [{ ...permissive, maps, chains: countingChain }] },
      },
    },
  };
}

/** Counts what comes through the tunnel, and lets it pass. */
const countingChain = [
  {
    name: 'input',
    hook: { type: 'filter', hook: 'input', priority: 0, policy: 'accept' },
    rules: [
      {
        match: [{ left: 'iifname', op: '==' as const, right: 'wg0' }],
        counter: 'policy-ssh',
        verdict: 'accept',
      },
    ],
  },
];

/** Packets counted by the rule, and bytes the hub received from the spoke. */
function counters(): { packets: number; bytes: number } {
  const listed = hub.do('nft list counter inet hawser-net policy-ssh');
  const transfer = hub.do('wg show wg0 transfer').split('\n');
  const line = transfer.find((one) => one.startsWith(spokePeer.publicKey ?? ''));
  return {
    packets: Number(/packets (\d+)/.exec(listed)?.[1]),
    bytes: Number(line?.split('\t')[1]),
  };
}

/** Runs while pings go through the tunnel without pause, in both families; tells how many got lost. */
async function lostDuring(work: () => Promise<unknown>): Promise<string[]> {
  const pings = ['10.0.0.1', 'fd00:77::1'].map((address) =>
    spoke.box.start(['ping', '-i', '0.002', '-c', '1000', address]),
  );
  await until('pings go', () => counters().packets > 0);
  await work();
  return until('pings end', () => {
    const losses = pings.map((ping) => /([\d.]+)% packet loss/.exec(ping.output())?.[1]);
    return losses.every((loss) => loss !== undefined) && losses.map(String);
  });
}

/** Writes that change everything about others, one state after the other. */
const others: readonly (readonly [what: string, peers: Record<string, PeerInit>])[] = [
  ['a peer comes', strangers('vpn', 'alice', 'bob')],
  [
    'a peer changes',
    { ...strangers('vpn', 'alice'), bob: { keepalive: 7, carries: ['10.0.3.0/24'] } },
  ],
  [
    'a prefix moves',
    { ...strangers('vpn'), alice: { carries: ['10.0.3.0/24'] }, bob: { carries: ['10.0.1.1/32'] } },
  ],
  [
    'two swap',
    { ...strangers('vpn'), alice: { carries: ['10.0.1.1/32'] }, bob: { carries: ['10.0.3.0/24'] } },
  ],
  ['a peer goes', strangers('vpn', 'alice')],
];

describe('a healthy tunnel loses nothing', () => {
  test.each(others)('while %s', async (_, peers) => {
    const before = counters();
    const lost = await lostDuring(async () => {
      const report = await hub.apply(wished(peers));
      expect(report.failures).toEqual([]);
      expect(report.changes.length).toBeGreaterThan(0);
      expect(report.changes.every(({ id }) => !id.includes(spokePeer.publicKey ?? ''))).toBe(true);
    });
    expect(lost).toEqual(['0', '0']);
    const after = counters();
    expect(after.packets).toBeGreaterThan(before.packets);
    expect(after.bytes).toBeGreaterThan(before.bytes);
  });

  test('while its filter is rewritten, and the counter goes on', async () => {
    const state = wished();
    const table = state.namespaces['root']?.nft?.items[0];
    const [chain] = table?.chains ?? [];
    const extra = {
      match: [{ left: 'ip saddr', op: '==' as const, right: '203.0.113.7' }],
      verdict: 'drop',
    };
    const changed = {
      ...state,
      namespaces: {
        root: {
          ...state.namespaces['root'],
          nft: {
            v: 1 as const,
            items:
              table && chain
                ? [{ ...table, chains: [{ ...chain, rules: [extra, ...chain.rules] }] }]
                : [],
          },
        },
      },
    };
    const before = counters();
    const lost = await lostDuring(() => hub.apply(changed));
    expect(lost).toEqual(['0', '0']);
    expect(counters().packets).toBeGreaterThan(before.packets);
    await hub.apply(wished());
  });

  test('while MTU, routes and rules of its device change', async () => {
    const state = wished();
    const root = state.namespaces['root'] ?? {};
    const items = (root.routes?.items ?? []).map((one) =>
      one.prefix === '10.0.0.0/24' ? { ...one, mtu: 1300 } : one,
    );
    const changed: HostState = {
      ...state,
      namespaces: {
        root: {
          ...root,
          links: { v: 1, items: [{ name: 'wg0', kind: 'wireguard', mtu: 1380 }] },
          routes: { v: 1, items },
        },
      },
    };
    expect(await lostDuring(() => hub.apply(changed))).toEqual(['0', '0']);
    expect(await lostDuring(() => hub.apply(wished()))).toEqual(['0', '0']);
  });
});

describe('an endpoint', () => {
  const endpointAtHub = (): string | undefined =>
    hub
      .do('wg show wg0 endpoints')
      .split('\n')
      .find((line) => line.startsWith(spokePeer.publicKey ?? ''))
      ?.split('\t')[1];

  test('to which a healthy peer roamed is left alone', async () => {
    await spoke.apply(spokeStateOn(40_000));
    await until('the hub hears the spoke elsewhere', () => {
      spoke.do('ping -c1 -W1 10.0.0.1');
      return endpointAtHub() === '192.168.66.9:40000';
    });
    expect(await hub.apply(wished())).toMatchObject({ unchanged: true, writes: 0 });
    expect(endpointAtHub()).toBe('192.168.66.9:40000');
  });

  test('that the state gives anew is set', async () => {
    spokePeer = { ...spokePeer, endpoint: '[2001:db8::9]:40000' };
    const report = await hub.apply(wished());
    expect(report.changes).toMatchObject([
      { kind: 'change', facility: 'peers', impact: 'session' },
    ]);
    expect(endpointAtHub()).toBe('[2001:db8::9]:40000');
    expect(await hub.apply(wished())).toMatchObject({ unchanged: true, writes: 0 });
  });
});

describe('a tunnel that lives in another namespace than its socket', () => {
  const tenant = 'hw-net-tenant';

  /** All of it is there, the filter too; the socket stays. */
  function away(): HostState {
    const state = wished();
    const { root = {} } = state.namespaces;
    const { main } = state.tunnels;
    const inside = {
      links: root.links ?? { v: 1 as const, items: [] },
      addresses: root.addresses ?? { v: 1 as const, items: [] },
      routes: {
        v: 1 as const,
        items: (root.routes?.items ?? []).filter(({ device }) => device === 'wg0'),
      },
      ...(root.nft && { nft: root.nft }),
    };
    return {
      ...state,
      namespaces: { root: {}, [tenant]: inside },
      tunnels: main ? { main: { ...main, livesIn: tenant } } : {},
    };
  }

  /** What no move may take: key, port, whom it knows, when it heard of them, and how much. */
  const held = (): {
    readonly text: string;
    readonly numbers: readonly number[];
    readonly received: number;
  } => {
    const lines = hub
      .do('wg show wg0 dump')
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    const [device = [], ...peers] = [lines[0], ...lines.slice(1).sort(by(([key = '']) => key))];
    return {
      text: [device, ...peers.map(([key, , , prefixes]) => [key, prefixes])].join('\n'),
      numbers: peers.flatMap((peer) => peer.slice(4, 7).map(Number)),
      received: peers.reduce((sum, peer) => sum + Number(peer[5]), 0),
    };
  };
  const hasLost = (before: ReturnType<typeof held>): boolean => {
    const now = held();
    const isLess = now.numbers.some((number, index) => number < (before.numbers[index] ?? 0));
    return now.text !== before.text || isLess;
  };
  const heard = (): number => Number(spoke.do('wg show wg0 transfer').split('\t')[1]);
  const answers = (): string => spoke.do('ping -c1 -W1 10.0.0.1');

  test('moved there and came back without losing a peer, a key or a counter', async () => {
    for (const state of [away(), wished(), away(), wished()]) {
      const before = held();
      const heardBefore = heard();
      const { failures, changes } = await hub.apply(state);
      expect(failures).toEqual([]);
      expect(changes).toContainEqual(
        expect.objectContaining({ facility: 'tunnels', kind: 'change', impact: 'session' }),
      );
      expect(changes.filter(({ facility }) => facility === 'peers')).toEqual([]);
      expect(hasLost(before)).toBe(false);
      await until('it spoke first', () => heard() > heardBefore, 5000);
      expect(await hub.apply(state)).toMatchObject({ unchanged: true, writes: 0 });
      await until('it answers from there', answers);
      expect(held().received).toBeGreaterThan(before.received);
    }
  });

  test('is found again wherever the agent was killed on the way', async () => {
    const { nft: _, ...inside } = away().namespaces[tenant] ?? {};
    const there = { ...away(), namespaces: { root: {}, [tenant]: inside } };
    const back = { ...wished(), namespaces: { root: inside } };
    await hub.apply(back);
    const cuts = await atEveryWrite(async (n) => {
      const [cut] = [await isFound(n, there), await isFound(n, back)];
      return cut;
    });
    expect(cuts).toBeGreaterThan(3);
    await until('it answers', answers);
    await hub.apply(wished());
  });

  /** Whether a power cut came in between on the way to a state, at which nothing was lost. */
  async function isFound(n: number, state: HostState): Promise<boolean> {
    const before = held();
    const cut = await cutAt(n, (wrap) => hub.apply(state, wrap));
    expect(hasLost(before)).toBe(false);
    expect((await hub.apply(state)).failures).toEqual([]);
    expect(hasLost(before)).toBe(false);
    return cut;
  }
});

describe('a key rotated at the other side', () => {
  test('moves its prefixes to the new key at once', async () => {
    const { alice, ...rest } = strangers('vpn', 'alice');
    const renewed = { ...rest, alice: { carries: alice?.carries ?? [], publicKey: spokeKey(7) } };
    const report = await hub.apply(wished(renewed));
    expect(report.changes.map(({ kind }) => kind)).toEqual(['move']);
    expect(report.writes).toBe(2);
    expect(hub.do('wg show wg0 allowed-ips')).not.toContain(alice?.publicKey);
  });
});

const spokeKey = (byte: number): string => Buffer.alloc(32, byte).toString('base64');
