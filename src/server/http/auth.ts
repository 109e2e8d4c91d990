import type { FastifyRequest } from 'fastify';
import { apiErrors, may, type Permission, parseToken } from '#api';
import { HawserError } from '#base';
import type { Actor } from '../actor.ts';
import type { Tokens } from '../tokens.ts';
import { addressOf } from './address.ts';
import type { Failures } from './failures.ts';
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

/** What a request without a good token is told. */
const noPass: ReadonlySet<string> = new Set(['api/no-token', 'api/unauthorized']);

/**
 * Lets a request pass whose token has the permission of its route and is for its network.
 * @throws api/no-token, api/unauthorized, api/forbidden, api/other-network, api/too-many-failures; api/internal for a
 *   route without permission
 */
export class Gate {
  readonly #tokens: Tokens;
  readonly #failures: Failures;
  readonly #onFailure: () => void;

  constructor(tokens: Tokens, failures: Failures, onFailure: () => void) {
    this.#tokens = tokens;
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
  failed(address: string): number | undefined {
    this.#onFailure();
    return this.#failures.note(address);
  }

  async #actor(request: FastifyRequest): Promise<Actor> {
    try {
      return await this.#tokens.actor(secretOf(request.headers.authorization));
    } catch (error) {
      if (!(error instanceof HawserError) || !noPass.has(error.code)) throw error;
      const seconds = this.failed(addressOf(request));
      if (seconds === undefined) throw error;
      throw new TooSoon(apiErrors.error('api/too-many-failures', { seconds }), seconds);
    }
  }
}
