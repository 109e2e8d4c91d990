import { until } from '../support/until.ts';
import { theirs } from './router-of-others.ts';

export const file = (egress = '') => `
version: 1
network: net
overlay: 10.0.0.0/24
sites:
  knox:
    gateways: { knox-gw: { endpoint: "192.0.2.1:51820", overlay: 10.0.0.1 } }
    hosts: { knox-1: { segment: lab, address: [10.9.0.1, "fd09::1"], mac: "02:00:00:00:00:01" } }
segments:
  lab:
    vni: 7
    subnet: [10.9.0.0/24, "fd09::/64"]
    router: [10.9.0.254, "fd09::fe"]
    sites: { knox: { pool: [10.9.0.1-10.9.0.9, "fd09::1-fd09::9"], port: eth1 } }
routers:
  gw:
    site: knox
    segments: [lab]
    uplink: { address: [10.5.0.2/24, "fd05::2/64"], via: [10.5.0.1, "fd05::1"] }
    egress: [{ to: proxy.example.org, ports: [tcp/3128] }${egress}]
`;

/** The same list, and a range more, of a router that others made. */
export const [listed6, unlisted] = [
  '2001:db8:77::80',
  ['203.0.113.82', '2001:db8:77::82'],
] as const;
export const external = (snat: boolean): string =>
  file(`, "${listed6}"`).replace(
    / *uplink:.*/,
    `    external: true\n    namespace: ${theirs}\n    snat: ${snat}`,
  );

/** Says from where it was called, and then what it hears. */
export const server = `for (const port of [22, 3128]) require('node:net').createServer((s) => {
  s.on('error', () => {}); s.write(s.remoteAddress.replace('::ffff:', '') + '\\n'); s.pipe(s); }).listen(port, '::');`;
export const call = (address: string, port: number): string =>
  `const s = require('node:net').connect({ port: ${port}, host: '${address}', timeout: 1500 });
  s.on('data', (d) => { console.log(String(d).trim()); s.destroy(); });
  s.on('error', (e) => console.log(e.code)).on('timeout', () => { console.log('silence'); s.destroy(); });`;
export const talk = (address: string): string =>
  `const s = require('node:net').connect(3128, '${address}'); s.on('data', (d) => console.log(String(d).trim()));
  let n = 0; setInterval(() => s.write('word' + n++ + '\\n'), 100);`;

export async function goesOn(heard: () => number): Promise<void> {
  const then = heard();
  await until('they go on', () => heard() > then + 3);
}

export const proxies = ['203.0.113.77', '203.0.113.78'] as const;
export const proxies6 = ['2001:db8:77::77', '2001:db8:77::78'] as const;
/** On the list by itself, and where a name will be that nobody has at first. */
export const [listed, late] = ['203.0.113.80', '203.0.113.81'];
export const others = `, { to: late.example.net, ports: [tcp/3128] }, ${listed}`;
export const refused = /EHOSTUNREACH|EACCES/;

/** The ip(8) of a kernel without VXLAN, in a line of its own and among those of its standard input. */
export const ipWithoutVxlan = (real: string): string => `#!/bin/sh
case "$*" in *'-batch -'*) input=$(cat);; esac
case "$* $input" in *'type vxlan'*) echo 'Error: Unknown device type.' >&2; exit 2;; esac
[ -z "$input" ] || { printf '%s\\n' "$input" | ${real} "$@"; exit; }
exec ${real} "$@"
`;
