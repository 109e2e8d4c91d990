import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NetworkStatus } from '#api';
import { ipLies, type Speaker } from '../agent/frames.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { Guest } from './guest.ts';
import { cloudServer, gateways, macs, places4, Stretched, space } from './stretched.ts';

const knox: Speaker = { mac: macs.knox, address: places4.knox[0] };
const epouta: Speaker = { mac: macs.epouta, address: places4.epouta[0] };

suite('the stretched segment of the examples', {
  needs: ['root', 'netns', 'tun', 'tcpdump', 'busybox'],
}, () => {
  let segment: Stretched;
  const at = (machine: string, script: string): string => segment.at(machine, script);
  const everythingHolds = (): Promise<void> => segment.everythingHolds();
  const connected = (): boolean => segment.connected().every(Boolean);

  /** A machine that no file names is known by its lease, and so after what happens then. */
  async function guestComes(happens: () => void): Promise<void> {
    using guest = new Guest(segment);
    await guest.arrives();
    happens();
    await guest.isReached();
  }

  beforeAll(() => {
    segment = new Stretched('examples/stretched.yaml', [places4]);
    segment.up();
  });

  afterAll(() => segment?.[Symbol.dispose]());

  test('is what its file says', everythingHolds);

  test('has machines at knox to which the server there gave their addresses, and what fits', async () => {
    const leases = at('knox-gw', `cat /var/lib/hawser/leases/stretched/${space}`).split('\n');
    expect(leases.map((line) => line.split(' ').slice(2, 4).join(' ')).sort()).toEqual([
      '10.101.128.1 knox-2',
      `${knox.address} knox-1`,
    ]);
    expect(at('knox-1', 'ip link show dev eth0')).toContain('mtu 1390');
    await until('the server knows of them, and what the other site drops', () => {
      const { segments = [] } = JSON.parse(
        segment.labs.on('server', 'hawser', 'status', '--json').out,
      ) as NetworkStatus;
      const of = (site: string) => segments.find((one) => one.site === site);
      return of('knox')?.leases === 2 && of('epouta')?.dropped?.['spoofed'] !== undefined;
    });
  });

  test('has machines at epouta to which the server of the cloud gave theirs, which is no rogue; one beside it is', async () => {
    const { machines } = segment.status();
    const leases = machines.flatMap(({ name, lease }) =>
      lease ? [[name, ...Object.values(lease)]] : [],
    );
    expect(leases).toEqual([
      ['epouta-1', epouta.address, '10.101.0.3'],
      ['epouta-2', '10.101.0.12', '10.101.0.3'],
      ['knox-1', knox.address, '10.101.128.0'],
      ['knox-2', '10.101.128.1', '10.101.128.0'],
    ]);
    expect(segment.labs.must('status')).toContain(`${epouta.address} (by DHCP from 10.101.0.3)`);
    // As `hawser check` says that a cloud should.
    expect(at('epouta-1', 'ip link show dev eth0')).toContain('mtu 1390');
    expect(segment.labs.on('server', 'hawser', 'status').out).not.toContain('10.101.0.3');

    const toKnox = { mac: segment.behind('epouta-1', '10.101.128.1'), address: knox.address };
    const rogue = ipLies(epouta, toKnox, places4.vacant.epouta);
    await segment.lieFrom(
      'epouta-1',
      'epouta-gw',
      rogue.filter(({ why }) => why === 'rogue-dhcp'),
    );

    const ask = (): string =>
      at('epouta-1', `busybox udhcpc -fqn -t 3 -T 1 -i eth0 -s /bin/true 2>&1 || true`);
    segment.labs.must('kill', cloudServer);
    expect(segment.labs.must('status')).toMatch(/10\.101\.0\.3 \(does not run\)/);
    expect(ask()).toContain('no lease');
    segment.labs.must('start', cloudServer);
    await until('it answers again', () => ask().includes('obtained from 10.101.0.3'));
  });

  test('has a member alone, which is at home in it', () => {
    at('instrument', `ping -nc 1 -W 2 ${knox.address}; ping -nc 1 -W 2 ${epouta.address}`);
    at('epouta-1', 'ping -nc 1 -W 2 10.101.0.2');
    expect(at('instrument', 'ip link show dev vni1203')).toContain('mtu 1390');
  });

  test('is not what its file says while a port is missing, and is again when that is back', async () => {
    const verdict = () => segment.labs.on('server', 'hawser', 'verify', 'knox-gw');
    expect(verdict()).toMatchObject({
      code: 0,
      out: expect.stringContaining('namespaces are as they should be'),
    });
    at('knox-gw', 'ip -n hw-stretched-mosler link set eth1 name gone');
    await until('the missing port is told', () => verdict().code === 1, 60_000);
    expect(verdict().out).toMatch(
      /is not what its file says[^]*! knox-gw: .*eth1.*\[host\/no-port\]/,
    );
    expect(segment.labs.on('server', 'hawser', 'status').out).toContain('host/no-port');
    // Nobody's port comes home.
    await until('it is at home', () => at('knox-gw', 'ip link set gone name eth1 && echo done'));
    await until('the port is found', () => verdict().code === 0, 60_000);
    await everythingHolds();
  });

  test('goes on without its agents, and with others', async () => {
    for (const gateway of gateways) segment.labs.must('kill', gateway);
    await everythingHolds();
    for (const gateway of gateways) segment.labs.must('start', gateway);
    await until('both speak with the server', connected, 60_000);
    await everythingHolds();
  });

  test('comes back when its DHCP server and its tunnels are killed', async () => {
    await segment.killDnsmasq();
    for (const gateway of gateways) segment.killIn(gateway, 'wireguard-go');
    await everythingHolds();
  });

  test('needs no server: not when a machine comes that nobody knew, not when a gateway is started anew, and not when all that runs there is killed', async () => {
    segment.labs.must('kill', 'server');
    await everythingHolds();
    const reboot = (): void => {
      for (const gateway of gateways) segment.labs.must('reboot', gateway);
    };
    await guestComes(reboot);
    await everythingHolds();
    await segment.killAll();
    await everythingHolds();
    segment.labs.must('start', 'server');
    await until('both speak with the server', connected, 60_000);
  }, 240_000);
});
