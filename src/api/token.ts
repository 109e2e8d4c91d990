import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { Secret } from '#base';
import { apiErrors } from './errors.ts';
import { Name } from './schemas.ts';

/** What a token lets its holder do; see `permissions.ts`. */
export const roles = ['admin', 'operator', 'viewer', 'join'] as const;
/** What somebody may be: `invite` holds a link, not a token. */
export type Role = (typeof roles)[number] | 'invite';

/** All that is needed to reach a server and be known there: nothing else has to be typed, nothing trusted on first use. */
export interface Token {
  readonly role: Role;
  /** Base URLs of the server, `https://host:port`, tried in turn. */
  readonly servers: readonly string[];
  /** Base64 SHA-256 of the server key's SubjectPublicKeyInfo (RFC 7469); absent where a public CA vouches. */
  readonly pin?: string;
  /** The one network it is for; absent: all. */
  readonly network?: string;
  /** 256 random bits, base64url. */
  readonly secret: Secret;
}

/** A token may have been changed by anybody on its way: the network names a folder, the secret stands in a header. */
const Body = Type.Object({
  s: Type.Array(Type.String({ pattern: '^https://' }), { minItems: 1 }),
  p: Type.Optional(Type.String()),
  n: Type.Optional(Name),
  k: Type.String({ minLength: 16, pattern: '^[\\w-]+$' }),
});
type Body = Static<typeof Body>;

const encode = (text: string): string =>
  btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const decode = (text: string): string => atob(text.replaceAll('-', '+').replaceAll('_', '/'));

/** `hawser-<role>-<base64url>`; the text is a secret. */
export function formatToken({ role, servers, pin, network, secret }: Token): string {
  const body: Body = {
    s: [...servers],
    ...(pin !== undefined && { p: pin }),
    ...(network !== undefined && { n: network }),
    k: secret.reveal(),
  };
  return `hawser-${role}-${encode(JSON.stringify(body))}`;
}

/** @throws api/token-malformed */
export function parseToken(text: string): Token {
  const match = /^hawser-(admin|operator|viewer|join)-([\w-]+)$/.exec(text.trim());
  if (!match) throw malformed('it does not begin with hawser-<role>-');
  const body = bodyOf(match[2] ?? '');
  return {
    role: match[1] as Role,
    servers: body.s,
    ...(body.p !== undefined && { pin: body.p }),
    ...(body.n !== undefined && { network: body.n }),
    secret: new Secret(body.k),
  };
}

const malformed = (why: string) => apiErrors.error('api/token-malformed', { why });

function bodyOf(text: string): Body {
  let body: unknown;
  try {
    body = JSON.parse(decode(text));
  } catch {
    throw malformed('a part of it is missing or changed');
  }
  if (!Value.Check(Body, body)) throw malformed('a part of it is missing or changed');
  return body;
}
