import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import { atStation, knox, labOf, packetsOf, pouta, siteOf } from './segment-world.ts';

/** The namespace of router `gw` of network `net` on its gateway. */
export const router = 'hw-net-gw';
export const counterOf = (gateway: TestMachine, name: string): number =>
  packetsOf(gateway.do(`ip netns exec ${router} nft list counter inet hawser-net ${name}`));

/** The addresses of a router in it. */
export const routerOfLab = '[10.9.0.254, "fd09::fe"]';

/** Lets datagrams in to a station. */
const byUdp = (address: string): string => `{ port: udp/5353, to: "${address}", target: 7002 }`;

/** A segment of two sites with a router of ours at the first, which lets out these and what else is asked for. */
export const routed = (egress = '') => `
version: 1
network: net
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites: ${siteOf(knox)}${siteOf(pouta)}
segments:${labOf(routerOfLab)}
routers:
  gw:
    site: knox-site
    segments: [lab]
    uplink: { address: [10.5.0.2/24, "fd05::2/64"], via: [10.5.0.1, "fd05::1"] }
    egress:
      [10.254.0.1/32, "2001:db8:254::1/128", { to: 130.238.7.10, ports: [tcp/53] }, { to: "2001:db8:130::10", ports: [tcp/53] }${egress}]
    forwards: [{ port: tcp/2222, to: ${pouta.address}, target: 22 }, ${byUdp(pouta.address)}, ${byUdp(pouta.address6)}]
`;

/** Says to each who connects from where it came, and goes on saying what it hears. */
export const echo = (port: number): string =>
  `require('node:net').createServer((s) => { s.on('error', () => {}); s.write(s.remoteAddress.replace('::ffff:', '') + '\\n'); s.pipe(s); })
.listen(${port}, '::', () => console.log('listening'));`;

/** What such a server says, or that there is no way. */
const ask = (address: string, port: number): string =>
  `const s = require('node:net').connect({ port: ${port}, host: '${address}', timeout: 1500 });
s.on('data', (d) => { console.log(String(d).trim()); s.destroy(); });
s.on('error', (e) => { console.log(e.code); }).on('timeout', () => { console.log('silence'); s.destroy(); });`;

export const inside = (namespace: string): readonly string[] => [
  ...['ip', 'netns', 'exec', namespace, process.execPath, '-e'],
];

export const asked = (machine: TestMachine, from: string, address: string, port: number): string =>
  machine.box.run([...inside(from), ask(address, port)]).trim();

/** Tells each whose datagram it hears from where that came. */
export const udpEcho = (port: number): string =>
  `const s = require('node:dgram').createSocket('udp6'); s.bind(${port}, '::', () => console.log('listening'));
s.on('message', (_, { address, port }) => s.send(address.replace('::ffff:', ''), port, address));`;

/** What such a server says to one of the world with this address, and from where the answer comes. */
export function askedByUdp(machine: TestMachine, own: string, address: string, port: number) {
  const asking = `const s = require('node:dgram').createSocket('udp${address.includes(':') ? 6 : 4}');
s.on('message', (text, from) => { console.log(text + ' by ' + from.address + ' ' + from.port); process.exit(); });
s.bind(0, '${own}', () => s.send('?', ${port}, '${address}'));
setTimeout(() => { console.log('silence'); process.exit(); }, 1500);`;
  return machine.box.run([...inside('world'), asking]).trim();
}

/** A flow of a station, or of another namespace, that goes on and on; gives how many words came back so far. */
export function talk(
  from: TestMachine,
  address: string,
  { port = 7000, at = 'station' }: { readonly port?: number; readonly at?: string } = {},
): () => number {
  const talking = `const s = require('node:net').connect(${port}, '${address}');
    s.on('data', (d) => console.log(String(d).trim())); let n = 0; setInterval(() => s.write('word' + n++ + '\\n'), 100);`;
  const flow = from.box.start([...inside(at), talking]);
  return () => flow.output().split('word').length - 1;
}

/** Outside: on the list, on it by one port, and not on it. */
const outside6 = ['2001:db8:254::1', '2001:db8:130::10', '2001:db8:203::77'] as const;

/** All that is outside, behind the gateway: some of it is on the list. */
export async function addWorld(gateway: TestMachine): Promise<void> {
  for (const line of [
    'ip netns add world',
    'ip link add world type veth peer name eth0 netns world',
    'ip link set dev world up',
    'ip address add 198.18.0.1/30 dev world',
    'ip address add 2001:db8:18::1/64 dev world nodad',
    'ip route add 10.254.0.1 via 198.18.0.2',
    'ip route add 130.238.7.10 via 198.18.0.2',
    'ip route add 203.0.113.77 via 198.18.0.2',
    ...outside6.map((address) => `ip route add ${address} via 2001:db8:18::2`),
    'ip netns exec world ip link set dev lo up',
    'ip netns exec world ip link set dev eth0 up',
    ...['198.18.0.2/30', '10.254.0.1/32', '130.238.7.10/32', '203.0.113.77/32'].map(
      (address) => `ip netns exec world ip address add ${address} dev eth0`,
    ),
    'ip netns exec world ip address add 2001:db8:18::2/64 dev eth0 nodad',
    ...outside6.map((one) => `ip netns exec world ip address add ${one}/128 dev eth0 nodad`),
    'ip netns exec world ip route add 10.0.0.0/8 via 198.18.0.1',
    'ip netns exec world ip route add fd05::/64 via 2001:db8:18::1',
    // What is for who runs the gateway to say: that it forwards.
    'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
  ]) {
    gateway.do(line);
  }
  for (const port of [53, 7000]) {
    const server = gateway.box.start([...inside('world'), echo(port)]);
    await until('it listens', () => server.output().includes('listening'));
  }
}

/** Stations at the gateway send to the router what is for nobody they know. */
export function route(gateway: TestMachine): void {
  for (const router of ['10.9.0.254', 'fd09::fe'])
    atStation(gateway, `ip route add default via ${router}`);
}
