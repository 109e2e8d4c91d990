import { expect } from 'vitest';
import { DiagnosticsError } from '#base';
import { emptyFacts, link, type Model, project } from '#compile';
import type { Run } from '#host';
import { loadNetwork } from '#spec';
import type { HostState } from '#state';
import { until } from '../support/until.ts';
import { connect, TestMachine } from './machine.ts';

/** The namespace of segment `lab` of network `net` on a gateway. */
export const space = 'hw-net-lab';

/** Of VXLAN, UDP. */
export const port = 14_789;

export interface Side {
  readonly name: string;
  readonly underlay: string;
  readonly overlay: string;
  /** Of its station. */
  readonly address: string;
  readonly address6: string;
  readonly mac: string;
}

export const knox: Side = {
  name: 'knox',
  underlay: '192.0.2.1',
  overlay: '10.0.0.1',
  address: '10.9.0.1',
  address6: 'fd09::1',
  mac: '02:00:00:00:00:01',
};
export const pouta: Side = {
  name: 'pouta',
  underlay: '192.0.2.2',
  overlay: '10.0.0.2',
  address: '10.9.0.2',
  address6: 'fd09::2',
  mac: '02:00:00:00:00:02',
};

export const siteOf = ({ name, underlay, overlay, address, address6, mac }: Side): string => `
  ${name}-site:
    gateways: { ${name}: { endpoint: "${underlay}:51820", overlay: ${overlay} } }
    hosts: { ${name}-1: { segment: lab, address: [${address}, "${address6}"], mac: "${mac}" } }`;

/** Among the segments of a file: one of both sites, with a router if it has addresses for that. */
export const labOf = (router?: string): string => `
  lab:
    vni: 7
    subnet: [10.9.0.0/24, "fd09::/64"]${router === undefined ? '' : `\n    router: ${router}`}
    sites:
      knox-site: { pool: [10.9.0.1-10.9.0.1, "fd09::1-fd09::1"], port: eth1 }
      pouta-site: { pool: [10.9.0.2-10.9.0.2, "fd09::2-fd09::2"], port: eth1 }`;

/** A segment of two sites, with a machine at each. */
export const file = `
version: 1
network: net
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites: ${siteOf(knox)}${siteOf(pouta)}
segments:${labOf()}
`;

/** The same segment, which floods. */
export const flooding = file.replace('vni: 7', 'vni: 7\n    flood: true');

/** The same where a site is in proxy mode. */
export const proxiedAt = ({ name }: Side, text: string = file): string =>
  text.replace(new RegExp(`(${name}-site: \\{ pool.*port: eth1)`), '$1, mode: proxy');

/** What the compiler makes of the file, with the keys of both gateways. */
export function modelOf(file: string, a: TestMachine, b: TestMachine): Model {
  const { network, diagnostics } = loadNetwork('hawser.yaml', { read: () => file, glob: () => [] });
  if (!network) throw new DiagnosticsError(diagnostics);
  const keyOf = (machine: TestMachine) => ({ '0': machine.store.publicKey('net', 0) });
  const keys = { [knox.name]: keyOf(a), [pouta.name]: keyOf(b) };
  return link({ ...emptyFacts, keys, network, epoch: 'test', rev: 1 });
}

/** What it says of the file, for both gateways. */
export function statesOf(
  file: string,
  a: TestMachine,
  b: TestMachine,
): { readonly a: HostState; readonly b: HostState } {
  const model = modelOf(file, a, b);
  return { a: project(model, knox.name), b: project(model, pouta.name) };
}

/** A machine on the port of the gateway: it knows of nothing but its own Ethernet of 1500 bytes. */
export function plugIn(gateway: TestMachine, { address, address6, mac }: Side): void {
  gateway.do('ip netns add station');
  gateway.do('ip link add eth1 type veth peer name eth0 netns station');
  for (const line of [
    `ip link set dev eth0 address ${mac} gso_max_segs 1`,
    `ip address add ${address}/24 dev eth0`,
    `ip address add ${address6}/64 dev eth0 nodad`,
    'ip link set dev eth0 up',
  ]) {
    gateway.do(`ip netns exec station ${line}`);
  }
}

export const atStation = (gateway: TestMachine, line: string): string =>
  gateway.do(`ip netns exec station ${line}`);

export function reaches(gateway: TestMachine, address: string): boolean {
  try {
    atStation(gateway, `ping -c 1 -W 1 ${address}`);
    return true;
  } catch {
    return false;
  }
}

export const packetsOf = (text: string): number =>
  Number(/packets (\d+)/.exec(text)?.[1] ?? Number.NaN);

/** Frames that did not cross the border. */
export const keptBy = (
  gateway: TestMachine,
  why = 'border',
  family: 'bridge' | 'inet' = 'bridge',
): number =>
  packetsOf(gateway.do(`ip netns exec ${space} nft list counter ${family} hawser-net ${why}`));

/** A datagram to all machines of the segment. */
export const broadcast = (
  to: number,
): string => `const s = require('node:dgram').createSocket('udp4');
s.bind(() => { s.setBroadcast(true); s.send('all', ${to}, '10.9.0.255', () => s.close()); });`;

/** Sends a megabyte and gives what the other side read. */
const receiver = `let got = Buffer.alloc(0);
require('node:net').createServer((s) => s.on('data', (d) => { got = Buffer.concat([got, d]); })
  .on('end', () => { console.log(require('node:crypto').createHash('sha256').update(got).digest('hex'), got.length);
  process.exit(0); })).listen(7000, () => console.log('listening'));`;
const sender = (
  address: string,
): string => `const data = require('node:crypto').randomBytes(1 << 20);
console.log(require('node:crypto').createHash('sha256').update(data).digest('hex'), data.length);
const s = require('node:net').connect(7000, '${address}', () => s.end(data));
s.on('close', () => process.exit(0));`;

export async function megabyte(from: TestMachine, to: TestMachine, address: string): Promise<void> {
  const inside = ['ip', 'netns', 'exec', 'station', process.execPath, '-e'];
  const server = to.box.start([...inside, receiver]);
  await until('it listens', () => server.output().includes('listening'));
  const sent = from.box.run([...inside, sender(address)]).trim();
  await until('all of it is there', () => server.output().includes(sent), 20_000);
}

/** The two gateways, joined by an underlay, each with its station plugged in. */
export async function openGateways(): Promise<readonly [TestMachine, TestMachine]> {
  const [a, b] = [await TestMachine.open(), await TestMachine.open()];
  connect('eth0', [
    [a, [`${knox.underlay}/24`]],
    [b, [`${pouta.underlay}/24`]],
  ]);
  plugIn(a, knox);
  plugIn(b, pouta);
  return [a, b];
}

/** Both gateways become what they should be, all of it. */
export async function applyBoth(
  [a, b]: readonly [TestMachine, TestMachine],
  states: { readonly a: HostState; readonly b: HostState },
): Promise<void> {
  for (const report of [await a.apply(states.a), await b.apply(states.b)]) {
    expect(report.failures).toEqual([]);
  }
}

/** A gateway that lets all frames pass the border. */
export const openBorder = (gateway: TestMachine): string =>
  gateway.do(`ip netns exec ${space} nft flush chain bridge hawser-net forward`);

/** Runs programs but for those writes, which fail. */
export const failing =
  (isMeant: (argv: readonly string[]) => boolean) =>
  (run: Run): Run =>
  (purpose, argv, options) =>
    run(purpose, purpose === 'write' && isMeant(argv) ? ['false'] : argv, options);

export const isOwnFilter = (argv: readonly string[]): boolean =>
  argv.includes('nft') && !argv.includes(space);
