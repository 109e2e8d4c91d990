import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type Type from 'typebox';
import Value from 'typebox/value';
import {
  type BodyOf,
  type ParamsOf,
  Problem,
  problemType,
  type QueryOf,
  type ResponseOf,
  type RouteName,
  type RouteShape,
  routes,
} from '#api';
import { DiagnosticsError, HawserError, type Secret } from '#base';
import { cliErrors } from '../errors.ts';
import { type Answer, Connections, type Request, Unreachable } from './request.ts';

/** How a server is reached, and who one is there. */
export interface Access {
  /** Base URLs, tried in turn. */
  readonly servers: readonly string[];
  readonly pin?: string;
  readonly token: Secret;
}

/** What is not said may be undefined: it does not travel. */
type Loose<T> = { readonly [K in keyof T]: undefined extends T[K] ? T[K] | undefined : T[K] };
interface Parts<N extends RouteName> {
  readonly params: ParamsOf<N>;
  readonly query: QueryOf<N>;
  readonly body: BodyOf<N>;
}
/** What a route asks for, and no more. */
export type CallOf<N extends RouteName> = {
  readonly [K in keyof Parts<N> as [Parts<N>[K]] extends [undefined] ? never : K]: Loose<
    Parts<N>[K]
  >;
};

interface AnyCall {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** Milliseconds in which an answer that was lost is asked for again, and between questions. */
const patience = 15_000;
const pause = 500;

/** What came of a request: an answer; none, though it was sent; or it was not even sent. */
type Tried = { readonly answer: Answer } | { readonly lost: string } | { readonly away: string };

/** The HTTP API of one server, as the table of routes says it. */
export class Client {
  readonly #access: Access;
  /** The server that answered last comes first. */
  #connections: readonly Connections[];

  constructor(access: Access) {
    this.#access = access;
    this.#connections = access.servers.map((server) => new Connections(server, access.pin));
  }

  /** Calls a route. @throws what the server answered; cli/server-unreachable, agent/wrong-server, cli/bad-answer */
  async call<N extends RouteName>(name: N, call: CallOf<N>): Promise<ResponseOf<N>> {
    const route: RouteShape = routes[name];
    const answer = await this.#send(requestOf(route, call));
    return bodyOf(answer, route.response) as ResponseOf<N>;
  }

  /** Calls a route whose answer is a file. */
  async download<N extends RouteName>(name: N, call: CallOf<N>): Promise<Buffer> {
    const answer = await this.#send(requestOf(routes[name], call));
    if (answer.status !== 200) throw failure(answer);
    return answer.body;
  }

  /** What the server hands out besides its API, such as its installer; undefined where it has none. */
  async file(path: string): Promise<Buffer | undefined> {
    const answer = await this.#send({ method: 'GET', path, mayRepeat: true });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw failure(answer);
    return answer.body;
  }

  /**
   * What was on its way may have been done. It is asked for again, of all servers in turn, where twice is
   * as good as once. @throws cli/server-unreachable: nothing was sent; cli/answer-lost
   */
  async #send(request: Request): Promise<Answer> {
    const end = performance.now() + patience;
    const servers = this.#access.servers.join(', ');
    let lost: string | undefined;
    for (;;) {
      const tried = await this.#tryAll(request);
      if ('answer' in tried) return tried.answer;
      if ('lost' in tried) lost = tried.lost;
      else if (lost === undefined) {
        throw cliErrors.error('cli/server-unreachable', { servers, reason: tried.away });
      }
      if (!request.mayRepeat || performance.now() > end) {
        throw cliErrors.error('cli/answer-lost', { servers, reason: lost });
      }
      await sleep(pause);
    }
  }

  /** The next server where one cannot be reached; never where one took the request. */
  async #tryAll(request: Request): Promise<Tried> {
    const reasons: string[] = [];
    for (const connections of this.#connections) {
      try {
        const answer = await connections.send(request, this.#access.token);
        const others = this.#connections.filter((other) => other !== connections);
        this.#connections = [connections, ...others];
        const isUnsure = request.mayRepeat && codeOf(answer) === 'server/commit-unknown';
        return isUnsure ? { lost: 'its database lost it' } : { answer };
      } catch (error) {
        if (error instanceof HawserError) throw error;
        const { message } = error as Error;
        if (!(error instanceof Unreachable)) return { lost: message };
        reasons.push(message);
      }
    }
    return { away: [...new Set(reasons)].join('; ') };
  }

  close(): void {
    for (const connections of this.#connections) connections.close();
  }
}

function requestOf(route: RouteShape, { params = {}, query = {}, body }: AnyCall): Request {
  const path = route.path.replace(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(String(params[key])),
  );
  const asked = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  const search = new URLSearchParams(asked).toString();
  return {
    method: route.method,
    path: search ? `${path}?${search}` : path,
    mayRepeat: route.method === 'GET' || route.once === true,
    ...(route.once && { id: randomUUID() }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

function bodyOf(answer: Answer, schema: Type.TSchema | undefined): unknown {
  if (answer.status < 200 || answer.status > 299) throw failure(answer);
  if (!schema) return undefined;
  const body = json(answer);
  if (Value.Check(schema, body)) return body;
  const [first] = Value.Errors(schema, body);
  throw badAnswer(`${first?.instancePath || 'the whole'} ${first?.message ?? 'is unexpected'}`);
}

function json({ body }: Answer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw badAnswer('it is no JSON');
  }
}

const badAnswer = (why: string): Error => cliErrors.error('cli/bad-answer', { why });

/** The code of a problem that the server tells; undefined for any other answer. */
function codeOf({ status, type, body }: Answer): unknown {
  if (status < 400 || !type.startsWith(problemType)) return undefined;
  try {
    return (JSON.parse(body.toString()) as { readonly code?: unknown } | null)?.code;
  } catch {
    return undefined;
  }
}

/** The server's problem as the error that it is: its code, its words, its remedy. */
function failure(answer: Answer): Error {
  if (!answer.type.startsWith(problemType)) return badAnswer(`HTTP status ${answer.status}`);
  const problem = json(answer);
  if (!Value.Check(Problem, problem)) return badAnswer(`HTTP status ${answer.status}`);
  if (problem.errors?.length) return new DiagnosticsError(problem.errors);
  const { code, detail, fix, since = [] } = problem;
  return new HawserError({ code, message: [detail, ...since].join('\n    '), fix });
}
