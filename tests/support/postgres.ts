import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { until } from './until.ts';

/** Debian's `nobody`: PostgreSQL refuses to run as root. */
const nobody = 65_534;
const account = process.geteuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

function program(name: string): string {
  const found = globSync(`/usr/lib/postgresql/*/bin/${name}`).sort().at(-1);
  if (found === undefined) throw new Error(`PostgreSQL's ${name} is not installed`);
  return found;
}

/** Into the network of a machine, as nobody: nsenter(1) becomes what it runs, and has its pid. */
const intoNetwork = ({ pid }: PostgresHost): readonly string[] => [
  ...['--target', String(pid), '--net', '--', 'setpriv'],
  ...[`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'],
];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The machine that it runs on: a process there, by whose network it is known, and its address. */
export interface PostgresHost {
  readonly pid: number;
  readonly address: string;
}

/** A PostgreSQL of its own on loopback, or on a machine, gone with all it holds when closed. */
export class PostgresCluster {
  readonly #folder: string;
  readonly #port: number;
  readonly #host: PostgresHost | undefined;
  #process: ChildProcess | undefined;
  #databases = 0;

  private constructor(folder: string, port: number, host: PostgresHost | undefined) {
    this.#folder = folder;
    this.#port = port;
    this.#host = host;
  }

  static async open(host?: PostgresHost): Promise<PostgresCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'hawser-pg-'));
    if (account.uid !== undefined) chownSync(folder, account.uid, account.gid);
    const cluster = new PostgresCluster(folder, await freePort(), host);
    try {
      cluster.#make();
      await cluster.start();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  #make(): void {
    const data = join(this.#folder, 'data');
    const words = ['-D', data, '-U', 'hawser', '-A', 'trust', '--no-sync', '-E', 'UTF8'];
    const env = { ...process.env, LC_ALL: 'C' };
    execFileSync(program('initdb'), words, { ...account, cwd: this.#folder, env, stdio: 'pipe' });
    appendFileSync(join(data, 'pg_hba.conf'), 'host all all samenet trust\n');
  }

  get #address(): string {
    return this.#host?.address ?? '127.0.0.1';
  }

  async start(): Promise<void> {
    const settings = [
      `listen_addresses=${this.#address}`,
      `unix_socket_directories=${this.#folder}`,
      // The machine under it does not fail in these tests.
      'fsync=off',
    ];
    const words = settings.flatMap((setting) => ['-c', setting]);
    const data = join(this.#folder, 'data');
    const argv = [program('postgres'), '-D', data, '-p', String(this.#port), ...words];
    const options = { cwd: this.#folder, stdio: 'ignore' } as const;
    this.#process = this.#host
      ? spawn('nsenter', [...intoNetwork(this.#host), ...argv], options)
      : spawn(argv[0] ?? '', argv.slice(1), { ...account, ...options });
    await until('PostgreSQL answers', () => this.query('postgres', 'select 1').then(() => true));
  }

  /** Ends it, connections and all; what was committed stays. */
  stop(): Promise<void> {
    return this.#end('SIGINT');
  }

  async #end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const process = this.#process;
    if (process?.exitCode !== null) return;
    const ended = once(process, 'exit');
    process.kill(signal);
    await ended;
  }

  url(database: string): string {
    return `postgres://hawser@${this.#address}:${this.#port}/${database}`;
  }

  /** The same for machines that share no network with it: over its socket in the file system. */
  socketUrl(database: string): string {
    return `postgres://hawser@${encodeURIComponent(this.#folder)}:${this.#port}/${database}`;
  }

  /** A new empty database; gives its name. */
  async createDatabase(): Promise<string> {
    const name = `db${this.#databases++}`;
    await this.query('postgres', `create database ${name}`);
    return name;
  }

  async query(database: string, text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: this.socketUrl(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.#end('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
