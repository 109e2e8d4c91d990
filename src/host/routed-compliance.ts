import { expect, test } from 'vitest';
import type { HostState } from '#state';
import type { Fixture, Trial } from './compliance.ts';

const spoilings: readonly (readonly [string, (fixture: Fixture) => void])[] = [
  ['an answer', ({ spoil }) => spoil.proxy('10.9.0.1')],
  ['an IPv6 answer', ({ spoil }) => spoil.proxy('fd09::4')],
  ['a route', ({ spoil }) => spoil.nearRoute('10.9.0.5/32')],
  ['a sysctl', ({ spoil }) => spoil.nearSysctl('net/ipv4/conf/eth1/rp_filter')],
  ['the MAC address of the bridge', ({ spoil }) => spoil.bridgeMac()],
  ['the port', ({ spoil }) => spoil.port('eth1')],
];

/** What every Host does for a segment that is routed to its port, `eth1`. */
export function routes(trial: () => Trial, state: HostState): void {
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
