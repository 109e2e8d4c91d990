import type { FastifyRequest } from 'fastify';
import { apiErrors, may, type Permission, parseToken, sessionPath } from '#api';
import { HawserError } from '#base';
import type { Actor } from '../actor.ts';
import type { Sessions } from '../sessions.ts';
import type { Tokens } from '../tokens.ts';
import { addressOf } from './address.ts';
import type { Failures } from './failures.ts';
import { requireOwnPage, sessionIn } from './origin.ts';
import { TooSoon } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    actor?: Actor;
  }
  interface FastifyContextConfig {
    /** What the route asks for; a route that says nothing is not served. */
    permission?: Permission;
  }
}

/** The secret of a token, whose whole text may be given too. @throws api/no-token, api/unauthorized */
function secretOf(authorization: string | undefined): string {
  if (authorization === undefined) throw apiErrors.error('api/no-token', {});
  const bearer = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
  if (bearer === undefined) throw malformed();
  if (!bearer.startsWith('hawser-')) return bearer;
  try {
    return parseToken(bearer).secret.reveal();
  } catch {
    throw malformed();
  }
}

const malformed = () => apiErrors.error('api/unauthorized', { is: 'is none: it is not whole' });

export interface GateInit {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly failures: Failures;
  readonly onFailure: (address: string, who?: string) => void;
}

/** What a request without a good token is told. */
const noPass: ReadonlySet<string> = new Set([
  'api/no-token',
  'api/unauthorized',
  'api/session-over',
]);

/**
 * Lets a request pass whose token has the permission of its route and is for its network. A browser shows the session
 * that it began with one.
 * @throws api/no-token, api/unauthorized, api/session-over, api/cross-site, api/forbidden, api/other-network, api/too-many-failures;
 *   api/internal for a route without permission
 */
export class Gate {
  readonly #tokens: Tokens;
  readonly #sessions: Sessions;
  readonly #failures: Failures;
  readonly #onFailure: (address: string, who?: string) => void;

  constructor({ tokens, sessions, failures, onFailure }: GateInit) {
    this.#tokens = tokens;
    this.#sessions = sessions;
    this.#failures = failures;
    this.#onFailure = onFailure;
  }

  async pass(request: FastifyRequest): Promise<void> {
    if (request.is404) return;
    const { permission } = request.routeOptions.config;
    if (permission === undefined) {
      request.log.error(`the route ${request.routeOptions.url} names no permission`);
      throw apiErrors.error('api/internal', { id: request.id });
    }
    // An agent proves on its channel who it is.
    if (permission === 'public' || permission === 'agent') return;
    const actor = await this.#actor(request);
    request.actor = actor;
    if (!may(actor.role, permission)) {
      throw apiErrors.error('api/forbidden', { role: actor.role, permission });
    }
    const { network } = request.params as { readonly network?: string };
    // What has no network in its path is of the whole server; lists show what the token is for.
    const isItsOwn = network === undefined ? permission === 'read' : network === actor.network;
    if (actor.network !== undefined && !isItsOwn) {
      throw apiErrors.error('api/other-network', { network: actor.network });
    }
  }

  /** Notes that somebody claimed to be who he is not; seconds to wait if that is too often. */
  failed(address: string, who?: string): number | undefined {
    this.#onFailure(address, who);
    return this.#failures.note(address);
  }

  /** A token that is shown counts, also in a browser that has a session. */
  async #claimed(request: FastifyRequest): Promise<Actor> {
    const { authorization } = request.headers;
    const session = authorization === undefined ? sessionIn(request) : undefined;
    if (session === undefined) return this.#tokens.actor(secretOf(authorization));
    requireOwnPage(request);
    const token = await this.#sessions.tokenOf(session);
    if (token === undefined) throw apiErrors.error('api/session-over', {});
    return this.#tokens.holder(token);
  }

  async #actor(request: FastifyRequest): Promise<Actor> {
    try {
      return await this.#claimed(request);
    } catch (error) {
      if (!(error instanceof HawserError) || !noPass.has(error.code)) throw error;
      // A page that asks whether somebody is logged in claims nothing.
      if (error.code === 'api/no-token' && request.routeOptions.url === sessionPath) throw error;
      const seconds = this.failed(addressOf(request));
      if (seconds === undefined) throw error;
      throw new TooSoon(apiErrors.error('api/too-many-failures', { seconds }), seconds);
    }
  }
}
