import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, Sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

const program = join(import.meta.dirname, '../../src/main/cli.ts');

/** A machine on the LAN, in namespaces of its own, with the Hawser that ships. */
export class LanMachine {
  readonly name: string;
  readonly address: string;
  readonly box: Sandbox;
  readonly folder = mkdtempSync(join(tmpdir(), 'hawser-lan-'));
  readonly #port: string;

  private constructor(name: string, address: string, box: Sandbox) {
    this.name = name;
    this.address = address;
    this.box = box;
    this.#port = `hwag${process.pid % 10_000}-${name}`.slice(0, 15);
  }

  static async open(name: string, address: string): Promise<LanMachine> {
    return new LanMachine(name, address, await Sandbox.open());
  }

  /** Connects it to a switch, which is a bridge in a machine of its own. */
  plugInto(lan: Sandbox): void {
    const [own, far] = [String(this.box.pid), String(lan.pid)];
    const end = (name: string, pid: string) => ['name', name, 'netns', pid];
    const port = this.#port;
    execFileSync('ip', [
      'link',
      'add',
      ...end('eth0', own),
      'type',
      'veth',
      'peer',
      ...end(port, far),
    ]);
    lan.run(['ip', 'link', 'set', port, 'master', 'lan', 'up']);
    this.do('mount -t tmpfs tmpfs /var/lib');
    this.do(`ip address add ${this.address}/24 dev eth0`);
    this.do('ip link set dev eth0 up');
  }

  /** Pulls its cable, or puts it back. */
  cable(lan: Sandbox, state: 'up' | 'down'): void {
    lan.run(['ip', 'link', 'set', this.#port, state]);
  }

  /** Runs a command line of plain words. */
  do(line: string): string {
    return this.box.run(line.split(' '));
  }

  get #home(): Readonly<Record<string, string>> {
    return { HOME: this.folder, XDG_CONFIG_HOME: join(this.folder, 'config') };
  }

  /** Runs Hawser to its end; throws with what it said if it fails. */
  hawser(...words: readonly string[]): string {
    return this.box.run([process.execPath, program, ...words], { env: this.#home });
  }

  /** Starts a Hawser that stays. */
  start(...words: readonly string[]): Program {
    return this.box.start([process.execPath, program, ...words], { env: this.#home });
  }

  /** As after a power cut: no process of ours lives, no device is left, /run is empty. */
  async reboot(): Promise<void> {
    const pids = this.do('ps -eo pid=,args=')
      .split('\n')
      .filter((line) => /wireguard-go|agent (run|supervise)/.test(line))
      .map((line) => line.trim().split(' ')[0] ?? '');
    for (const pid of pids) this.do(`kill -KILL ${pid}`);
    this.do('nft flush ruleset');
    this.do('rm -rf /run/hawser /run/wireguard');
    await until('its tunnels are gone', () => !this.do('ip -br link').includes('hw-'));
  }

  /** Ends the agent and whoever would start it again, as nothing can that leaves them a word. */
  async killAgent(): Promise<void> {
    const { pid, supervisor } = JSON.parse(this.hawser('agent', 'status', '--json')) as {
      readonly pid: number;
      readonly supervisor?: { readonly pid: number };
    };
    this.do(`kill -KILL ${supervisor?.pid ?? ''} ${pid}`.replace('  ', ' '));
    await until('it is gone', () => !this.do('ps -eo args=').includes('agent run'));
  }

  /** Starts an agent that is less patient than usual. */
  async startAgent(): Promise<void> {
    this.start('agent', 'run', '--confirm-within', '3s');
    await until('the agent answers', () => this.hawser('agent', 'status'));
  }

  /** What the agent says of its only network. */
  status(): Status {
    const { networks } = JSON.parse(this.#ask('agent', 'status', '--json')) as {
      readonly networks: readonly Status[];
    };
    return networks[0] ?? { connected: false, complete: false, quarantined: 0 };
  }

  /** What it prints, also where it ends with an exit code. */
  #ask(...words: readonly string[]): string {
    const argv = [...this.box.enter.slice(1), process.execPath, program, ...words];
    return spawnSync('nsenter', argv, { encoding: 'utf8' }).stdout;
  }

  until(what: string, is: (status: Status) => boolean, timeout = 20_000): Promise<Status> {
    return until(
      `${this.name}: ${what}`,
      () => {
        const status = this.status();
        return is(status) ? status : undefined;
      },
      timeout,
    );
  }

  /** The hub's address in the network, as the agent knows it. */
  peerAddress(): string {
    const shown = JSON.parse(this.hawser('agent', 'show', '--json')) as {
      readonly peers: readonly { readonly prefixes: readonly string[] }[];
    };
    const [prefix = ''] = shown.peers[0]?.prefixes ?? [];
    return prefix.replace(/\.0\/\d+$/, '.1');
  }

  /** What an agent that was started by a join has written. */
  log(): string {
    return this.do('cat /var/lib/hawser/agent.log');
  }

  pings(address: string): boolean {
    const argv = [...this.box.enter.slice(1), 'ping', '-c1', '-W1', address];
    return spawnSync('nsenter', argv).status === 0;
  }

  async close(): Promise<void> {
    await this.box.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Status {
  readonly connected: boolean;
  readonly complete: boolean;
  readonly revision?: number;
  readonly confirmed?: number;
  readonly quarantined: number;
}

/** A switch. */
export async function openLan(): Promise<Sandbox> {
  const lan = await Sandbox.open();
  lan.run(['ip', 'link', 'add', 'lan', 'type', 'bridge']);
  lan.run(['ip', 'link', 'set', 'lan', 'up']);
  return lan;
}
