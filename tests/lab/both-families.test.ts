import { afterAll, beforeAll, expect, test } from 'vitest';
import { datagramOf } from '../agent/frames.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { gateways, macs, places4, places6, Stretched } from './stretched.ts';

const knox = { mac: macs.knox, address: places6.knox[0] };
const epouta = { mac: macs.epouta, address: places6.epouta[0] };

suite('a stretched segment of both families', {
  needs: ['root', 'netns', 'tun', 'tcpdump', 'busybox', 'dhclient'],
}, () => {
  let segment: Stretched;
  const at = (machine: string, script: string): string => segment.at(machine, script);
  const everythingHolds = (): Promise<void> => segment.everythingHolds();
  const connected = (): boolean => segment.connected().every(Boolean);

  beforeAll(() => {
    segment = new Stretched('tests/lab/both-families.yaml', [places4, places6]);
    segment.up();
  });

  afterAll(() => segment?.[Symbol.dispose]());

  test('is what its file says', everythingHolds);

  test('names machines of both sites by IPv6, at the server that is at knox', () => {
    for (const machine of ['knox-1', 'epouta-1', 'instrument']) {
      const ask = (what: string): string => at(machine, `busybox nslookup ${what} fd65::8000`);
      expect(ask('epouta-1.stretched.internal')).toContain(`Address: ${epouta.address}`);
      expect(ask(knox.address)).toContain('name = knox-1.stretched.internal');
    }
  });

  test('lets who is nested in a machine speak with the other site by IPv6, and nobody else in that name', async () => {
    const [nested, lie] = ['fd92::5', 'fd92::6'];
    const ping = (from: string, to: string): string => `ping -nc 1 -W 2 -I ${from} ${to}`;
    at('knox-2', `ip address replace ${nested}/128 dev lo nodad; ${ping(nested, epouta.address)}`);
    at('epouta-1', `ping -nc 1 -W 2 ${nested}`);
    const before = segment.dropped('knox-gw')['spoofed'] ?? 0;
    at('knox-1', `ip address replace ${lie}/128 dev lo nodad; ! ${ping(lie, epouta.address)}`);
    await until('it is counted', () => (segment.dropped('knox-gw')['spoofed'] ?? 0) > before);
  });

  test('has a member alone, which is at home in it by IPv6 as well, and speaks for nobody else', async () => {
    at('instrument', `ping -nc 1 -W 2 ${knox.address}; ping -nc 1 -W 2 ${epouta.address}`);
    at('epouta-1', 'ping -nc 1 -W 2 fd65::2');
    await segment.lieByTunnel(datagramOf(epouta, knox, 7));
  });

  test('goes on without its agents, its DHCP server and its tunnels killed, and with others', async () => {
    for (const gateway of gateways) segment.labs.must('kill', gateway);
    await everythingHolds();
    for (const gateway of gateways) segment.labs.must('start', gateway);
    await until('both speak with the server', connected, 60_000);
    await segment.killDnsmasq();
    for (const gateway of gateways) segment.killIn(gateway, 'wireguard-go');
    await everythingHolds();
  });

  test('needs no server: not when a gateway is started anew, and not when all that runs there is killed', async () => {
    segment.labs.must('kill', 'server');
    for (const gateway of gateways) segment.labs.must('reboot', gateway);
    await everythingHolds();
    await segment.killAll();
    await everythingHolds();
    segment.labs.must('start', 'server');
    await until('both speak with the server', connected, 60_000);
  });
});
