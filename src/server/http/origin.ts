import type { FastifyRequest } from 'fastify';
import { apiErrors, sessionCookie } from '#api';

/** The value of a browser's cookie. */
export function cookieIn({ headers }: FastifyRequest, name: string): string | undefined {
  const cookies = (headers.cookie ?? '').split(/; */);
  const own = cookies.find((one) => one.startsWith(`${name}=`));
  return own?.slice(name.length + 1) || undefined;
}

/** The secret of a browser's session. */
export const sessionIn = (request: FastifyRequest): string | undefined =>
  cookieIn(request, sessionCookie);

/**
 * A browser sends its cookie whoever asks it to: only pages of this very server may use it. Browsers say which
 * page it is (Fetch Metadata), or at least where that came from.
 * @throws api/cross-site
 */
export function requireOwnPage({ headers, method, host }: FastifyRequest): void {
  const { 'sec-fetch-site': site, origin } = headers;
  if (site === 'same-origin') return;
  const isAsked = method === 'GET' || method === 'HEAD';
  if (site === undefined && origin === undefined && isAsked) return;
  // Whoever types an address asks by himself.
  if (site === 'none' && isAsked) return;
  if (site === undefined && origin === `https://${host}`) return;
  throw apiErrors.error('api/cross-site', {});
}
