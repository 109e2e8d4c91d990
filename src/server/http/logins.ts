import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  apiErrors,
  attemptCookie,
  type LoginInfo,
  loginPath,
  oidcPath,
  oidcReturnPath,
  type SessionToken,
  sessionTokenPath,
} from '#api';
import { HawserError } from '#base';
import { patience } from '../oidc/attempt.ts';
import { type Logins, Unwelcome } from '../oidc/logins.ts';
import { tokenFor } from '../oidc/people.ts';
import type { Store } from '../store/contract.ts';
import type { Tokens } from '../tokens.ts';
import { addressOf } from './address.ts';
import type { Gate } from './auth.ts';
import { cookieIn } from './origin.ts';
import { TooSoon } from './problems.ts';
import { sessionCookieOf } from './sessions.ts';

export interface LoginRoutes {
  readonly logins: Logins;
  readonly tokens: Tokens;
  readonly gate: Pick<Gate, 'failed'>;
  readonly store: Pick<Store, 'write'>;
}

/** It comes along when the provider sends the browser back, which a `Strict` one does not. */
const attemptCookieOf = (value: string, seconds: number): string =>
  `${attemptCookie}=${value}; Max-Age=${seconds}; Path=/; Secure; HttpOnly; SameSite=Lax`;

const keptCookie = (keeps: string | undefined): string =>
  attemptCookieOf(keeps ?? '', keeps === undefined ? 0 : patience / 1000);

/** Addresses here hold what nobody else is to see. */
const quiet = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } as const;

const go = (reply: FastifyReply, to: string, cookies: readonly string[]) =>
  reply.headers({ ...quiet, 'set-cookie': [...cookies] }).redirect(to, 303);

/** Of the address as it came; what is in it is checked by whom it is for. */
const queryOf = ({ url }: FastifyRequest): string => {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at);
};

/** How a browser logs in at a provider of OpenID Connect. */
export function addLogins(app: FastifyInstance, { logins, gate }: LoginRoutes): void {
  const open = { schema: { hide: true }, config: { permission: 'public' } } as const;

  /** The page says why; who was not himself is counted. */
  async function failed(
    request: FastifyRequest,
    reply: FastifyReply,
    page: string,
    error: unknown,
  ) {
    if (!(error instanceof HawserError)) throw error;
    request.log.info({ code: error.code, why: error.message }, 'a login by OpenID Connect failed');
    const seconds = error instanceof Unwelcome && gate.failed(addressOf(request), error.who);
    // Whom the provider vouches for guesses nothing.
    const isGuess = error instanceof Unwelcome && error.who === undefined;
    const said =
      isGuess && typeof seconds === 'number'
        ? new TooSoon(apiErrors.error('api/too-many-failures', { seconds }), seconds)
        : error;
    const { message: detail, fix } = said;
    const keeps = await logins.failure({ detail, fix });
    if (keeps === undefined) throw said;
    return go(reply, page, [keptCookie(keeps)]);
  }

  app.get(loginPath, open, async (request, reply): Promise<LoginInfo> => {
    const keeps = cookieIn(request, attemptCookie);
    const info = await logins.info(keeps);
    if (info.failed) void reply.header('set-cookie', keptCookie(undefined));
    void reply.headers(quiet);
    return info;
  });

  app.get(oidcPath, open, async (request, reply) => {
    const { to: page, moved } = request.query as {
      readonly to?: unknown;
      readonly moved?: unknown;
    };
    const asked = { origin: `https://${request.host}`, page, isMoved: moved !== undefined };
    try {
      const sent = await logins.begin(asked);
      if ('to' in sent) return await go(reply, sent.to, [keptCookie(sent.keeps)]);
      const again = new URLSearchParams({ moved: '1', to: sent.page });
      return await go(reply, `${sent.origin}${oidcPath}?${again.toString()}`, []);
    } catch (error) {
      return failed(request, reply, logins.page(page), error);
    }
  });

  app.get(oidcReturnPath, open, async (request, reply) => {
    const keeps = cookieIn(request, attemptCookie);
    try {
      const { page, session, life } = await logins.finish(queryOf(request), keeps);
      const cookies = [sessionCookieOf(session.reveal(), life), keptCookie(undefined)];
      return await go(reply, page, cookies);
    } catch (error) {
      return failed(request, reply, await logins.pageKept(keeps), error);
    }
  });
}

/** A token for the command line, of who logged in at the provider. */
export function addSessionTokens(app: FastifyInstance, { tokens, store }: LoginRoutes): void {
  const known = { schema: { hide: true }, config: { permission: 'read' } } as const;
  app.post(sessionTokenPath, known, async (request, reply): Promise<SessionToken> => {
    const { actor, headers } = request;
    // With a token one has a token.
    if (!actor || headers.authorization !== undefined) throw apiErrors.error('api/no-token', {});
    const made = await store.write(async (tx) => {
      const token = await tokenFor(tx, tokens, actor.hash);
      const { id, role, name, created: at } = token?.info ?? {};
      if (at === undefined) return undefined;
      const detail = { id, role, name };
      await tx.addAudit({ at, actor: actor.name, action: 'token-create', detail });
      return token;
    });
    if (!made) throw apiErrors.error('api/not-found', { what: 'token for a session of a token' });
    void reply.headers(quiet);
    return { token: made.token.reveal(), expires: made.info.expires ?? made.info.created };
  });
}
