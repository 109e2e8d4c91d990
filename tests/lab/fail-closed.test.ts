import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { Labs } from './labs.ts';

/** Two sites with one gateway and one host each, and a lone machine that an agent keeps; IPv4 and IPv6. */
const sites = `
version: 1
network: closed
overlay: [10.0.0.0/24, "fd00:1::/64"]
defaults: { interface: wg0 }
sites:
  north:
    subnets: [10.1.0.0/24, "fd00:11::/64"]
    gateways: { gw-north: { endpoint: 203.0.113.1:51820, address: [10.1.0.4, "fd00:11::4"] } }
    hosts: { north-1: { address: [10.1.0.11, "fd00:11::11"], routes: agent } }
  south:
    subnets: [10.2.0.0/24, "fd00:22::/64"]
    gateways: { gw-south: { endpoint: 203.0.113.2:51820, address: [10.2.0.4, "fd00:22::4"] } }
    hosts: { south-1: { address: [10.2.0.11, "fd00:22::11"], routes: agent } }
members:
  lone: { hub: south }
`;

const southern = ['10.2.0.11', 'fd00:22::11'];

/**
 * Counts what a machine sends out of its device towards the network's addresses, beside WireGuard's own
 * packets and what goes to machines of its site.
 */
const watch = `
table inet watch {
  counter clear {}
  chain out {
    type filter hook postrouting priority 300;
    oifname eth0 ip daddr { 10.0.0.0/24, 10.2.0.0/24 } counter name clear
    oifname eth0 ip6 daddr { fd00:1::/64, fd00:22::/64 } counter name clear
  }
}`;

suite('while the device of a tunnel is gone', { needs: ['netns', 'tun'] }, () => {
  test('what is to pass it is refused, and not sent in the clear', () => {
    using labs = new Labs();
    labs.must('up', labs.file('closed.yaml', sites), '--no-proof', '--direct');
    const rules = labs.file('watch.nft', watch);
    const pings = (from: string, to: string) =>
      labs.on(from, 'ping', '-n', '-c', '1', '-W', '5', to);
    const sentClear = (machine: string): string =>
      /packets (\d+)/.exec(
        labs.on(machine, 'nft', 'list', 'counter', 'inet', 'watch', 'clear').out,
      )?.[1] ?? '';
    const from = { 'gw-north': 'north-1', lone: 'lone' } as const;

    for (const [machine, sender] of Object.entries(from)) {
      expect(labs.on(machine, 'nft', '-f', rules).code).toBe(0);
      for (const to of southern) expect(pings(sender, to).code).toBe(0);
      labs.on(machine, 'ip', 'link', 'del', 'wg0');
      for (const to of southern) {
        const { code, out, err } = pings(sender, to);
        expect(code).not.toBe(0);
        expect(`${out}${err}`).toMatch(/Unreachable|No route to host|unreachable/);
      }
      expect(sentClear(machine)).toBe('0');
    }

    // Without these routes the same packets do leave in the clear: the counter can count.
    for (const family of ['-4', '-6']) {
      labs.on('gw-north', 'ip', family, 'route', 'flush', 'proto', '143', 'type', 'unreachable');
    }
    for (const to of southern) pings('north-1', to);
    expect(Number(sentClear('gw-north'))).toBeGreaterThan(1);

    for (const machine of ['gw-north', 'lone']) labs.must('reconcile', machine);
    expect(labs.proof('prove').mismatches).toEqual([]);
  });
});
