import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyFacts, link, project } from '#compile';
import { loadNetwork } from '#spec';
import { Machine } from '../server/world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';

const file = `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  knox:
    gateways: { knox-gw: { endpoint: "192.0.2.1:51820", overlay: 10.0.0.1 } }
    hosts: { knox-1: { segment: lab, address: 10.9.0.1, mac: "02:00:00:00:00:01" } }
segments:
  lab: { vni: 7, subnet: 10.9.0.0/24, router: 10.9.0.254, sites: { knox: { pool: 10.9.0.1-10.9.0.9, port: eth1 } } }
routers:
  gw:
    site: knox
    segments: [lab]
    uplink: { address: 10.5.0.2/24, via: 10.5.0.1 }
    egress: [{ to: proxy.example.org, ports: [tcp/3128] }]
`;

/** Says from where it was called, and then what it hears. */
const server = `for (const port of [22, 3128]) require('node:net').createServer((s) => {
  s.on('error', () => {}); s.write(s.remoteAddress + '\\n'); s.pipe(s); }).listen(port, '0.0.0.0');`;
const call = (address: string, port: number): string =>
  `const s = require('node:net').connect({ port: ${port}, host: '${address}', timeout: 1500 });
  s.on('data', (d) => { console.log(String(d).trim()); s.destroy(); });
  s.on('error', (e) => console.log(e.code)).on('timeout', () => { console.log('silence'); s.destroy(); });`;
const talk = (address: string): string =>
  `const s = require('node:net').connect(3128, '${address}'); s.on('data', (d) => console.log(String(d).trim()));
  let n = 0; setInterval(() => s.write('word' + n++ + '\\n'), 100);`;

const proxies = ['203.0.113.77', '203.0.113.78'] as const;

suite('a name in the list of what may be reached', { needs: ['root', 'netns', 'tun'] }, () => {
  let gateway: Machine;
  const inside = (netns: string, ...argv: readonly string[]): string[] => [
    ...['ip', 'netns', 'exec', netns, ...argv],
  ];
  const at = (netns: string, line: string): string => gateway.do(`ip netns exec ${netns} ${line}`);
  const called = (address: string, port = 3128): string =>
    gateway.box.run(inside('station', process.execPath, '-e', call(address, port))).trim();
  const said = (): string => gateway.must('agent', 'status');
  const pid = (): number =>
    (JSON.parse(gateway.must('agent', 'status', '--json')) as { pid: number }).pid;

  /** The DNS server outside says from now on that the name is at these. */
  function answer(...addresses: readonly string[]): void {
    const lines = addresses.map((address) => `${address} proxy.example.org\n`);
    gateway.write('/run/dns/hosts', lines.join(''));
    signalNames('HUP');
  }

  const signalNames = (signal: string): string =>
    gateway.do(`kill -${signal} ${gateway.read('/run/dns/pid').trim()}`);

  async function killAgent(): Promise<void> {
    const before = pid();
    gateway.do(`kill -KILL ${before}`);
    await until('another agent answers', () => {
      const { code, out } = gateway.hawser('agent', 'status', '--json');
      return code === 0 && (JSON.parse(out) as { pid: number }).pid !== before;
    });
  }

  function addWorld(): void {
    for (const line of [
      'ip netns add world',
      'ip link add world type veth peer name eth0 netns world',
      'ip link set dev world up',
      'ip address add 198.18.0.1/30 dev world',
      'ip route add default via 198.18.0.2',
      'sysctl -qw net.ipv4.ip_forward=1',
      'mkdir /run/dns',
    ]) {
      gateway.do(line);
    }
    for (const device of ['lo', 'eth0']) at('world', `ip link set dev ${device} up`);
    for (const address of ['198.18.0.2/30', '203.0.113.53/32', ...proxies])
      at('world', `ip address add ${address} dev eth0`);
    at('world', 'ip route add 10.5.0.0/24 via 198.18.0.1');
    gateway.write('/run/dns/hosts', `${proxies[0]} proxy.example.org\n`);
    gateway.write('/run/dns/resolv.conf', 'nameserver 203.0.113.53\n');
    gateway.do('mount --bind /run/dns/resolv.conf /etc/resolv.conf');
    serveNames();
    gateway.run(...inside('world', process.execPath, '-e', server));
  }

  function serveNames(): void {
    const own = ['--conf-file=/dev/null', '--no-hosts', '--no-resolv', '--pid-file=/run/dns/pid'];
    const listen = ['--listen-address=203.0.113.53', '--bind-interfaces', '--user=root'];
    const names = ['--addn-hosts=/run/dns/hosts', '--local-ttl=1'];
    gateway.box.run(inside('world', 'dnsmasq', ...own, ...listen, ...names));
  }

  beforeAll(async () => {
    gateway = await Machine.open('knox-gw', '192.0.2.1');
    gateway.do('mount -t tmpfs tmpfs /etc/cron.d');
    gateway.do('ip netns add station');
    gateway.do('ip link add eth1 type veth peer name eth0 netns station');
    at('station', 'ip link set dev eth0 address 02:00:00:00:00:01 up');
    at('station', 'ip address add 10.9.0.1/24 dev eth0');
    at('station', 'ip route add default via 10.9.0.254');
    addWorld();
    const { network } = loadNetwork('hawser.yaml', { read: () => file, glob: () => [] });
    if (!network) throw new Error('the test has a file with errors');
    const key = gateway.must('agent', 'key', '--network', 'net').trim();
    const keys = { 'knox-gw': { '0': key } };
    const state = project(link({ ...emptyFacts, keys, network, epoch: 'test', rev: 1 }), 'knox-gw');
    const enrolment = {
      network: 'net',
      machine: 'knox-gw',
      servers: ['https://192.0.2.9:1'],
      authorities: [],
    };
    const folder = '/var/lib/hawser/enrolled/net';
    gateway.write(`${folder}/enrolment.json`, JSON.stringify(enrolment));
    gateway.write(`${folder}/confirmed.json`, JSON.stringify(state));
    gateway.must('agent', 'start');
  }, 60_000);

  afterAll(() => gateway?.box.close());

  test('leads to the address that it has, by its ports, and nowhere else', async () => {
    await until('it is reached', () => called(proxies[0]) === '10.5.0.2', 20_000);
    expect(called(proxies[0], 22)).toMatch(/EHOSTUNREACH|EACCES/);
    expect(called(proxies[1])).toMatch(/EHOSTUNREACH|EACCES/);
    expect(said()).not.toContain('proxy.example.org');
  });

  test('follows it to another, also if the agent was killed; what began before goes on', async () => {
    const flow = gateway.run(...inside('station', process.execPath, '-e', talk(proxies[0])));
    const heard = (): number => flow.output.split('word').length;
    await until('they talk', () => heard() > 3);
    answer(proxies[1]);
    await until('the other is reached', () => called(proxies[1]) === '10.5.0.2', 10_000);
    expect(called(proxies[0])).toBe('10.5.0.2');
    // As if the agent had been away until that one's time was over.
    const kept = '/var/lib/hawser/networks/net/hosts.json';
    gateway.write(kept, gateway.read(kept).replaceAll(/\d{13}/g, '1'));
    await killAgent();
    await until('the first is no longer', () => called(proxies[0]) !== '10.5.0.2');
    expect(called(proxies[1])).toBe('10.5.0.2');
    const then = heard();
    await until('they go on', () => heard() > then + 3);
  });

  test('stays where it was while nobody knows it, which is told', async () => {
    signalNames('TERM');
    await killAgent();
    await until('the agent says so', () => said().includes('agent/host-lost'), 15_000);
    expect(said()).toContain(`where it was last, at ${proxies[1]}`);
    expect(gateway.hawser('doctor', '--only', 'agent').out).toMatch(
      /proxy\.example\.org is not found any more[\s\S]*doctor\/agent-notes/,
    );
    expect(called(proxies[1])).toBe('10.5.0.2');
  });

  test('does not lead inside, whatever DNS says', async () => {
    serveNames();
    answer(proxies[1], '10.5.0.1');
    await until('the agent says so', () => said().includes('agent/host-refused'), 15_000);
    expect(said()).toContain('proxy.example.org is said to be at 10.5.0.1');
    expect(called('10.5.0.1')).toMatch(/EHOSTUNREACH|EACCES/);
    expect(called(proxies[1])).toBe('10.5.0.2');
  });

  test('has a router of which the doctor tells what keeps it shut', () => {
    const found = (): string => gateway.hawser('doctor', '--only', 'routers').out;
    expect(found()).toMatch(/ok +routers .*hw-net-gw/);
    gateway.must('agent', 'pause');
    gateway.do('sysctl -qw net.ipv4.conf.out-gw.forwarding=0');
    gateway.do('ip address flush dev out-gw');
    expect(found()).toMatch(/10\.5\.0\.1, its next hop[\s\S]*doctor\/router-silent/);
    expect(found()).toContain('doctor/router-shut');
    gateway.do('ip netns del hw-net-gw');
    expect(found()).toContain('doctor/router-gone');
    gateway.must('agent', 'resume');
  });

  test('has a segment of which the doctor tells what the kernel lacks for it, and the agent what it could not make', async () => {
    const [real, odd] = ['/run/ip/real', '/run/ip/odd'];
    const place = gateway.do('readlink -f /sbin/ip').trim();
    gateway.write(real, '');
    gateway.do(`mount --bind ${place} ${real}`);
    gateway.box.write(
      odd,
      `#!/bin/sh\ncase "$*" in *'type vxlan'*) echo 'Error: Unknown device type.' >&2; exit 2;; esac\nexec ${real} "$@"\n`,
      '0755',
    );
    const found = (): string => gateway.hawser('doctor', '--only', 'segment-kernel').out;
    expect(found()).toContain('ok    segment-kernel');
    gateway.do(`mount --bind ${odd} ${place}`);
    expect(found()).toMatch(
      /this kernel has no VXLAN[\s\S]*doctor\/kernel-lacks[\s\S]*modprobe vxlan/,
    );
    gateway.must('agent', 'pause');
    gateway.do('ip netns exec hw-net-lab ip link del dev vxlan');
    gateway.must('agent', 'resume');
    const status = (): string => gateway.hawser('agent', 'status').out;
    await until('the agent says so', () => status().includes('host/no-vxlan'));
    await until('the rest works', () => proxies.some((one) => called(one) === '10.5.0.2'));
    gateway.do(`umount ${place}`);
    expect(found()).toContain('ok    segment-kernel');
    for (const word of ['pause', 'resume']) gateway.must('agent', word);
    await until('it is made', () => !status().includes('host/no-vxlan'));
  });
});
