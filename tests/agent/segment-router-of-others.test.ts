import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import {
  applyBoth,
  broadcast,
  flooding,
  keptBy,
  openGateways,
  pouta,
  reaches,
  space,
  statesOf,
} from './segment-world.ts';

/** A segment that floods, where the machine of knox is a router of others. */
const withRouter = flooding
  .replace('subnet: [', 'router: [10.9.0.1, "fd09::1"]\n    subnet: [')
  .replace(
    'pool: [10.9.0.1-10.9.0.1, "fd09::1-fd09::1"]',
    'pool: [10.9.0.3-10.9.0.9, "fd09::3-fd09::9"]',
  );

/** The machine of a gateway advertises itself as a router meanwhile. */
async function whileAdvertising(gateway: TestMachine, act: () => Promise<unknown>): Promise<void> {
  const range = ['--enable-ra', '--dhcp-range=fd09::,ra-only,64', '--leasefile-ro'];
  const options = ['-C', '/dev/null', '-p', '0', '-i', 'eth0', '-x', '/run/advertising', ...range];
  gateway.box.run(['ip', 'netns', 'exec', 'station', 'dnsmasq', ...options]);
  try {
    await act();
  } finally {
    gateway.do(`kill ${gateway.do('cat /run/advertising').trim()}`);
  }
}

suite('a flooding segment with a router of others', {
  needs: ['root', 'netns', 'tun', 'tcpdump'],
}, () => {
  let a: TestMachine;
  let b: TestMachine;

  beforeAll(async () => {
    [a, b] = await openGateways();
    await applyBoth([a, b], statesOf(withRouter, a, b));
    await until('one reaches the other', () => reaches(a, pouta.address), 20_000);
  }, 60_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  test('keeps at home what the router says of itself, and takes only strangers for rogues', async () => {
    const program = ['tcpdump', '-lnni', 'eth0', 'icmp6', 'or', 'udp', 'port', '6767'];
    const heard = b.box.start(['ip', 'netns', 'exec', 'station', ...program]);
    await until('it listens', () => heard.output().includes('listening on'));
    const ways = (): string => a.do(`ip -n ${space} -6 route show table all`);
    const [border, rogues, before] = [keptBy(a), keptBy(a, 'rogue-ra'), ways()];
    await whileAdvertising(a, () => until('it is counted', () => keptBy(a) > border));
    a.box.run(['ip', 'netns', 'exec', 'station', process.execPath, '-e', broadcast(6767)]);
    await until('what is for all crosses', () => heard.output().includes('.6767'));
    expect(heard.output()).not.toContain('router advertisement');
    expect(keptBy(a, 'rogue-ra')).toBe(rogues);
    // The gateway itself is told no way by it.
    expect(ways()).toBe(before);

    const atOther = keptBy(b, 'rogue-ra');
    await whileAdvertising(b, () => until('it is', () => keptBy(b, 'rogue-ra') > atOther));
    expect(keptBy(a, 'rogue-ra')).toBe(rogues);
  });
});
