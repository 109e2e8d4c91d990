import type { TLSSocket } from 'node:tls';
import { type RawData, WebSocket } from 'ws';
import {
  channelPath,
  channelVersion,
  type Finding,
  type FromAgent,
  type Hello,
  proofText,
  type ToAgent,
} from '#api';
import { HawserError } from '#base';
import type { Path } from '../daemon/path.ts';
import { agentErrors } from '../errors.ts';
import type { Identity } from '../identity.ts';
import { type Dial, dial } from './dial.ts';
import { readMessage } from './messages.ts';

/** What an agent says of itself; the rest of its hello is proof. */
export type Greeting = Omit<Hello, 'type' | 'machine' | 'identity' | 'signature'>;

export interface ConnectionInit extends Dial {
  readonly network: string;
  readonly machine: string;
  readonly identity: Identity;
  /** Asked when the server's challenge is there. */
  readonly greeting: () => Greeting;
}

export interface ConnectionEvents {
  /** The server knows us: it answered our hello. */
  accepted(connection: Connection): void;
  /** Everything the server says from then on, its answer first. */
  message(message: ToAgent, connection: Connection): void;
  /** Told once, also where nothing was accepted. */
  ended(reason: HawserError, connection: Connection | undefined, again?: number): void;
}

/** One connection of one agent to one server. */
export interface Connection {
  readonly path: Path;
  send(message: FromAgent): void;
  /** Asks for a sign of life now, and ends where none comes soon. */
  check(): void;
  close(): void;
}

/** ms between signs of life; a server that is gone is known when two are missing. */
const pulse = 15_000;
/** ms for a sign of life where there is reason to doubt. */
const soon = 5_000;

/** Seconds that a server, or what stands before it, may ask for. */
const longestPause = 300;

/** Retry-After as a number of seconds (RFC 9110, 10.2.3). */
const pauseOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Math.min(Number(text), longestPause) : undefined;

/** ms for the server's answer to our hello, of a server to which a connection may take so long. */
const answerWithin = ({ patience }: Dial): number => 2 * patience;

type Stage = 'opened' | 'greeted' | 'accepted' | 'ended';

class OpenConnection implements Connection {
  readonly path: Path;
  readonly #tls: TLSSocket;
  readonly #socket: WebSocket;
  readonly #init: ConnectionInit;
  readonly #events: ConnectionEvents;
  #stage: Stage = 'opened';
  #isAlive = true;
  /** Bytes that had come when a sign of life was asked for. */
  #read = 0;
  #timer: NodeJS.Timeout;
  #doubt: NodeJS.Timeout | undefined;

  constructor(tls: TLSSocket, socket: WebSocket, init: ConnectionInit, events: ConnectionEvents) {
    this.path = { local: tls.localAddress ?? '', remote: tls.remoteAddress ?? '' };
    this.#tls = tls;
    this.#socket = socket;
    this.#init = init;
    this.#events = events;
    const silent = (): void => this.#end(this.#lost('it does not answer'));
    this.#timer = setTimeout(silent, answerWithin(init));
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    // A server that takes no WebSocket there.
    socket.on('unexpected-response', (asked, { statusCode, headers }) => {
      asked.destroy();
      const detail = `it answers with HTTP status ${statusCode ?? 'unknown'}`;
      this.#end(this.#lost(detail), pauseOf(headers['retry-after']));
    });
    socket.on('error', (error) => this.#end(this.#lost(error.message)));
    socket.on('close', (code) => this.#end(this.#lost(`it closed the connection (${code})`)));
  }

  #lost(detail: string): HawserError {
    return agentErrors.error('agent/no-connection', { server: this.#init.server, detail });
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#stage === 'ended' || isBinary) return;
    this.#isAlive = true;
    try {
      const message = readMessage(textOf(data));
      if (message) this.#take(message);
    } catch (error) {
      if (!(error instanceof HawserError)) throw error;
      this.#end(error);
    }
  }

  #take(message: ToAgent): void {
    if (message.type === 'refused') {
      this.#end(refusal(message.error), message.again);
    } else if (message.type === 'challenge') {
      if (this.#stage === 'opened') this.#greet(message.version, message.nonce);
    } else if (this.#stage !== 'opened') {
      this.#accept();
      this.#events.message(message, this);
    }
  }

  #greet(version: number, nonce: string): void {
    if (version !== channelVersion) {
      throw agentErrors.error('agent/other-channel', { version, own: channelVersion });
    }
    const { identity, network, machine, greeting } = this.#init;
    const signature = identity.sign(proofText(network, machine, nonce));
    this.#stage = 'greeted';
    const hello = { type: 'hello', machine, identity: identity.publicKey, signature } as const;
    this.send({ ...hello, ...greeting() });
  }

  #accept(): void {
    if (this.#stage !== 'greeted') return;
    this.#stage = 'accepted';
    clearTimeout(this.#timer);
    this.#timer = setInterval(() => this.#feel(), pulse);
    this.#events.accepted(this);
  }

  /** Asks for a sign of life, once what was asked before has been answered. */
  #feel(): void {
    if (this.#doubt) return;
    if (this.#hasLived) this.#ask();
    else this.#end(this.#lost('it gives no sign of life'));
  }

  #ask(): void {
    this.#isAlive = false;
    this.#read = this.#tls.bytesRead;
    this.#socket.ping();
  }

  /** A long message over a slow network is one before it is whole; answers come after it. */
  get #hasLived(): boolean {
    return this.#isAlive || this.#tls.bytesRead > this.#read;
  }

  check(): void {
    if (this.#stage !== 'accepted' || this.#doubt) return;
    this.#ask();
    this.#doubt = setTimeout(() => {
      this.#doubt = undefined;
      if (!this.#hasLived) this.#end(this.#lost('it gives no sign of life'));
    }, soon);
  }

  #end(reason: HawserError, again?: number): void {
    if (this.#stage === 'ended') return;
    const wasAccepted = this.#stage === 'accepted';
    this.#stop();
    this.#socket.terminate();
    this.#events.ended(reason, wasAccepted ? this : undefined, again);
  }

  send(message: FromAgent): void {
    if (this.#stage !== 'ended') this.#socket.send(JSON.stringify(message));
  }

  /** Ends it in good order: what was sent arrives. */
  close(): void {
    if (this.#stage === 'ended') return;
    this.#stop();
    this.#socket.close(1000);
  }

  #stop(): void {
    this.#stage = 'ended';
    clearTimeout(this.#timer);
    clearTimeout(this.#doubt);
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.from(data as Buffer).toString();
}

const refusal = ({ code, message, fix }: Finding): HawserError =>
  new HawserError({ code, message, fix });

/** Opens a connection; all that becomes of it is told by `events`. */
export async function openConnection(
  init: ConnectionInit,
  events: ConnectionEvents,
): Promise<Connection | undefined> {
  const { server, network } = init;
  try {
    const tls = await dial(init);
    const url = new URL(channelPath(network), server.replace(/^https:/, 'wss:'));
    const socket = new WebSocket(url, {
      createConnection: () => tls,
      handshakeTimeout: answerWithin(init),
      perMessageDeflate: false,
    });
    return new OpenConnection(tls, socket, init, events);
  } catch (error) {
    if (!(error instanceof HawserError)) throw error;
    events.ended(error, undefined);
    return undefined;
  }
}
