import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiErrors, invitePath, statusPagePath } from '#api';

/** What the dashboard is made of. */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Nothing but what this server sends: no other host, no script or style within a page, nowhere to be framed. The
 * small pictures in style sheets are `data:`.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const guards = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

interface Served {
  readonly type: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
}

/** The files of the dashboard, by name: few, small, and all of them needed soon. */
function filesIn(folder: string): ReadonlyMap<string, Served> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder).filter((name) => extname(name) in types);
  return new Map(
    names.map((name) => {
      const plain = readFileSync(join(folder, name));
      return [name, { type: types[extname(name)] ?? '', plain, zipped: gzipSync(plain) }];
    }),
  );
}

function send(request: FastifyRequest, reply: FastifyReply, file: Served, cache: string) {
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const headers = { ...guards, 'cache-control': cache, vary: 'accept-encoding' };
  const typed = reply.headers(headers).type(file.type);
  if (takesGzip) return typed.header('content-encoding', 'gzip').send(file.zipped);
  return typed.send(file.plain);
}

/**
 * The dashboard: one page, whose script finds by the address what is to be seen, and its files, whose names tell their
 * content. Public: nothing in them is a secret; what they show is asked for with a session.
 */
export function addDashboard(
  app: FastifyInstance,
  folder: string,
  paths: readonly string[] = ['/', '/login', invitePath, statusPagePath(':network'), '/n/*'],
): void {
  let files: ReadonlyMap<string, Served> | undefined;
  const found = (name: string): Served => {
    files ??= filesIn(folder);
    const file = files.get(name);
    if (!file) throw apiErrors.error('api/not-found', { what: `${name} on this server` });
    return file;
  };
  const open = { schema: { hide: true }, config: { permission: 'public' } } as const;
  for (const path of paths) {
    app.get(path, open, async (request, reply) =>
      send(request, reply, found('index.html'), 'no-cache'),
    );
  }
  app.get('/assets/:name', open, async (request, reply) => {
    const { name } = request.params as { readonly name: string };
    return send(request, reply, found(name), 'public, max-age=31536000, immutable');
  });
}
