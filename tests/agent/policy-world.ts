import { until } from '../support/until.ts';
import { connect, TestMachine } from './machine.ts';
import { knox, plugIn, pouta, type Side } from './segment-world.ts';

/** A machine of the segment: where it is on its gateway, and as what. */
export interface Talker extends Side {
  readonly at: 'knox' | 'pouta';
  readonly netns: string;
}

const talker = (at: 'knox' | 'pouta', index: 1 | 2, low: number): Talker => ({
  ...(at === 'knox' ? knox : pouta),
  at,
  name: `${at}-${index}`,
  netns: index === 1 ? 'station' : 'station-2',
  address: `10.9.0.${low}`,
  address6: `fd09::${low}`,
  mac: `02:00:00:00:01:${low}`,
});

/** Two machines at each of two sites. */
export const talkers = [
  talker('knox', 1, 11),
  talker('knox', 2, 12),
  talker('pouta', 1, 21),
  talker('pouta', 2, 22),
] as const;

const siteOf = (at: 'knox' | 'pouta'): string => {
  const { underlay, overlay } = at === 'knox' ? knox : pouta;
  const hosts = talkers
    .filter((one) => one.at === at)
    .map(
      ({ name, address, address6, mac }) =>
        `{ segment: lab, address: [${address}, "${address6}"], mac: "${mac}", tags: t-${name} }`,
    )
    .map((host, index) => `${at}-${index + 1}: ${host}`);
  return `
  ${at}-site:
    gateways: { ${at}: { endpoint: "${underlay}:51820", overlay: ${overlay} } }
    hosts: { ${hosts.join(', ')} }`;
};

/** A segment of two sites with a policy; `mode` is that of the second site. */
export const policed = (policy: string, mode: 'bridge' | 'proxy' = 'bridge'): string => `
version: 1
network: net
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites: ${siteOf('knox')}${siteOf('pouta')}
segments:
  lab:
    vni: 7
    subnet: [10.9.0.0/24, "fd09::/64"]
    sites:
      knox-site: { port: eth1, pool: [10.9.0.11-10.9.0.20, "fd09::11-fd09::20"] }
      pouta-site: { port: eth1, mode: ${mode}, pool: [10.9.0.21-10.9.0.30, "fd09::21-fd09::30"] }
groups: { first: [knox-1, pouta-1] }
policy: ${policy}
`;

/** Both gateways with two machines on the port of each, which hear on the ports 7000 and 7001. */
export async function openPoliced(): Promise<readonly [TestMachine, TestMachine]> {
  const [a, b] = [await TestMachine.open(), await TestMachine.open()];
  connect('eth0', [
    [a, [`${knox.underlay}/24`]],
    [b, [`${pouta.underlay}/24`]],
  ]);
  for (const one of talkers) {
    const gateway = one.at === 'knox' ? a : b;
    if (one.netns === 'station') plugIn(gateway, one);
    else plugBeside(gateway, one);
    const heard = gateway.box.start(inside(one, ['-e', listener]));
    await until('it listens', () => heard.output().includes('listening'));
  }
  return [a, b];
}

/** Another machine on the same port. */
function plugBeside(gateway: TestMachine, { netns, address, address6, mac }: Talker): void {
  gateway.do(`ip netns add ${netns}`);
  const link = 'ip netns exec station ip link';
  gateway.do(`${link} add link eth0 name beside address ${mac} type macvlan mode bridge`);
  gateway.do(`${link} set dev beside name eth0 netns /run/netns/${netns}`);
  for (const line of [
    `address add ${address}/24 dev eth0`,
    `address add ${address6}/64 dev eth0 nodad`,
    'link set dev eth0 up',
  ]) {
    gateway.do(`ip netns exec ${netns} ip ${line}`);
  }
}

export const inside = ({ netns }: Talker, argv: readonly string[]): string[] => [
  ...['ip', 'netns', 'exec', netns],
  process.execPath,
  ...argv,
];

/** Gives back what it hears. */
const listener = `const { createServer } = require('node:net');
const { createSocket } = require('node:dgram');
for (const port of [7000, 7001]) createServer((s) => s.on('error', () => {}).pipe(s)).listen(port);
for (const family of ['udp4', 'udp6']) {
  const socket = createSocket({ type: family, ipv6Only: family === 'udp6' });
  socket.on('message', (text, { port, address }) => socket.send(text, port, address)).bind(7000);
}
console.log('listening');`;

/** What one machine tries: \`icmp\`, or a protocol and a port. */
export interface Attempt {
  readonly from: Talker;
  readonly to: Talker;
  readonly family: 4 | 6;
  readonly port: string;
}

export const described = ({ from, to, family, port }: Attempt): string =>
  `${from.name} > ${to.name} ${port} IPv${family}`;

/** Tries all that is asked for at once, and says what of it had an answer. */
const prober = `const { connect } = require('node:net');
const { createSocket } = require('node:dgram');
const { execFile } = require('node:child_process');
const tries = {
  icmp: (address, port, done) => execFile('ping', ['-c1', '-W1', address], (error) => done(!error)),
  tcp: (address, port, done) => {
    const s = connect(port, address, () => s.write('x'));
    s.on('data', () => done(true)).on('error', () => done(false));
  },
  udp: (address, port, done) => {
    const s = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    s.on('message', () => done(true)).on('error', () => done(false));
    s.send('x', port, address);
  },
};
const asked = JSON.parse(process.argv[1]);
const ways = asked.map(([address, text]) => new Promise((done) => {
  const [protocol, port] = text.split('/');
  tries[protocol](address, Number(port), done);
  setTimeout(() => done(false), 900);
}));
Promise.all(ways).then((found) => { console.log('found ' + JSON.stringify(found)); process.exit(0); });`;

/** Of these attempts those that had an answer. */
export async function answered(
  [a, b]: readonly [TestMachine, TestMachine],
  attempts: readonly Attempt[],
): Promise<readonly string[]> {
  const found = [...Map.groupBy(attempts, ({ from }) => from)].map(async ([from, own]) => {
    const asked = own.map(({ to, family, port }) => [
      family === 4 ? to.address : to.address6,
      port,
    ]);
    const gateway = from.at === 'knox' ? a : b;
    const argv = inside(from, ['-e', prober, JSON.stringify(asked)]);
    const program = gateway.box.start(argv);
    const line = await until(
      'all was tried',
      () => /^found (.*)$/m.exec(program.output()) ?? false,
    );
    const ok = JSON.parse(line[1] ?? '[]') as boolean[];
    return own.filter((_, index) => ok[index]).map(described);
  });
  return (await Promise.all(found)).flat().sort();
}

/** The same, where these of them are allowed: what a busy machine answered too late is tried again, and nothing else. */
export async function answeredInTime(
  gateways: readonly [TestMachine, TestMachine],
  attempts: readonly Attempt[],
  allowed: readonly string[],
): Promise<readonly string[]> {
  const found = [...(await answered(gateways, attempts))];
  for (let time = 0; time < 3; time += 1) {
    const late = attempts.filter((one) => {
      const name = described(one);
      return allowed.includes(name) && !found.includes(name);
    });
    if (late.length > 0) found.push(...(await answered(gateways, late)));
  }
  return found.sort();
}
