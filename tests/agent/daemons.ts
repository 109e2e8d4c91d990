import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askAgent, joinNetwork, runAgent, type SessionStatus, type Timings } from '#agent';
import { countingRun, FakeHost, FakeKernel, type Run } from '#host';
import { facilities, idOf } from '#state';
import { until } from '../support/until.ts';

/** A machine in memory with the agent that ships, for one network called `net`. */
export class FakeMachine {
  readonly name: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'hawser-daemon-'));
  readonly kernel = new FakeKernel();
  readonly lines: string[] = [];
  #ending = new AbortController();
  #running: Promise<void> | undefined;
  #boots = 0;
  #timings: Partial<Timings> = { spread: 0 };

  constructor(name: string) {
    this.name = name;
    this.kernel.put(undefined, 'links', { name: 'eth0', mtu: 1400, up: true });
    this.kernel.put(undefined, 'addresses', { device: 'eth0', address: '192.168.66.4/24' });
    for (const [family, key] of [
      ['ipv4', 'forwarding'],
      ['ipv6', 'force_forwarding'],
      ['ipv4', 'src_valid_mark'],
      ['ipv4', 'send_redirects'],
    ]) {
      for (const device of ['eth0', 'hw-net', 'hw-other', 'all']) {
        this.kernel.sysctls.set(`net/${family}/conf/${device}/${key}`, '0');
      }
    }
  }

  get stateDir(): string {
    return join(this.folder, 'state');
  }

  async join(token: string): Promise<void> {
    await joinNetwork({ token, name: this.name, stateDir: this.stateDir });
  }

  /** Starts the agent, and waits until it answers. */
  async start(timings: Partial<Timings> = {}): Promise<void> {
    this.#timings = { ...this.#timings, ...timings };
    this.#ending = new AbortController();
    this.#running = runAgent({
      stateDir: this.stateDir,
      signal: this.#ending.signal,
      version: '0.0.0',
      log: (line) => this.lines.push(line),
      host: new FakeHost(this.kernel),
      run: this.#run,
      lock: { file: join(this.folder, 'lock') },
      timings: this.#timings,
      boot: `boot ${this.#boots}`,
      installed: { kind: 'archive', architecture: 'amd64', prefix: join(this.folder, 'program') },
    });
    await until('the agent answers', () => askAgent(this.stateDir, { do: 'status' }));
  }

  /** All ways lead by eth0; what else is asked of the machine, its programs say. */
  readonly #run: Run = async (purpose, argv, options) => {
    if (argv[0] !== 'ip') return countingRun().run(purpose, argv, options);
    const links = this.kernel.of('links').map(({ item }) => item);
    const sizes = links.map(({ name, mtu }) => ({ ifname: name, mtu }));
    const asked = (options?.stdin ?? '').trim().split('\n');
    return asked
      .map((line) => JSON.stringify(line.startsWith('route get') ? [{ dev: 'eth0' }] : sizes))
      .join('\n');
  };

  /** Its own network takes packets of that size from now on, bytes. */
  resize(mtu: number): void {
    this.kernel.put(undefined, 'links', { name: 'eth0', mtu, up: true });
  }

  /** Stops it, takes all from the kernel that no boot brings back, and starts it. */
  async reboot(): Promise<void> {
    await this.stop();
    for (const facility of facilities) {
      for (const { network, item } of this.kernel.of(facility)) {
        if (network !== undefined)
          this.kernel.remove(facility, idOf[facility](item as never), network);
      }
    }
    this.#boots++;
    await this.start();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    this.#running = undefined;
  }

  /** What the agent says of a network; undefined where it has none. */
  async status(network = 'net'): Promise<SessionStatus | undefined> {
    const { networks } = await askAgent(this.stateDir, { do: 'status' });
    return networks.find((one) => one.network === network);
  }

  until(
    what: string,
    is: (status: SessionStatus) => boolean,
    network?: string,
  ): Promise<SessionStatus> {
    return until(`${this.name}: ${what}`, async () => {
      const status = await this.status(network);
      return status && is(status) ? status : undefined;
    });
  }

  /** Names of peers' keys in the kernel. */
  get peers(): readonly string[] {
    return this.kernel.of('peers').map(({ item }) => item.publicKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
