import type { Server } from 'node:tls';
import websocket from '@fastify/websocket';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchema,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import Value from 'typebox/value';
import type { WebSocket } from 'ws';
import {
  apiErrors,
  channelPath,
  type Permission,
  Problem,
  problemType,
  RequestId,
  type RouteName,
  type RouteShape,
  requestHeader,
  routes,
} from '#api';
import { HawserError } from '#base';
import type { Hub } from '../hub/hub.ts';
import { Session } from '../hub/session.ts';
import { Wire } from '../hub/wire.ts';
import { JsonText } from '../json-text.ts';
import type { Metrics } from '../metrics.ts';
import type { Logins } from '../oidc/logins.ts';
import type { Sessions } from '../sessions.ts';
import { addPublicStatus } from '../status-page/routes.ts';
import type { Store } from '../store/contract.ts';
import type { Tokens } from '../tokens.ts';
import { addressOf, endsOf } from './address.ts';
import { paceHandshakes } from './admission.ts';
import type { Gate } from './auth.ts';
import type { Call, Handlers } from './call.ts';
import { addDashboard } from './dashboard.ts';
import { addEvents } from './events.ts';
import { answerGarbled } from './garbled.ts';
import { addInstaller, type InstallerRoutes } from './installer.ts';
import { bodyLimit, parseJson } from './json.ts';
import { addLogins, addSessionTokens } from './logins.ts';
import { addOwnRoutes, describeRoutes, type OwnRoutes } from './own-routes.ts';
import { problemOf, TooSoon } from './problems.ts';
import { addSessions } from './sessions.ts';

export interface AppComponents {
  readonly handlers: Handlers;
  readonly gate: Gate;
  readonly log: Logger;
  /** @throws api/no-network */
  readonly hub: (network: string) => Hub;
  readonly store: Pick<Store, 'onChange' | 'write'>;
  readonly own: OwnRoutes;
  readonly installer: InstallerRoutes;
  readonly sessions: Sessions;
  readonly logins: Logins;
  readonly tokens: Tokens;
  /** Folder of the dashboard's files. */
  readonly dashboard: string | undefined;
}

export interface Tls {
  readonly key: string;
  readonly cert: string;
}

/** Largest message of an agent, in bytes. */
const maxPayload = 4 * 1024 * 1024;
const json = 'application/json; charset=utf-8';
/** ms after which a connection that nobody uses is closed. */
const idle = 72_000;
/** Seconds after which an agent may return whose network is not here. */
const unknownAgain = 300;

type App = FastifyInstance;

/** The HTTP server, not yet listening; `tls` is absent in tests that inject their requests. */
export async function makeApp(components: AppComponents, tls?: Tls): Promise<App> {
  const options = {
    bodyLimit,
    loggerInstance: components.log,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    forceCloseConnections: true,
    frameworkErrors: answer,
    clientErrorHandler: answerGarbled,
  } as const;
  // Browsers open few connections, and each page that listens would hold one; WebSockets are HTTP/1.1.
  const secured: object = tls
    ? { http2: true, https: { ...tls, minVersion: 'TLSv1.3', allowHTTP1: true } }
    : {};
  const app = fastify({ ...options, ...secured }) as unknown as App;
  // Fastify sets it for servers of HTTP/1.1 alone.
  Object.assign(app.server, { keepAliveTimeout: idle });
  if (tls) paceHandshakes(app.server as unknown as Server);
  app.setValidatorCompiler(({ schema, httpPart }) => validatorOf(schema as Type.TSchema, httpPart));
  acceptJson(app);
  answerProblems(app);
  app.addHook('onRequest', async (request) => components.gate.pass(request));
  countRequests(app, components.own.metrics);
  await app.register(websocket, { options: { maxPayload }, errorHandler: ended });
  await describeRoutes(app);
  addOwnRoutes(app, components.own);
  addInstaller(app, components.installer);
  addPublicStatus(app, components.hub);
  addSessions(app, components.sessions);
  addLogins(app, components);
  addSessionTokens(app, components);
  const { gate, hub, dashboard, store } = components;
  addEvents(app, { hub, store, stillMay: async (request) => gate.pass(request) });
  if (dashboard !== undefined) addDashboard(app, dashboard);
  addChannel(app, components);
  for (const name of Object.keys(routes) as RouteName[]) addRoute(app, name, components.handlers);
  return app;
}

/** What an agent does wrong ends its connection, and is no failure of the server. */
function ended(
  error: Error & { readonly code?: string },
  socket: WebSocket,
  request: FastifyRequest,
) {
  const level = error.code?.startsWith('WS_ERR_') ? 'debug' : 'error';
  request.log[level]({ err: error }, 'a connection ended');
  socket.terminate();
}

/** Parameters and queries are text, and become what their schema says. */
function validatorOf(schema: Type.TSchema, httpPart: string | undefined) {
  const validator = Compile(schema);
  return (data: unknown) => {
    // Where nothing has to be said, nothing need be sent.
    const value = httpPart === 'body' ? (data ?? {}) : Value.Convert(schema, data);
    if (validator.Check(value)) return { value };
    const [first] = validator.Errors(value);
    const where = `${httpPart ?? ''} ${first?.instancePath ?? ''}`.trim();
    const why = `${where} ${first?.message ?? 'is unexpected'}`;
    return { error: apiErrors.error('api/invalid-request', { why }) };
  };
}

function acceptJson(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : parseJson(String(body)));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Errors of Fastify itself, in our words. */
function ownProblem(error: unknown, request: FastifyRequest): Problem {
  const known = problemOf(error);
  if (known) return known;
  const {
    statusCode = 500,
    message,
    code,
  } = error as {
    readonly statusCode?: number;
    readonly message: string;
    readonly code?: string;
  };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return problemOf(apiErrors.error('api/too-large', { limit: `${bodyLimit} bytes` })) as Problem;
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const type = request.headers['content-type'] ?? 'of no type';
    return problemOf(apiErrors.error('api/not-json', { type })) as Problem;
  }
  if (statusCode >= 400 && statusCode < 500) {
    return problemOf(apiErrors.error('api/invalid-request', { why: message })) as Problem;
  }
  request.log.error({ err: error }, 'a request failed');
  return problemOf(apiErrors.error('api/internal', { id: request.id })) as Problem;
}

function countRequests(app: App, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.inc({ route, status: reply.statusCode });
    metrics.seconds.observe({ route }, reply.elapsedTime / 1000);
  });
}

/** Answers with what is wrong. Also what Fastify refuses before it has found a route. */
function answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = ownProblem(error, request);
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
  if (error instanceof TooSoon) void reply.header('retry-after', error.seconds);
  void reply.code(problem.status).type(problemType).send(JSON.stringify(problem));
}

function answerProblems(app: App): void {
  app.setErrorHandler(answer);
  app.setNotFoundHandler(async (request) => {
    throw apiErrors.error('api/not-found', { what: `${request.method} ${request.url}` });
  });
}

/** As RFC 9457 wants it told; sent as text, so that nothing of it is dropped. */
const ProblemBody = {
  description: 'What is wrong, and what to do',
  content: { [problemType]: { schema: Problem } },
};

const OnceHeaders = Type.Object({ [requestHeader]: Type.Optional(RequestId) });

type Described = FastifySchema & { readonly 'x-permission': Permission };

function schemaOf(shape: RouteShape): Described {
  const { params, query, body, once, response, summary, permission } = shape;
  return {
    ...(once && { headers: OnceHeaders }),
    ...(params && { params }),
    ...(query && { querystring: query }),
    ...(body && { body }),
    response: { ...(response && { 200: response }), '4xx': ProblemBody, '5xx': ProblemBody },
    summary,
    'x-permission': permission,
    ...(permission === 'public' && { security: [] }),
  };
}

function addRoute(app: App, name: RouteName, handlers: Handlers): void {
  const shape: RouteShape = routes[name];
  const handler = handlers[name] as (call: unknown) => Promise<unknown>;
  app.route({
    method: shape.method,
    url: shape.path,
    schema: schemaOf(shape),
    config: { permission: shape.permission },
    handler: async (request, reply) => {
      const answer = await handler(callOf(request));
      if (Buffer.isBuffer(answer)) return reply.type('application/octet-stream').send(answer);
      if (answer instanceof JsonText) return reply.type(json).send(answer.text);
      return answer === undefined ? reply.code(204).send() : reply.send(answer);
    },
  });
}

function callOf(incoming: FastifyRequest): Partial<Call<RouteName>> {
  const { params, query, body, actor, headers } = incoming;
  const { [requestHeader]: request } = headers;
  const address = addressOf(incoming);
  const named = typeof request === 'string' && { request };
  return { params, query, body, actor, address, ...named } as Partial<Call<RouteName>>;
}

function addChannel(app: App, { hub, gate, own }: AppComponents): void {
  app.route({
    method: 'GET',
    url: channelPath(':network'),
    schema: { hide: true },
    config: { permission: 'agent' },
    handler: async () => {
      throw apiErrors.error('api/invalid-request', { why: 'this path is a WebSocket' });
    },
    wsHandler: (socket, request) => {
      const { network } = request.params as { readonly network: string };
      const wire = new Wire(socket, endsOf(request), own.metrics);
      try {
        void new Session(hub(network), socket, wire, () => void gate.failed(wire.address));
      } catch (error) {
        if (!(error instanceof HawserError)) throw error;
        void wire.refuse({ error, again: unknownAgain });
      }
    },
  });
}
