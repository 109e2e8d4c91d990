import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type Install,
  type Package,
  packagePath,
  type Upgrade,
  type UpgradeMessage,
  type UpgradeReport,
} from '#api';
import { HawserError, plainFinding } from '#base';
import { type Run, writeFileAtomically } from '#host';
import type { Trust } from '../channel/dial.ts';
import { download } from '../channel/download.ts';
import { agentErrors } from '../errors.ts';
import type { Installed } from './installed.ts';
import { readTask, switchScript, type Task, taskText, type Wanted } from './script.ts';

export interface UpgradesInit {
  readonly stateDir: string;
  /** Of the program that runs. */
  readonly version: string;
  readonly installed: Installed | undefined;
  /** Whether the agent is a unit of systemd. */
  readonly isUnit: boolean;
  readonly run: Run;
  readonly log: (line: string) => void;
  /** Tells the server of a network. */
  readonly tell: (network: string, report: UpgradeReport) => void;
}

/** Who orders an upgrade, and has the packages. */
export interface Orderer extends Trust {
  readonly network: string;
  readonly servers: readonly string[];
}

type End = Pick<Upgrade, 'outcome' | 'error'>;

const unit = 'hawser-upgrade.service';
/** Whatever a server calls the package, here it is called so. */
const fetched = 'package';

/** ms until a server must have taken a connection, and between looks whether it has come to an end. */
const patience = 10_000;
const look = 500;

/** Puts other versions of this program in its place; the watching is done by a script outside of it. */
export class Upgrades {
  readonly #init: UpgradesInit;
  readonly #folder: string;
  #timer: NodeJS.Timeout | undefined;
  /** What is being fetched. */
  #fetching: Wanted | undefined;
  /** By network. */
  readonly #last = new Map<string, Upgrade>();

  constructor(init: UpgradesInit) {
    this.#init = init;
    this.#folder = join(init.stateDir, 'upgrade');
    if (this.#isLeft()) this.#spawn();
    this.#watch();
  }

  /** What servers are told. */
  get install(): Install | undefined {
    const { installed } = this.#init;
    return installed && { kind: installed.kind, architecture: installed.architecture };
  }

  /** The last one that a network's server ordered, as far as this agent knows. */
  last(network: string): Upgrade | undefined {
    return this.#last.get(network);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }

  #read(name: string): string | undefined {
    const file = this.#file(name);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** A server answered: if it is the one that wanted this very version, that is proof that it works. */
  answered(network: string): void {
    const task = this.#read('task');
    if (task === undefined) return;
    const wanted = readTask(task);
    if (wanted.network !== network || wanted.version !== this.#init.version) return;
    writeFileAtomically(this.#file('proven'), `${wanted.version}\n`);
  }

  /** Fetches what fits this machine, and hands over to the script. What is in the way is reported. */
  async begin(
    { id, packages, within }: UpgradeMessage,
    orderer: Orderer,
    why?: string,
  ): Promise<void> {
    const version = packages[0]?.version ?? '';
    const { network } = orderer;
    const wanted = { id, network, version };
    const tell = (end: End): void => this.#tell(wanted, end);
    const underWay = this.#underWay();
    if (underWay && isDeepStrictEqual(underWay, wanted)) return tell({ outcome: 'working' });
    if (underWay)
      return tell({ outcome: 'failed', error: refusal('another upgrade is under way') });
    if (version === this.#init.version) return tell({ outcome: 'done' });
    this.#fetching = wanted;
    try {
      const fit = this.#fit(packages, why);
      tell({ outcome: 'working' });
      await this.#fetch(fit, orderer);
      await this.#start(fit, wanted, within);
      this.#watch();
    } catch (error) {
      rmSync(this.#folder, { recursive: true, force: true });
      tell({ outcome: 'failed', error: findingOf(error, version) });
    } finally {
      this.#fetching = undefined;
    }
  }

  #tell({ network, id, version }: Wanted, end: End): void {
    const upgrade = { id, version, ...end };
    this.#last.set(network, upgrade);
    this.#init.tell(network, { type: 'upgrade', ...upgrade });
  }

  #underWay(): Wanted | undefined {
    const task = this.#read('task');
    return this.#fetching ?? (task === undefined ? undefined : readTask(task));
  }

  /** @throws agent/no-upgrade */
  #fit(packages: readonly Package[], why: string | undefined): Package {
    const { installed } = this.#init;
    if (why !== undefined) throw agentErrors.error('agent/no-upgrade', { why });
    const fit = packages.find(
      ({ kind, architecture }) =>
        kind === installed?.kind && architecture === installed.architecture,
    );
    if (fit) return fit;
    const none = installed ? 'no package fits it' : 'Hawser runs from a checkout';
    throw agentErrors.error('agent/no-upgrade', { why: none });
  }

  /** From the first server that has it whole. */
  async #fetch({ name, sha256 }: Package, { servers, ...trust }: Orderer): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const file = this.#file(fetched);
    let failure: unknown;
    for (const server of servers) {
      try {
        const sum = await download({ server, patience, ...trust }, packagePath(name), file);
        if (sum === sha256) return;
        failure = agentErrors.error('agent/no-upgrade', { why: `${name} came damaged` });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #start({ kind }: Package, wanted: Wanted, within: number): Promise<void> {
    const { installed, stateDir, isUnit, run } = this.#init;
    const prefix = installed?.prefix ?? '';
    const at = { package: this.#file(fetched), prefix, stateDir };
    const task: Task = { ...wanted, kind, ...at, within, isUnit };
    writeFileAtomically(this.#file('switch'), switchScript);
    for (const left of ['outcome', 'stage', 'proven']) rmSync(this.#file(left), { force: true });
    writeFileAtomically(this.#file('task'), taskText(task));
    this.#init.log(`version ${wanted.version} is put in place`);
    if (isUnit) await run('write', ['systemctl', 'start', '--no-block', unit]);
    else this.#spawn();
  }

  /** Whether the machine went down in the middle, and no unit of systemd goes on with it. */
  #isLeft(): boolean {
    if (this.#init.isUnit || this.#read('stage') === undefined) return false;
    const line = `/proc/${this.#read('pid')?.trim() ?? 'none'}/cmdline`;
    return !existsSync(line) || !readFileSync(line, 'utf8').includes(this.#folder);
  }

  /** In a session of its own: it outlives this agent, and the next. */
  #spawn(): void {
    const out = openSync(this.#file('script.log'), 'w', 0o600);
    const stdio = ['ignore', out, out] as const;
    spawn('sh', [this.#file('switch')], { cwd: '/', detached: true, stdio: [...stdio] }).unref();
  }

  /** Looks for how it ended, while there is something to look for. */
  #watch(): void {
    clearInterval(this.#timer);
    if (this.#read('task') === undefined && this.#read('outcome') === undefined) return;
    this.#timer = setInterval(() => this.#look(), look);
  }

  #look(): void {
    const text = this.#read('outcome');
    if (text === undefined) return;
    clearInterval(this.#timer);
    const [outcome, id = '', network = '', version = '', seconds = '', words = ''] =
      text.split('\n');
    const said = words.trim() || 'no word';
    rmSync(this.#folder, { recursive: true, force: true });
    this.#init.log(`the upgrade to ${version}: ${outcome}`);
    const tell = (end: End): void => this.#tell({ id, network, version }, end);
    if (outcome === 'done') return tell({ outcome });
    if (outcome === 'reverted') {
      const error = agentErrors.error('agent/upgrade-reverted', { version, seconds, said });
      return tell({ outcome, error: plainFinding(error) });
    }
    const error = agentErrors.error('agent/upgrade-failed', { version, said });
    return tell({ outcome: 'failed', error: plainFinding(error) });
  }
}

const refusal = (why: string) => plainFinding(agentErrors.error('agent/no-upgrade', { why }));

function findingOf(error: unknown, version: string) {
  if (error instanceof HawserError) return plainFinding(error);
  const said = error instanceof Error ? error.message : String(error);
  return plainFinding(agentErrors.error('agent/upgrade-failed', { version, said }));
}
