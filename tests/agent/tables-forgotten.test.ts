import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { become, type Gateway, openWorld, proxied, space } from './tables-world.ts';

/** A machine at pouta, and how the kernel of its gateway comes to forget that it heard it. */
interface Mortal {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly mac: string;
  readonly age: () => void;
  readonly isHeard: () => boolean;
}

/** Nobody else is on the ports, who might be forgotten meanwhile: what is counted is the machine alone, besides those of the file. */
suite('a machine that falls silent in a segment', { needs: ['root', 'netns', 'tun'] }, () => {
  let a: Gateway;
  let b: Gateway;

  beforeAll(async () => {
    [a, b] = await openWorld();
    await filesReach();
  }, 90_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  const filesReach = (): Promise<unknown> =>
    until(
      'the machines of the file reach each other',
      () => a.reaches('knox-1', '10.9.0.129') && b.reaches('pouta-1', '10.9.0.1'),
      30_000,
    );

  const tables = [
    'bridge fdb show',
    'ip neigh show nud permanent',
    'ip neigh show proxy',
    'ip route',
    'ip -6 route',
  ];
  const kept = (): string =>
    [a, b].flatMap((one) => tables.map((line) => one.inside(space, line))).join('\n');

  /** Besides the one of the file, at the gateway of pouta and at the other. */
  const areCounted = (more: number): Promise<unknown> => {
    const wanted = { here: 1 + more, elsewhere: 1 + more };
    return until(
      `status tells of ${more} more than are in the file`,
      () => b.known()?.here === wanted.here && a.known()?.elsewhere === wanted.elsewhere,
    );
  };

  /** Nothing is left of it at both gateways; but while it answers when asked for, it stays. */
  async function isForgotten({ name, addresses, mac, age, isHeard }: Mortal): Promise<void> {
    const isReached = (): boolean => addresses.every((one) => a.reaches('knox-1', one, 0.3));
    const comes = async (): Promise<void> => {
      b.plugIn(name, addresses, mac);
      for (const one of addresses) b.reaches(name, one.includes(':') ? 'fd09::129' : '10.9.0.129');
      await until('the other site reaches it', isReached);
      await areCounted(1);
    };
    await areCounted(0);
    await comes();

    age();
    await until('it answers when it is asked for', isHeard);
    expect(isReached()).toBe(true);

    b.unplug(name);
    age();
    const marks = [mac, ...addresses];
    await until('nothing is left of it', () => marks.every((one) => !kept().includes(one)), 15_000);
    await areCounted(0);
    await comes();
    b.unplug(name);
  }

  test('without an heir is forgotten by both gateways, and its next word brings it back', async () => {
    const mac = '02:00:00:00:00:90';
    await isForgotten({
      ...{ name: 'mortal', addresses: ['10.9.0.190', 'fd09::190'], mac },
      // As after five minutes of silence.
      age: () => void b.inside(space, `bridge fdb del ${mac} dev eth1 master`),
      isHeard: () => b.inside(space, 'bridge fdb show dev eth1').includes(mac),
    });
  });

  test('is so where the port is routed to, too', async () => {
    await become(proxied, a, b);
    await filesReach();
    const [addresses, mac] = [['10.9.0.195', 'fd09::195'], '02:00:00:00:00:95'];
    const heard = ['heard', 'heard6'] as const;
    const monitors = (): readonly string[] =>
      b.do('pgrep -f ^nft.monitor.trace').trim().split('\n');
    await isForgotten({
      ...{ name: 'hermit', addresses, mac },
      // As after ten minutes of silence, and when the agent next looks at the whole port: once a minute, and when a monitor of it died.
      age: () => {
        for (const [index, set] of heard.entries()) {
          const element = `{ ${mac} . ${addresses[index]} }`;
          b.inside(space, `nft delete element netdev hawser-sight ${set} ${element}`);
        }
        for (const pid of monitors()) b.do(`kill -KILL ${pid}`);
      },
      isHeard: () =>
        heard.every((set) =>
          b.inside(space, `nft list set netdev hawser-sight ${set}`).includes(mac),
        ),
    });
  });
});
