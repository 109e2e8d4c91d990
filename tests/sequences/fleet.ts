import type { NetworkStatus } from '#api';
import { joinToken, type Machine, type Running, World } from '../server/world.ts';
import { until } from '../support/until.ts';
import {
  everybody,
  type File,
  gateways,
  type Member,
  subnetsOf,
  type Who,
  yamlOf,
} from './model.ts';
import { Probe } from './probe.ts';

const backup = '/run/home/net.backup';
const passphrase = '/run/home/passphrase';
const file = '/run/home/net.yaml';

/** The real thing: a server on a machine of its own, agents on four others. */
export class Fleet {
  readonly network: string;
  readonly #world: World;
  readonly server: Machine;
  readonly machines: Readonly<Record<Who, Machine>>;
  readonly probes: Readonly<Record<Who | 'server', Probe>>;
  #program: Running | undefined;
  #admin = '';
  #join = '';
  #roamed = 0;

  private constructor(network: string, world: World, all: readonly Machine[]) {
    const [server, g1, g2, m1, m2] = all as [Machine, Machine, Machine, Machine, Machine];
    this.network = network;
    this.#world = world;
    this.server = server;
    this.machines = { g1, g2, m1, m2 };
    const probe = (machine: Machine): Probe => new Probe(machine);
    this.probes = {
      server: probe(server),
      g1: probe(g1),
      g2: probe(g2),
      m1: probe(m1),
      m2: probe(m2),
    };
  }

  /** A network whose gateways have joined. */
  static async open(network: string, first: File): Promise<Fleet> {
    const world = await World.open();
    try {
      const all: Machine[] = [];
      for (const name of ['srv', ...everybody]) all.push(await world.machine(name));
      const fleet = new Fleet(network, world, all);
      await fleet.#begin(first);
      return fleet;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  async #begin(first: File): Promise<void> {
    for (const gateway of ['g1', 'g2'] as const) {
      const { [gateway]: machine } = this.machines;
      machine.do('ip link add lan type bridge');
      for (const subnet of subnetsOf[gateways[gateway]]) {
        machine.do(`ip address add ${subnet.replace('.0/', '.1/')} dev lan`);
      }
      machine.do('ip link set lan up');
    }
    await this.startServer();
    const contexts: unknown = JSON.parse(
      this.server.read('/run/home/.config/hawser/contexts.json'),
    );
    const { token } = (contexts as { contexts: Record<string, { token: string }> }).contexts[
      'local'
    ] ?? { token: '' };
    const body = Buffer.from(token.replace(/^hawser-admin-/, ''), 'base64url').toString();
    this.#admin = (JSON.parse(body) as { readonly k: string }).k;
    this.server.write(passphrase, 'correct horse battery');
    this.server.write(file, yamlOf(first, this.network));
    this.server.must('apply', file, '--create');
    this.#join = joinToken(this.server, '--uses', '1000', '--tags', 'people');
    for (const gateway of ['g1', 'g2'] as const) this.join(gateway, gateway);
  }

  async startServer(): Promise<void> {
    const program = this.server.start('server', '--no-join', '--address', this.server.address);
    this.#program = program;
    await until('the server serves', () => {
      if (program.ended) throw new Error(`the server ended: ${program.output}`);
      return program.output.includes('serving at');
    });
  }

  async killServer(): Promise<void> {
    await this.#program?.end('SIGKILL');
  }

  join(who: Who, name: string): void {
    this.machines[who].must('join', this.#join, '--name', name);
  }

  leave(who: Member): void {
    this.machines[who].must('leave');
  }

  remove(name: string): void {
    this.server.must('remove', name);
  }

  /** Makes this the network's file, whatever it was. */
  apply(next: File): void {
    this.server.write(file, yamlOf(next, this.network));
    this.server.must('apply', file, '--force', '--yes', '--no-wait');
  }

  /** Ends an agent, and what would start it again, in the middle of whatever they do. */
  killAgent(who: Who): void {
    const { [who]: machine } = this.machines;
    const status: unknown = JSON.parse(machine.hawser('agent', 'status', '--json').out);
    const { pid, supervisor } = status as { pid: number; supervisor?: { pid: number } };
    machine.do(`kill -9 ${supervisor ? `${supervisor.pid} ` : ''}${pid}`);
  }

  startAgent(who: Who): void {
    this.machines[who].must('agent', 'start');
  }

  cable(who: Who | 'server', is: 'up' | 'down'): void {
    this.#world.cable(who === 'server' ? this.server : this.machines[who], is);
  }

  /** Gives a machine another address in the world outside. */
  roam(who: Member): void {
    const { [who]: machine } = this.machines;
    this.#roamed++;
    machine.do(`ip address add 192.0.2.${100 + this.#roamed}/24 dev eth0`);
    const old = /inet (\S+)/.exec(machine.do('ip -4 -o address show dev eth0'))?.[1];
    machine.do('sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1');
    machine.do(`ip address del ${old} dev eth0`);
  }

  backUp(): void {
    this.server.must('backup', backup, '--force', '--passphrase-file', passphrase);
  }

  /** The server's machine burns down; another takes its place, with what was backed up. */
  async restore(): Promise<void> {
    await this.killServer();
    this.server.do('rm -rf /var/lib/hawser-server');
    this.server.must('restore', backup, '--passphrase-file', passphrase);
    await this.startServer();
  }

  /** What the server says to a question of its API. */
  async #get(path: string): Promise<unknown> {
    const answer = await this.probes.server.get(`/v1/networks/${this.network}${path}`, this.#admin);
    if (answer === undefined) throw new Error(`the server does not answer ${path}`);
    return answer;
  }

  async status(): Promise<NetworkStatus> {
    return (await this.#get('/status')) as NetworkStatus;
  }

  /** The text of the file that the server has. */
  async stored(): Promise<string> {
    const { entry, files } = (await this.#get('/file')) as {
      readonly entry: string;
      readonly files: Readonly<Record<string, string>>;
    };
    return files[entry] ?? '';
  }

  /** What is known of machines and server when something went wrong. */
  report(): string {
    const of = (machine: Machine, ...argv: readonly string[]): string => {
      const { out, err } = machine.hawser(...argv);
      return `${machine.name} ${argv.join(' ')}:\n${out}${err}`;
    };
    return [
      of(this.server, 'status'),
      of(this.server, 'history'),
      of(this.server, 'pull'),
      ...everybody.map((who) => of(this.machines[who], 'agent', 'status')),
      ...everybody.map((who) => `${who} said last:\n${this.#logOf(who)}`),
    ].join('\n');
  }

  #logOf(who: Who): string {
    const log = '/var/lib/hawser/agent.log';
    return this.machines[who].box.run(['sh', '-c', `test ! -f ${log} || tail -n 60 ${log}`]);
  }

  async close(): Promise<void> {
    for (const probe of Object.values(this.probes)) probe.end();
    await this.killServer();
    await this.#world.close();
  }
}

/** The device of the network's tunnel, and its table, on every machine. */
export const deviceOf = (network: string): string => `hw-${network}`;
export const tableOf = (network: string): string => `hawser-${network}`;

/** A gateway's own address in a subnet of its site. */
export const addressIn = (subnet: string): string => subnet.replace('.0/24', '.1');
