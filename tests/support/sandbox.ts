import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunInit {
  /** Given on standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program that was started and goes on. */
export interface Program {
  /** What it printed so far. */
  readonly output: () => string;
}

/**
 * Opens a text for reading, as a file that has no name any more. Node's own pipes are sockets, which
 * programs cannot open again as `/dev/stdin`.
 */
function openText(text: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-test-'));
  try {
    writeFileSync(join(folder, 'text'), text, { mode: 0o600 });
    return openSync(join(folder, 'text'), 'r');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A machine of its own for one test: network, mount, name and process namespaces, an empty `/run`.
 * Its first process is a `cat` on a pipe of ours, so that all of it ends with `close`, and also when
 * the test run dies. Nothing in it has a name on the outside.
 */
export class Sandbox {
  readonly #holder: ChildProcess;
  readonly #init: number;

  private constructor(holder: ChildProcess, init: number) {
    this.#holder = holder;
    this.#init = init;
  }

  static async open(): Promise<Sandbox> {
    const spaces = ['--net', '--mount', '--uts', '--pid'];
    const flags = [...spaces, '--fork', '--kill-child', '--mount-proc'];
    const holder = spawn('unshare', [...flags, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    // What cat gives back shows that the namespaces are made.
    holder.stdin?.write('ready\n');
    await Promise.race([
      once(holder.stdout as NodeJS.ReadableStream, 'data'),
      once(holder, 'exit').then(() => Promise.reject(new Error('unshare failed'))),
    ]);
    const children = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8');
    const sandbox = new Sandbox(holder, Number(children.trim()));
    sandbox.run(['mount', '-t', 'tmpfs', 'tmpfs', '/run']);
    sandbox.#layHostsFile();
    sandbox.run(['ip', 'link', 'set', 'lo', 'up']);
    return sandbox;
  }

  /** An /etc/hosts of its own, which agents may write to. A machine without one has no place for it. */
  #layHostsFile(): void {
    if (!existsSync('/etc/hosts')) return;
    this.run(['install', '-m', '644', '/etc/hosts', '/run/hosts']);
    this.run(['mount', '--bind', '/run/hosts', '/etc/hosts']);
  }

  /** Its first process, by whose namespaces it is known outside. */
  get pid(): number {
    return this.#init;
  }

  /** What to put before a command so that it runs inside. */
  get enter(): readonly string[] {
    return ['nsenter', ...this.#inside([])];
  }

  #inside(argv: readonly string[]): string[] {
    return ['--target', String(this.#init), '--net', '--mount', '--uts', '--pid', '--', ...argv];
  }

  /** Runs a program to its end and gives what it printed; throws, with its standard error, if it fails. */
  run(argv: readonly string[], { input = '', env = {} }: RunInit = {}): string {
    const stdin = openText(input);
    try {
      return execFileSync('nsenter', this.#inside(argv), {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C', ...env },
        stdio: [stdin, 'pipe', 'pipe'],
        maxBuffer: 1 << 26,
      });
    } finally {
      closeSync(stdin);
    }
  }

  /** Starts a program that stays; it ends with the sandbox at the latest. */
  start(argv: readonly string[], { env = {} }: Pick<RunInit, 'env'> = {}): Program {
    const child = spawn('nsenter', this.#inside(argv), {
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    }
    return { output: () => text };
  }

  /** Writes a file with its folders, in the sandbox's own view of the file system. */
  write(path: string, content: string, mode = '0600'): void {
    this.run(['install', '-D', '-m', mode, '/dev/stdin', path], { input: content });
  }

  async close(): Promise<void> {
    const gone = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await gone;
  }
}
