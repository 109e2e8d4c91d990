import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Finding } from '#api';
import { type Diagnostic, HawserError, plainFinding } from '#base';
import type { HostState } from '#state';
import { agentErrors } from '../errors.ts';
import { permitted } from '../permitted.ts';
import { defaultStateFolder } from '../store.ts';
import type { SessionStatus } from './session.ts';

/** What a person, or a program of ours, may ask of the agent that runs on this machine. */
export type Request =
  | { readonly do: 'status' }
  | { readonly do: 'show'; readonly network: string }
  /** All that the machine should be in a network; no secret is in it. */
  | { readonly do: 'state'; readonly network: string }
  /** `seconds`: for how long; absent: until told otherwise. */
  | { readonly do: 'pause'; readonly seconds?: number }
  | { readonly do: 'resume' }
  | { readonly do: 'rollback'; readonly network: string }
  /** The servers of a network are elsewhere. */
  | { readonly do: 'move'; readonly network: string; readonly server: string }
  /** Something was joined: what was enrolled since is taken up. */
  | { readonly do: 'reload' }
  /** What the network wants of a tunnel that is to be taken over is to be done. */
  | { readonly do: 'adopt'; readonly network: string }
  | ({ readonly do: 'leave' } & Leaving);

export interface Leaving {
  readonly network: string;
  /** The file of the network goes on naming this machine. */
  readonly keepsPlace?: boolean | undefined;
  /** For history and audit. */
  readonly why?: string | undefined;
}

export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  readonly identity: string;
  readonly paused?: string;
  readonly networks: readonly SessionStatus[];
}

/** What the machine has of a network. */
export interface Shown {
  readonly network: string;
  readonly machine: string;
  readonly addresses: readonly string[];
  readonly peers: readonly {
    readonly name: string;
    readonly interface: string;
    readonly endpoint?: string;
    readonly prefixes: readonly string[];
    /** Seconds since 1970; absent: never. */
    readonly handshake?: number;
  }[];
}

export interface Answers {
  readonly status: AgentStatus;
  readonly show: Shown;
  readonly state: HostState;
  readonly pause: { readonly until: string };
  readonly resume: null;
  readonly rollback: { readonly from: number; readonly to?: number };
  readonly move: null;
  readonly reload: null;
  readonly adopt: null;
  /** Whether a server heard it. */
  readonly leave: { readonly told: boolean; readonly notes: readonly Finding[] };
}

type Handle = (request: Request) => Promise<unknown>;

type Reply = { readonly ok: unknown } | { readonly error: Diagnostic };

/** The agent's own socket; beside the states where those are not in the usual place. */
export const socketPath = (stateDir: string): string =>
  stateDir === defaultStateFolder ? '/run/hawser/agent.sock' : join(stateDir, 'agent.sock');

/** A request is short. */
const longestRequest = 10_000;

/** A line to the agent, a line back; both JSON. Only its own user may (0600). */
export class Control {
  readonly #server: Server;
  readonly #handle: Handle;
  readonly #path: string;

  private constructor(path: string, handle: Handle) {
    this.#path = path;
    this.#handle = handle;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Listens; a socket that a killed agent left behind is replaced. */
  static async open(path: string, handle: Handle): Promise<Control> {
    const control = new Control(path, handle);
    permitted(path, () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rmSync(path, { force: true });
    });
    await new Promise<void>((resolve, reject) => {
      const mask = process.umask(0o177);
      control.#server.once('error', reject);
      control.#server.listen(path, resolve);
      process.umask(mask);
    });
    chmodSync(path, 0o600);
    return control;
  }

  #serve(socket: Socket): void {
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.length > longestRequest) socket.destroy();
      else if (text.includes('\n')) void this.#answer(text).then((line) => socket.end(line));
    });
  }

  async #answer(text: string): Promise<string> {
    const reply = await this.#reply(text);
    return `${JSON.stringify(reply)}\n`;
  }

  async #reply(text: string): Promise<Reply> {
    try {
      return { ok: await this.#handle(JSON.parse(text) as Request) };
    } catch (error) {
      if (error instanceof HawserError) return { error: plainFinding(error) };
      return { error: agentErrors.diagnostic('agent/no-answer', { detail: String(error) }) };
    }
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#path, { force: true });
  }
}

/** What is only looked up is answered at once, however much there is to do; ms, and some. */
const lookPatience = 10_000;
const looks: readonly Request['do'][] = ['status', 'state', 'show'];

/** Asks the agent that runs on this machine. @throws agent/not-running, agent/mute, and what it says itself */
export async function askAgent<R extends Request>(
  stateDir: string,
  request: R,
): Promise<Answers[R['do']]> {
  const path = socketPath(stateDir);
  const patience = looks.includes(request.do) ? lookPatience : undefined;
  const line = await exchange(path, `${JSON.stringify(request)}\n`, patience);
  const reply = JSON.parse(line) as Reply;
  if ('error' in reply) throw new HawserError(reply.error);
  return reply.ok as Answers[R['do']];
}

const exchange = (path: string, line: string, patience = 0): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    // 0: without end.
    socket.setTimeout(patience, () => {
      socket.destroy();
      reject(agentErrors.error('agent/mute', { seconds: patience / 1000 }));
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      const detail = cause.code === 'ENOENT' ? `${path} is not there` : cause.message;
      const isClosed = cause.code === 'EACCES' || cause.code === 'EPERM';
      reject(
        isClosed
          ? agentErrors.error('agent/not-permitted', { path, detail: cause.message }, { cause })
          : agentErrors.error('agent/not-running', { detail }, { cause }),
      );
    });
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.on('end', () => {
      if (text.endsWith('\n')) resolve(text);
      else reject(agentErrors.error('agent/not-running', { detail: 'it ended meanwhile' }));
    });
    socket.write(line);
  });
