import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, describeReport, Store } from '#agent';
import { emptyFacts, link, project } from '#compile';
import { linuxHost } from '#host';
import { loadNetwork } from '#spec';
import type { HostState } from '#state';
import { makeTemporaryFolder } from '../tests/support/checkout.ts';
import { Sandbox } from '../tests/support/sandbox.ts';
import { until } from '../tests/support/until.ts';

/** What iperf3 says in JSON. */
interface Measured {
  readonly end: { readonly sum_received?: { readonly bits_per_second: number } };
  readonly error?: string;
}

/**
 * Two sites on one machine: host a - gateway ga = gateway gb - host b, each a sandbox. The outer
 * network between the gateways and the sites' networks are veth pairs.
 */
export class TwoSites implements AsyncDisposable {
  readonly #boxes = new Map<string, Sandbox>();
  readonly #folders: string[] = [];

  static async open(): Promise<TwoSites> {
    const sites = new TwoSites();
    for (const name of ['a', 'ga', 'gb', 'b']) sites.#boxes.set(name, await Sandbox.open());
    sites.#wire('a', 'ga', '10.1.0.10/24', '10.1.0.1/24', 'lan');
    sites.#wire('ga', 'gb', '203.0.113.1/24', '203.0.113.2/24', 'wan');
    sites.#wire('b', 'gb', '10.2.0.10/24', '10.2.0.1/24', 'lan');
    sites.box('a').run(['ip', 'route', 'add', 'default', 'via', '10.1.0.1']);
    sites.box('b').run(['ip', 'route', 'add', 'default', 'via', '10.2.0.1']);
    return sites;
  }

  box(name: string): Sandbox {
    const box = this.#boxes.get(name);
    if (!box) throw new Error(`no sandbox ${name}`);
    return box;
  }

  /** One veth pair between two sandboxes, its ends named alike. */
  #wire(a: string, b: string, addressA: string, addressB: string, device: string): void {
    const end = (name: string, address: string): void => {
      const box = this.box(name);
      box.run(['ip', 'address', 'add', address, 'dev', device]);
      box.run(['ip', 'link', 'set', device, 'up']);
    };
    const peer = ['peer', 'name', device, 'netns', String(this.box(b).pid)];
    execFileSync('ip', [
      'link',
      'add',
      device,
      'netns',
      String(this.box(a).pid),
      'type',
      'veth',
      ...peer,
    ]);
    end(a, addressA);
    end(b, addressB);
  }

  /** Brings both gateways to what the file says, by the agent. */
  async hawser(yaml: string, part = (state: HostState): HostState => state): Promise<void> {
    const { network } = loadNetwork('bench.yaml', { read: () => yaml, glob: () => [] });
    if (!network) throw new Error('the bench has a file with errors');
    const gateways = ['ga', 'gb'].map((name) => {
      const folder = makeTemporaryFolder();
      this.#folders.push(folder);
      const store = new Store(folder);
      const agent = new Agent({
        host: linuxHost({ enter: { root: this.box(name).enter }, runFolder: join(folder, 'run') }),
        store,
      });
      return { name, agent, key: store.publicKey(network.name, 0) };
    });
    const keys = Object.fromEntries(gateways.map(({ name, key }) => [name, { '0': key }]));
    const model = link({ ...emptyFacts, keys, network, epoch: 'bench', rev: 1 });
    for (const { name, agent } of gateways) {
      const report = await agent.reconcile(part(project(model, name)));
      if (report.failures.length > 0) throw new Error(describeReport(report).join('\n'));
    }
  }

  /** Plain routing between the gateways, with what filters the tunnel's traffic on that veth pair. */
  async filteredVeth(policy: string): Promise<void> {
    for (const [name, other] of [
      ['ga', 2],
      ['gb', 1],
    ] as const) {
      const via = `203.0.113.${other}`;
      this.box(name).run(['ip', 'route', 'add', `10.${other}.0.0/24`, 'via', via]);
      forward(this.box(name), ['wan', 'lan']);
    }
    await this.hawser(file(`defaults: { interface: wan }\n${policy}`), filterOnly);
  }

  /**
   * Hosts a and b as two of so many machines of one segment, whose ports are the sites' networks; with a policy, which
   * has a rule for each two of them, where it is `policed`.
   */
  async segment(machines: number, { policed = false } = {}): Promise<void> {
    this.#becomeStations();
    const macOf = (name: string): string => {
      const text = this.box(name).run(['ip', '-j', 'link', 'show', 'dev', 'lan']);
      return (JSON.parse(text) as [{ readonly address: string }])[0].address;
    };
    const others = machines - 2;
    const text = segmentFile({ a: macOf('a'), b: macOf('b') }, others);
    await this.hawser(policed ? `${text}${pairwise(others)}` : text);
  }

  #becomeStations(): void {
    for (const name of this.#boxes.keys()) {
      this.box(name).run(['ip', 'address', 'flush', 'dev', 'lan']);
    }
    for (const name of ['a', 'b'] as const) {
      this.box(name).run(['ip', 'address', 'add', `${stationAt[name]}/16`, 'dev', 'lan']);
    }
  }

  /**
   * The same by hand: a bridge with the port and a VXLAN device that floods and learns, over one tunnel. Nobody
   * looks at its frames, and the machines are told what fits.
   */
  segmentByHand(): void {
    this.#becomeStations();
    this.#tunnelByHand((other) => `10.99.0.${other}/32`);
    for (const [name, own, other] of gatewaysByHand) {
      const lines = [
        `link add lanes type bridge mcast_snooping 0`,
        `link add vxlan type vxlan id 7 dstport 4789 local 10.99.0.${own} remote 10.99.0.${other}`,
        'link set dev vxlan mtu 1390 master lanes up',
        'link set dev lan master lanes up',
        'link set dev lanes up',
      ];
      this.box(name).run(['ip', '-batch', '-'], { input: lines.join('\n') });
    }
    for (const name of ['a', 'b']) this.box(name).run(['ip', 'link', 'set', 'lan', 'mtu', '1390']);
  }

  /** The same by hand: one tunnel, routes, one conntrack rule. */
  byHand(): void {
    this.#tunnelByHand((other) => `10.${other}.0.0/24`);
    for (const [name] of gatewaysByHand) {
      forward(this.box(name), ['wg0', 'lan']);
      const rule =
        'table inet t { chain f { type filter hook forward priority 0; ct state established accept; }; }';
      this.box(name).run(['nft', '-f', '/dev/stdin'], { input: rule });
    }
  }

  /**
   * A tunnel between the gateways, with the prefix that the other carries. wireguard-go has a session of its own, as
   * a service has and as ours has: where it shares one with iperf3, the kernel's autogroups give it
   * another share of the processors, and 15 % of the throughput go with that.
   */
  #tunnelByHand(carried: (other: number) => string): void {
    for (const [name, own, other] of gatewaysByHand) {
      const box = this.box(name);
      box.run(['setsid', 'wireguard-go', 'wg0']);
      box.write('/run/key', box.run(['wg', 'genkey']));
      box.run(['wg', 'set', 'wg0', 'private-key', '/run/key', 'listen-port', '51820']);
      box.run(['ip', 'link', 'set', 'wg0', 'mtu', '1440', 'up']);
      box.run(['ip', 'address', 'add', `10.99.0.${own}/32`, 'dev', 'wg0']);
      box.run(['ip', 'route', 'add', carried(other), 'dev', 'wg0']);
    }
    const key = (name: string): string =>
      this.box(name).run(['wg', 'show', 'wg0', 'public-key']).trim();
    for (const [name, , other, peer] of gatewaysByHand) {
      const endpoint = `203.0.113.${other}:51820`;
      const argv = ['peer', key(peer), 'endpoint', endpoint, 'allowed-ips', carried(other)];
      this.box(name).run(['wg', 'set', 'wg0', ...argv]);
    }
  }

  /** Waits until packets pass, and listens for measurements. */
  async ready(): Promise<void> {
    await until('a reaches b', () =>
      this.box('a').run(['ping', '-c1', '-W1', '10.2.0.10']).includes(' 0% packet loss'),
    );
    this.box('b').start(['iperf3', '-s']);
    await until(
      'iperf3 listens',
      () => this.box('b').run(['ss', '-Hltn', 'sport', '=', '5201']) !== '',
    );
  }

  /** Megabits a second of one TCP stream from host to host. */
  measure(seconds = 4): number {
    const text = this.box('a').run(['iperf3', '-J', '-c', '10.2.0.10', '-t', String(seconds)]);
    const found = JSON.parse(text) as Measured;
    if (!found.end.sum_received) throw new Error(`iperf3: ${found.error ?? 'no result'}`);
    return found.end.sum_received.bits_per_second / 1e6;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const box of this.#boxes.values()) await box.close();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** Each with its number, the other's number, and the other. */
const gatewaysByHand = [
  ['ga', 1, 2, 'gb'],
  ['gb', 2, 1, 'ga'],
] as const;

const forward = (box: Sandbox, devices: readonly string[]): void => {
  for (const device of devices) box.run(['sysctl', '-qw', `net.ipv4.conf.${device}.forwarding=1`]);
};

const filterOnly = (state: HostState): HostState => {
  const { nft } = state.namespaces.root ?? {};
  return { ...state, namespaces: { root: nft ? { nft } : {} }, tunnels: {}, bindings: [] };
};

/** What the gateways are given: two sites, and a policy. */
export const file = (policy: string): string => `version: 1
network: bench
overlay: 10.99.0.0/24
topology: mesh
sites:
  one:
    subnets: [10.1.0.0/24]
    gateways: { ga: { endpoint: "203.0.113.1:51820", address: 10.1.0.1 } }
    hosts: { a: { address: 10.1.0.10 } }
  two:
    subnets: [10.2.0.0/24]
    gateways: { gb: { endpoint: "203.0.113.2:51820", address: 10.2.0.1 } }
    hosts: { b: { address: 10.2.0.10 } }
${policy}`;

/** In a subnet of their own: b has the address that is measured to. */
const stationAt = { a: '10.2.16.9', b: '10.2.0.10' } as const;

/** The last rule is the one that lets the flow pass. */
const pairwise = (others: number): string => `policy:
${Array.from({ length: Math.floor(others / 2) }, (_, i) => `  - { from: [a-${i}], to: [b-${i}], ports: [tcp/${10_000 + i}] }\n`).join('')}  - { from: [a], to: [b] }
`;

/** A segment with a and b, and with so many other machines, half of them at each site. */
function segmentFile(macs: Readonly<Record<'a' | 'b', string>>, others: number): string {
  const host = (name: string, address: string, mac: string): string =>
    `      ${name}: { segment: s, address: ${address}, mac: "${mac}" }`;
  const crowd = (side: 'a' | 'b', third: number): string[] =>
    Array.from({ length: Math.floor(others / 2) }, (_, i) => {
      const [high, low] = [i >> 8, i & 0xff];
      const mac = [2, 0, 0, third, high, low].map((n) => n.toString(16).padStart(2, '0')).join(':');
      return host(`${side}-${i}`, `10.2.${third + high}.${low}`, mac);
    });
  const site = (name: string, side: 'a' | 'b', outer: number, third: number): string => `  ${name}:
    gateways: { g${side}: { endpoint: "203.0.113.${outer}:51820" } }
    hosts:
${[host(side, stationAt[side], macs[side]), ...crowd(side, third)].join('\n')}`;
  return `version: 1
network: bench
overlay: 10.99.0.0/24
sites:
${site('one', 'a', 1, 20)}
${site('two', 'b', 2, 2)}
segments:
  s:
    vni: 7
    subnet: 10.2.0.0/16
    sites:
      one: { pool: 10.2.16.0-10.2.31.255, port: lan }
      two: { pool: 10.2.0.10-10.2.15.255, port: lan }
`;
}
