import type { FastifyInstance, FastifyReply } from 'fastify';
import { apiErrors, type SessionInfo, sessionCookie, sessionPath } from '#api';
import type { Actor } from '../actor.ts';
import { isPerson } from '../oidc/people.ts';
import { type Sessions, sessionLife } from '../sessions.ts';
import { requireOwnPage, sessionIn } from './origin.ts';

const infoOf = ({ id, name, role, network }: Actor): SessionInfo => ({
  name,
  role,
  ...(network !== undefined && { network }),
  ...(isPerson(id) && { byProvider: true }),
});

/** Of the browser's session; `seconds` 0 takes it away. */
export const sessionCookieOf = (value: string, seconds: number): string =>
  `${sessionCookie}=${value}; Max-Age=${seconds}; Path=/; Secure; HttpOnly; SameSite=Strict`;

const setCookie = (reply: FastifyReply, value: string, seconds: number): FastifyReply =>
  reply.header('set-cookie', sessionCookieOf(value, seconds));

/**
 * How a browser logs in: it shows a token once, as every other client does with each request, and gets a cookie that
 * no script can read.
 */
export function addSessions(app: FastifyInstance, sessions: Sessions): void {
  const schema = { hide: true };
  const known = { schema, config: { permission: 'read' } } as const;
  app.post(sessionPath, known, async (request, reply) => {
    const { actor } = request;
    // A session is begun with a token, not with another session.
    if (!actor || request.headers.authorization === undefined) {
      throw apiErrors.error('api/no-token', {});
    }
    const secret = await sessions.begin(actor);
    return setCookie(reply, secret.reveal(), sessionLife).send(infoOf(actor));
  });
  app.get(sessionPath, known, async ({ actor }) => actor && infoOf(actor));
  // Whose token is revoked logs out too.
  app.delete(sessionPath, { schema, config: { permission: 'public' } }, async (request, reply) => {
    requireOwnPage(request);
    const secret = sessionIn(request);
    if (secret !== undefined) await sessions.end(secret);
    return setCookie(reply, '', 0).code(204).send();
  });
}
