import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseToken } from '#api';
import { leanOf } from '#main';
import { until } from '../../tests/support/until.ts';
import { ask } from './request.ts';

const root = join(import.meta.dirname, '../..');

/** Without it, it would begin again, and not hear what it is asked over its channel. */
const lean = leanOf(['server']);

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

/** The server that ships, in a process and a folder of its own, on loopback. */
export class BenchServer {
  readonly folder: string;
  readonly port: number;
  #child: ChildProcess | undefined;
  #admin = '';

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  /** Its first start: an admin, and no network yet. */
  static async open(): Promise<BenchServer> {
    // Beside the checkout: what lies in /tmp may be memory, where a commit costs nothing.
    const cache = join(root, '.cache');
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'bench-converge-'));
    const server = new BenchServer(folder, await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** By which its key is known. */
  get pin(): string {
    return parseToken(this.#admin).pin ?? '';
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it on what it kept; resolves when it answers. */
  async start(): Promise<void> {
    const turns = join(import.meta.dirname, 'turns.ts');
    const flags = ['--data', this.data, '--listen', `127.0.0.1:${this.port}`, '--no-join'];
    const argv = [join(root, 'dist/hawser.mjs'), 'server', ...flags, '--address', '127.0.0.1'];
    const child = spawn(process.execPath, [...(lean?.flags ?? []), '--import', turns, ...argv], {
      env: { ...process.env, ...lean?.env, HOME: this.folder, XDG_CONFIG_HOME: '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part: string) => {
        output += part;
      });
    }
    await until('the server serves', () => {
      if (child.exitCode !== null) throw new Error(`the server ended: ${output}`);
      return output.includes('serving at');
    });
    const token = /^ {2}(hawser-admin-[\w-]+)$/m;
    if (this.#admin === '') {
      this.#admin = await until('the admin token is shown', () => token.exec(output)?.[1]);
    }
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  get adminToken(): string {
    return this.#admin;
  }

  /** A request that has to succeed; its answer as text. */
  async ask(method: string, path: string, body?: unknown, token = this.#admin): Promise<string> {
    return ask({ url: this.url, method, path, body, token });
  }

  /** The sum of a counter of /metrics over all its labels. */
  async metric(name: string): Promise<number> {
    const text = await this.ask('GET', '/metrics');
    const lines = text.split('\n').filter((line) => line.replace(/[{ ].*/, '') === name);
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** The longest turn of its event loop since it was asked last, ms of processor time. */
  async longestTurn(): Promise<number> {
    const answered = once(this.#child as ChildProcess, 'message');
    this.#child?.send('turns');
    const [{ longest }] = (await answered) as [{ longest: number }];
    return longest;
  }
}
