import { emptyFacts, link, project } from '#compile';
import { loadNetwork } from '#spec';
import { Machine } from '../server/world.ts';
import { until } from '../support/until.ts';
import { connect } from './machine.ts';

/** The namespace of segment `lab` of network `net` on a gateway. */
export const space = 'hw-net-lab';

/** Two sites with a pinned machine at each, and room for others. */
export const file = `
version: 1
network: net
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites:
  knox:
    gateways: { knox-gw: { endpoint: "192.0.2.1:51820", overlay: 10.0.0.1 } }
    hosts: { knox-1: { segment: lab, address: [10.9.0.1, "fd09::1"], mac: "02:00:00:00:00:01" } }
  pouta:
    gateways: { pouta-gw: { endpoint: "192.0.2.2:51820", overlay: 10.0.0.2 } }
    hosts: { pouta-1: { segment: lab, address: [10.9.0.129, "fd09::129"], mac: "02:00:00:00:00:02" } }
segments:
  lab:
    vni: 7
    subnet: [10.9.0.0/24, "fd09::/64"]
    sites:
      knox: { pool: [10.9.0.1-10.9.0.100, "fd09::1-fd09::100"], port: eth1 }
      pouta: { pool: [10.9.0.129-10.9.0.200, "fd09::129-fd09::200"], port: eth1 }
`;

/** The same with one site in proxy mode. */
export const proxied = file.replace('fd09::200"], port: eth1', '$&, mode: proxy');

/** The namespace of router `gw` of network `net`. */
export const router = 'hw-net-gw';

/** The same with a router at one of its sites. */
export const routed = `${file.replace('subnet: [', 'router: 10.9.0.254\n    subnet: [')}
routers:
  gw:
    site: knox
    segments: [lab]
    uplink: { address: 10.5.0.2/24, via: 10.5.0.1 }
    egress: [10.254.0.1/32]
`;

/** A gateway with the agent that ships, and a switch on its port. No server was ever there. */
export class Gateway {
  readonly machine: Machine;

  private constructor(machine: Machine) {
    this.machine = machine;
  }

  static async open(name: string, address: string): Promise<Gateway> {
    const gateway = new Gateway(await Machine.open(name, address));
    for (const line of [
      'mount -t tmpfs tmpfs /etc/cron.d',
      'ip netns add switch',
      'ip link add eth1 type veth peer name port netns switch',
    ]) {
      gateway.do(line);
    }
    // A switch is no machine: of its own it says nothing.
    for (const which of ['all', 'default'])
      gateway.inside('switch', `sysctl -qw net.ipv6.conf.${which}.disable_ipv6=1`);
    gateway.inside('switch', 'ip link add lan type bridge mcast_snooping 0');
    gateway.inside('switch', 'ip link set dev lan addrgenmode none up');
    gateway.inside('switch', 'ip link set dev port addrgenmode none master lan up');
    return gateway;
  }

  get box(): Machine['box'] {
    return this.machine.box;
  }

  readonly do = (line: string): string => this.machine.do(line);

  inside(netns: string, line: string): string {
    return this.do(`ip netns exec ${netns} ${line}`);
  }

  /** A machine on the switch, which says nothing by itself. */
  plugIn(name: string, addresses: string | readonly string[], mac: string): void {
    this.do(`ip netns add ${name}`);
    this.inside('switch', `ip link add ${name} type veth peer name eth0`);
    this.inside('switch', `ip link set dev ${name} addrgenmode none master lan up`);
    this.inside('switch', `ip link set dev eth0 netns /run/netns/${name}`);
    this.inside(name, `ip link set dev eth0 addrgenmode none address ${mac}`);
    this.inside(name, 'sysctl -qw net.ipv4.conf.eth0.arp_notify=0');
    for (const address of [addresses].flat()) {
      const options = address.includes(':') ? '/64 nodad' : '/24';
      this.inside(name, `ip address add dev eth0 ${address}${options}`);
    }
    this.inside(name, 'ip link set dev eth0 up');
  }

  unplug(name: string): void {
    this.inside('switch', `ip link del dev ${name}`);
    this.do(`ip netns del ${name}`);
  }

  reaches(from: string, address: string, seconds = 1): boolean {
    const argv = ['ip', 'netns', 'exec', from, 'ping', '-c', '1', '-W', String(seconds), address];
    try {
      this.box.run(argv);
      return true;
    } catch {
      return false;
    }
  }

  /** Machines that its agent knows, on its own port and behind other gateways. */
  known(): { readonly here: number; readonly elsewhere: number } | undefined {
    const { networks } = JSON.parse(this.machine.must('agent', 'status', '--json')) as {
      readonly networks: readonly {
        readonly machines?: readonly { readonly here: number; readonly elsewhere: number }[];
      }[];
    };
    return networks[0]?.machines?.[0];
  }

  /** Its agent is killed, and another comes. */
  async killAgent(): Promise<void> {
    const { pid } = JSON.parse(this.machine.must('agent', 'status', '--json')) as { pid: number };
    this.do(`kill -KILL ${pid}`);
    await until(
      'another agent answers',
      () => {
        const { code, out } = this.machine.hawser('agent', 'status', '--json');
        return code === 0 && (JSON.parse(out) as { pid: number }).pid !== pid;
      },
      20_000,
    );
  }

  /** The key by which it is known. */
  key(): string {
    return this.machine.must('agent', 'key', '--network', 'net').trim();
  }

  close(): Promise<void> {
    return this.machine.box.close();
  }
}

const folder = '/var/lib/hawser/enrolled/net';

/** What the compiler says of a file becomes what both gateways know. */
function compiled(text: string, a: Gateway, b: Gateway): void {
  const { network } = loadNetwork('hawser.yaml', { read: () => text, glob: () => [] });
  if (!network) throw new Error('the test has a file with errors');
  const keys = { 'knox-gw': { '0': a.key() }, 'pouta-gw': { '0': b.key() } };
  const model = link({ ...emptyFacts, keys, network, epoch: 'test', rev: 1 });
  for (const { machine } of [a, b]) {
    machine.write(`${folder}/confirmed.json`, JSON.stringify(project(model, machine.name)));
  }
}

/** Another file is what both know, when their agents are back. */
export async function become(text: string, a: Gateway, b: Gateway): Promise<void> {
  compiled(text, a, b);
  for (const gateway of [a, b]) await gateway.killAgent();
}

/** Two gateways that joined and know their states, whose server is dead. */
export async function openWorld(text = file): Promise<readonly [Gateway, Gateway]> {
  const a = await Gateway.open('knox-gw', '192.0.2.1');
  const b = await Gateway.open('pouta-gw', '192.0.2.2');
  connect('eth0', [
    [a, ['192.0.2.1/24']],
    [b, ['192.0.2.2/24']],
  ]);
  for (const { machine } of [a, b]) {
    const enrolment = {
      network: 'net',
      machine: machine.name,
      servers: ['https://192.0.2.9:1'],
      authorities: [],
    };
    machine.write(`${folder}/enrolment.json`, JSON.stringify(enrolment));
  }
  compiled(text, a, b);
  for (const { machine } of [a, b]) machine.must('agent', 'start');
  a.plugIn('knox-1', ['10.9.0.1', 'fd09::1'], '02:00:00:00:00:01');
  b.plugIn('pouta-1', ['10.9.0.129', 'fd09::129'], '02:00:00:00:00:02');
  return [a, b];
}
