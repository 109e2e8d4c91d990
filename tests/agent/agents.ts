import type { Machine } from '../server/world.ts';
import { until } from '../support/until.ts';

/** What an agent says of a network. */
export interface Status {
  readonly connected: boolean;
  readonly complete: boolean;
  readonly revision?: number;
  readonly confirmed?: number;
  readonly quarantined: number;
}

interface Said {
  readonly pid: number;
  readonly supervisor?: { readonly pid: number };
  readonly networks: readonly Status[];
}

/** The agent of a machine that is in one network. */
export class AgentAt {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Starts one that is less patient than usual. */
  async start(): Promise<void> {
    this.#machine.start('agent', 'run', '--confirm-within', '3s');
    await until('the agent answers', () => this.#ask() !== undefined);
  }

  /** Ends it and whoever would start it again, as nothing can that leaves them a word. */
  async kill(): Promise<void> {
    const said = this.#ask();
    for (const pid of [said?.supervisor?.pid, said?.pid]) {
      if (pid !== undefined) this.#machine.do(`kill -KILL ${pid}`);
    }
    await until('it is gone', () => !this.#machine.do('ps -eo args=').includes('agent run'));
  }

  /** As after a power cut: no process of ours lives, no device is left, /run is empty. */
  async cutPower(): Promise<void> {
    const pids = this.#machine
      .do('ps -eo pid=,args=')
      .split('\n')
      .filter((line) => /wireguard-go|agent (run|supervise)/.test(line))
      .map((line) => line.trim().split(' ')[0] ?? '');
    for (const pid of pids) this.#machine.do(`kill -KILL ${pid}`);
    this.#machine.do('nft flush ruleset');
    this.#machine.do('rm -rf /run/hawser /run/wireguard');
    await until('its tunnels are gone', () => !this.#machine.do('ip -br link').includes('hw-'));
  }

  /** What it says; also where that is nothing good, and the exit code says so. */
  #ask(): Said | undefined {
    const { out } = this.#machine.hawser('agent', 'status', '--json');
    const said = JSON.parse(out) as Said | { readonly errors: unknown };
    return 'networks' in said ? said : undefined;
  }

  status(): Status {
    return this.#ask()?.networks[0] ?? { connected: false, complete: false, quarantined: 0 };
  }

  until(what: string, is: (status: Status) => boolean, timeout?: number): Promise<Status> {
    const look = (): Status | undefined => [this.status()].find(is);
    return until(`${this.#machine.name}: ${what}`, look, timeout);
  }

  /** What one that was started by a join has written. */
  log(): string {
    return this.#machine.read('/var/lib/hawser/agent.log');
  }
}
