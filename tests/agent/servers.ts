import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type FileSet, parseToken, type RouteName, type RouteShape, routes } from '#api';
import { type RunningServer, startServer } from '#server';

const packagesIn = (data: string): string => join(data, 'packages');

/** A server on loopback with one network, `net` unless said, whose hub is `hub`. It may go and come back. */
export class Server {
  readonly network: string;
  readonly #data: string;
  /** Packages that lie there are handed out. */
  readonly packages: string;
  #running: RunningServer | undefined;
  readonly #tokens: NonNullable<RunningServer['firstTokens']>;
  readonly #port: number;

  private constructor(running: RunningServer, data: string, network: string) {
    this.network = network;
    this.#running = running;
    this.#data = data;
    this.packages = packagesIn(data);
    this.#port = running.port;
    if (!running.firstTokens) throw new Error('a new server makes tokens');
    this.#tokens = running.firstTokens;
  }

  static async start(network = 'net'): Promise<Server> {
    const data = mkdtempSync(join(tmpdir(), 'hawser-daemon-server-'));
    return new Server(await Server.#run(data, 0, network), data, network);
  }

  static #run(data: string, port: number, network: string): Promise<RunningServer> {
    return startServer({
      data,
      packages: packagesIn(data),
      listen: { host: '127.0.0.1', port },
      addresses: ['127.0.0.1'],
      firstNetwork: { network, machine: 'hub', endpoint: '192.0.2.1:51820' },
      log: pino({ level: 'silent' }),
    });
  }

  /** For the hub's own agent, once. */
  get hubToken(): string {
    return this.#tokens.hub?.reveal() ?? '';
  }

  get joinToken(): string {
    return this.#tokens.join?.reveal() ?? '';
  }

  async stop(): Promise<void> {
    await this.#running?.close();
    this.#running = undefined;
  }

  /** Comes back where it was. */
  async restart(): Promise<void> {
    this.#running = await Server.#run(this.#data, this.#port, this.network);
  }

  /** Calls a route as admin; it has to succeed. */
  async call(
    name: RouteName,
    params: Readonly<Record<string, string | number>> = {},
    body?: unknown,
  ): Promise<unknown> {
    const { method, path }: RouteShape = routes[name];
    const all: Readonly<Record<string, string | number>> = {
      network: this.network,
      ...params,
    };
    const url = path.replace(/:(\w+)/g, (_, key: string) => String(all[key]));
    const { status, text } = await this.#send(
      method,
      url,
      body === undefined ? undefined : JSON.stringify(body),
    );
    if (status >= 300) throw new Error(`${name}: ${status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  #send(
    method: string,
    path: string,
    body: string | undefined,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const secret = parseToken(this.#tokens.admin.reveal()).secret.reveal();
    const headers = {
      authorization: `Bearer ${secret}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const options = { host: '127.0.0.1', port: this.#port, path, method, headers };
    return new Promise((resolve, reject) => {
      const sent = request({ ...options, rejectUnauthorized: false, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Changes the network's file. */
  async edit(change: (text: string) => string): Promise<void> {
    const { entry, files } = (await this.call('pull')) as FileSet;
    const text = change(files[entry] ?? '');
    await this.call('apply', {}, { entry, files: { ...files, [entry]: text }, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }
}
