import { Agent, type RequestOptions, request } from 'node:https';
import type { Duplex } from 'node:stream';
import { dial } from '#agent';
import { requestHeader } from '#api';
import { HawserError, type Secret } from '#base';

export interface Request {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body?: string;
  /** Whether twice is as good as once. */
  readonly mayRepeat: boolean;
  /** What it is called, where it may be sent again. */
  readonly id?: string;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** ms until a server must have taken a connection, and until it must have answered: plans of large networks take their time. */
const connectPatience = 5_000;
const answerPatience = 120_000;

/** No connection came about: nothing reached this server, another may be tried. */
export class Unreachable extends Error {}

/** Connections to one server, kept between the requests of one command. */
export class Connections {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(server: string, pin: string | undefined) {
    this.#url = new URL(server);
    const trust = { authorities: [], ...(pin !== undefined && { pin }) };
    const destination = { server, patience: connectPatience, ...trust };
    this.#agent = new Agent({ keepAlive: true, maxSockets: 2 });
    this.#agent.createConnection = (
      _: RequestOptions,
      done?: (error: Error | null, stream: Duplex) => void,
    ) => {
      dial(destination).then(
        (socket) => done?.(null, socket),
        (cause: Error) => done?.(refusal(cause), undefined as unknown as Duplex),
      );
      return undefined;
    };
  }

  /** One request and its whole answer. @throws Unreachable, agent/wrong-server */
  send({ method, path, body, id }: Request, token: Secret): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          method,
          agent: this.#agent,
          host: this.#url.hostname,
          port: this.#url.port || 443,
          path,
          timeout: answerPatience,
          headers: {
            authorization: `Bearer ${token.reveal()}`,
            accept: 'application/json',
            ...(id !== undefined && { [requestHeader]: id }),
            ...(body !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
          },
        },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              type: incoming.headers['content-type'] ?? '',
              body: Buffer.concat(parts),
            }),
          );
        },
      );
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`no answer within ${answerPatience / 1000} s`)),
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function refusal(error: Error): Error {
  const isAway = error instanceof HawserError && error.code === 'agent/no-connection';
  if (!isAway) return error;
  const { cause = error } = error as { readonly cause?: Error };
  return new Unreachable(cause.message, { cause: error });
}
