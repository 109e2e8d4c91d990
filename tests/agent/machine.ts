import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type Report, Store } from '#agent';
import { type LinuxHost, linuxHost, type Run } from '#host';
import type { HostState } from '#state';
import { Sandbox } from '../support/sandbox.ts';

/** A machine in namespaces of its own, with an agent that works on it from the outside. */
export class TestMachine {
  readonly box: Sandbox;
  readonly folder: string;

  private constructor(box: Sandbox, folder: string) {
    this.box = box;
    this.folder = folder;
  }

  static async open(): Promise<TestMachine> {
    const machine = new TestMachine(
      await Sandbox.open(),
      mkdtempSync(join(tmpdir(), 'hawser-agent-')),
    );
    // A resolver runs as nobody.
    chmodSync(machine.folder, 0o711);
    mkdirSync(join(machine.folder, 'etc'));
    writeFileSync(machine.hostsFile, '127.0.0.1 localhost\n127.0.1.1 hub # itself');
    return machine;
  }

  /** Runs a command line of plain words. */
  do(line: string, input?: string): string {
    return this.box.run(line.split(' '), input === undefined ? {} : { input });
  }

  host(wrap?: (run: Run) => Run): LinuxHost {
    return linuxHost({
      enter: { root: this.box.enter },
      // Its first process, in its own view.
      rootNamespace: '/proc/1/ns/net',
      runFolder: join(this.folder, 'run'),
      stateFolder: join(this.folder, 'state'),
      etc: join(this.folder, 'etc'),
      ...(wrap && { wrap }),
    });
  }

  /** Its /etc/hosts; the last line has no end. */
  get hostsFile(): string {
    return join(this.folder, 'etc/hosts');
  }

  hosts(): string {
    return readFileSync(this.hostsFile, 'utf8');
  }

  get store(): Store {
    return new Store(join(this.folder, 'state'));
  }

  /** A new agent each time, as after a restart. */
  agent(wrap?: (run: Run) => Run): Agent {
    return new Agent({ host: this.host(wrap), store: this.store });
  }

  apply(state: HostState, wrap?: (run: Run) => Run): Promise<Report> {
    return this.agent(wrap).reconcile(state);
  }

  cleanup(network: string): Promise<Report> {
    return this.agent().cleanup(network);
  }

  /** All that a person would look at, without counters and times: equal machines give equal text. */
  picture(): string {
    const counters = / packets \d+ bytes \d+/g;
    return [
      this.do('ip -br link'),
      this.do('ip -br address'),
      this.do('ip -4 rule'),
      this.do('ip -6 rule'),
      this.do('ip -4 route show table all'),
      this.do('ip -6 route show table all type unicast'),
      this.do('ip -6 route show table all type unreachable'),
      orderless(this.do('nft list ruleset').replace(counters, '')),
      this.do('sysctl -ar ^net.ipv[46].conf.*(forwarding|accept_ra|src_valid_mark)$'),
    ].join('\n---\n');
  }

  async close(): Promise<void> {
    await this.box.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** nft tells elements and the blocks of a table in the order they came: no part of what they say. */
function orderless(ruleset: string): string {
  const sorted = ruleset.replaceAll(/elements = \{([^}]*)\}/g, (_, inside: string) => {
    const elements = inside.split(',').map((element) => element.trim());
    return `elements = { ${elements.sort().join(', ')} }`;
  });
  return sorted
    .split('\n\n')
    .map((block) => block.replace(/\n\}\s*$/, ''))
    .sort()
    .join('\n\n');
}

/** Any machine in a sandbox of its own. */
type Boxed = Pick<TestMachine, 'box'> & { readonly do: (line: string) => string };

/** A cable between two machines: a device of the same name in both, with these addresses. */
export function connect(name: string, ends: readonly [Boxed, readonly string[]][]): void {
  const [[a], [b]] = ends as [[Boxed, unknown], [Boxed, unknown]];
  const end = (machine: Boxed) => ['name', name, 'netns', String(machine.box.pid)];
  execFileSync('ip', ['link', 'add', ...end(a), 'type', 'veth', 'peer', ...end(b)]);
  for (const [machine, addresses] of ends) {
    machine.do(`ip link set ${name} up`);
    for (const address of addresses) {
      machine.do(`ip address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
    }
  }
}
