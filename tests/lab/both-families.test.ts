import { afterAll, beforeAll, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { gateways, places4, places6, Stretched } from './stretched.ts';

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

  test('has a member alone, which is at home in it by IPv6 as well', () => {
    at('instrument', `ping -nc 1 -W 2 ${places6.knox[0]}; ping -nc 1 -W 2 ${places6.epouta[0]}`);
    at('epouta-1', 'ping -nc 1 -W 2 fd65::2');
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
