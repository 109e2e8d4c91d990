import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../support/checkout.ts';
import { bundle, type Outcome, outcomeOf, outcomeOfHawser } from '../support/hawser.ts';

export interface ProofJson {
  readonly holds: boolean;
  readonly mismatches: readonly string[];
  readonly causes: readonly { readonly cause: string }[];
  readonly seconds: number;
  readonly handshakes: { readonly expected: number; readonly missing: readonly unknown[] };
  readonly flows: readonly {
    readonly from: string;
    readonly to: string;
    readonly class: string;
    readonly family: number;
    readonly predicted: string;
    readonly measured: string;
  }[];
  readonly refusals: readonly { readonly flows: number; readonly counted: number }[];
}

/**
 * The labs of one test, apart from all others on the machine, driven by the bundle that ships; all
 * of them are taken down at its end.
 */
export class Labs implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'hawser-labs-'));
  readonly #env = { ...process.env, NO_COLOR: '1', HAWSER_LABS: join(this.folder, 'labs') };

  run(...args: readonly string[]): Outcome {
    return outcomeOfHawser(['lab', ...args], { cwd: repositoryRoot, env: this.#env });
  }

  /** Runs a command that must succeed, and gives what it printed. */
  must(...args: readonly string[]): string {
    const { code, out, err } = this.run(...args);
    if (code !== 0) throw new Error(`lab ${args.join(' ')} ended with ${code}:\n${err}${out}`);
    return out;
  }

  /** `up`, `prove` or `ping` with `--json`, whatever the verdict. */
  proof(...args: readonly string[]): ProofJson {
    const { out, err } = this.run(...args, '--json');
    try {
      return JSON.parse(out) as ProofJson;
    } catch {
      throw new Error(`lab ${args.join(' ')} gave no JSON:\n${err}${out}`);
    }
  }

  /** Runs a command on a machine, whatever its exit code. */
  on(machine: string, ...argv: readonly string[]): Outcome {
    return this.run('exec', machine, '--', ...argv);
  }

  start(...args: readonly string[]): ChildProcess {
    const argv = [bundle, 'lab', ...args];
    return spawn(process.execPath, argv, { cwd: repositoryRoot, env: this.#env, stdio: 'ignore' });
  }

  /** The same at a terminal, whose keyboard is its standard input; the exit code is the program's. */
  startAtTerminal(...args: readonly string[]): ChildProcess {
    const words = [process.execPath, bundle, 'lab', ...args].map((word) => `'${word}'`);
    const argv = ['-qefc', words.join(' '), '/dev/null'];
    const stdio = ['pipe', 'ignore', 'ignore'] as const;
    return spawn('script', argv, { cwd: repositoryRoot, env: this.#env, stdio: [...stdio] });
  }

  /** A file of a network, in the test's own folder. */
  file(name: string, yaml: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, yaml);
    return path;
  }

  /** What a lab's folder holds, relative paths. */
  filesOf(name: string): readonly string[] {
    const folder = join(this.folder, 'labs', name);
    return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  }

  readLab(name: string): { readonly id?: string; readonly keeper?: number } {
    const path = join(this.folder, 'labs', name, 'lab.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { id: string }) : {};
  }

  [Symbol.dispose](): void {
    this.run('down', '--all');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Processes that belong to these labs: by their folder on the command line, or a lab's id. */
export function processesOf(labs: Labs, ids: readonly string[] = []): readonly string[] {
  const marks = [labs.folder, ...ids.map((id) => `HAWSER_LAB=${id}`)];
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && pid !== `${process.pid}`)
    .map((pid) => ({ pid, text: readProc(pid, 'cmdline') + readProc(pid, 'environ') }))
    .filter(({ text }) => marks.some((mark) => text.includes(mark)))
    .map(({ pid, text }) => `${pid} ${text.replaceAll('\0', ' ').slice(0, 200)}`);
}

const said = (...argv: readonly string[]): string => outcomeOf(argv).out;

/** What a lab could leave behind on the machine itself, as text that can be compared. */
export const machineTrace = (): Readonly<Record<string, string>> => ({
  links: said('ip', '-br', 'link').replace(/\s+/g, ' '),
  routes: said('ip', 'route', 'show', 'table', 'all'),
  rules: said('ip', 'rule'),
  nft: said('nft', 'list', 'ruleset'),
  namespaces: said('ip', 'netns', 'list'),
  mounts: readFileSync('/proc/self/mounts', 'utf8'),
  home: existsSync('/var/lib/hawser') ? readdirSync('/var/lib/hawser').join(' ') : 'none',
  forwarding: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
  hosts: readFileSync('/etc/hosts', 'utf8'),
});
