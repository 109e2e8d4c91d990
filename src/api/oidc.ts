import Type, { type Static } from 'typebox';
import { Reason, route, Why } from './route.ts';
import { Name, Time, TokenInfo } from './schemas.ts';

/** What a browser that is not logged in asks: how it may log in, and what became of its last attempt. */
export const loginPath = '/v1/login';
/** Where a browser begins to log in at the provider, and where that sends it back to. */
export const oidcPath = `${loginPath}/oidc`;
export const oidcReturnPath = `${oidcPath}/callback`;
/** Where somebody who logged in at the provider gets a token for the command line. */
export const sessionTokenPath = '/v1/session/token';

/** Sealed, for the ten minutes that an attempt to log in may last. */
export const attemptCookie = '__Host-hawser-login';

/** What the page of the login shows. */
export const LoginInfo = Type.Object({
  /** What the provider is called; absent: there is none. */
  provider: Type.Optional(Type.String()),
  /** Why the last attempt of this browser failed, and what helps; told once. */
  failed: Type.Optional(Type.Object({ detail: Type.String(), fix: Type.String() })),
});
export type LoginInfo = Static<typeof LoginInfo>;

/** A token for the command line, of who is logged in, as long as he is. */
export const SessionToken = Type.Object({ token: Type.String(), expires: Time });
export type SessionToken = Static<typeof SessionToken>;

/** Who is in a group of the provider has a role, in all networks or in one. */
export const RoleRule = Type.Object({
  role: Type.Union([Type.Literal('viewer'), Type.Literal('operator'), Type.Literal('admin')]),
  network: Type.Optional(Name),
  group: Type.String({ minLength: 1, maxLength: 200 }),
});
export type RoleRule = Static<typeof RoleRule>;

const Url = Type.String({ minLength: 8, maxLength: 500 });
const Word = Type.String({ pattern: '^[!#-\\[\\]-~]+$', maxLength: 100 });

/** What is known of a provider without its secret. */
const shown = {
  issuer: Url,
  clientId: Type.String({ minLength: 1, maxLength: 200 }),
  /** On the button. */
  label: Type.String({ minLength: 1, maxLength: 60 }),
  /** Besides openid (RFC 6749, 3.3). */
  scopes: Type.Array(Word, { maxItems: 20 }),
  /** The claim that holds the groups: its name, or a path into it with points. */
  groupsClaim: Type.String({ minLength: 1, maxLength: 200 }),
  roles: Type.Array(RoleRule, { minItems: 1, maxItems: 200 }),
  /** Where browsers reach the servers: their origins, the first one's first. */
  urls: Type.Array(Url, { minItems: 1, maxItems: 20 }),
};

export const NewLoginProvider = Type.Object({
  ...shown,
  label: Type.Optional(shown.label),
  scopes: Type.Optional(shown.scopes),
  groupsClaim: Type.Optional(shown.groupsClaim),
  urls: Type.Optional(shown.urls),
  clientSecret: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  /** PEM of who vouches for it; absent: the system's. */
  authorities: Type.Optional(Type.String({ maxLength: 100_000 })),
});
export type NewLoginProvider = Static<typeof NewLoginProvider>;

export const LoginProvider = Type.Object({
  ...shown,
  hasSecret: Type.Boolean(),
  made: Time,
  /** Where the provider sends browsers back to: to be registered there. */
  returns: Type.Array(Type.String()),
  /** The token for whose holder all speak that log in with it, until another vouches for it. */
  person: Type.Optional(Type.String()),
});
export type LoginProvider = Static<typeof LoginProvider>;

const path = '/v1/login-provider';

/** Who logs in by OpenID Connect, and as what. */
export const loginProviderRoutes = {
  loginProvider: route({
    method: 'GET',
    path,
    permission: 'tokens',
    summary: 'The provider of OpenID Connect by which people log in',
    response: Type.Object({ provider: Type.Optional(LoginProvider) }),
  }),
  putLoginProvider: route({
    method: 'POST',
    path,
    permission: 'administer',
    once: true,
    summary: 'Let people log in by a provider of OpenID Connect, with roles by their groups',
    body: Type.Object({ ...NewLoginProvider.properties, why: Why }),
    response: LoginProvider,
  }),
  removeLoginProvider: route({
    method: 'DELETE',
    path,
    permission: 'administer',
    once: true,
    summary: 'Let nobody log in by it any more, and end the sessions that were begun so',
    query: Reason,
  }),
  vouchLoginProvider: route({
    method: 'POST',
    path: `${path}/vouch`,
    permission: 'approve',
    once: true,
    summary: 'Vouch that who logs in by the provider is another person than the one who set it',
    body: Reason,
    response: LoginProvider,
  }),
  readmitToken: route({
    method: 'POST',
    path: '/v1/tokens/:id/readmit',
    permission: 'tokens',
    once: true,
    summary: 'Let somebody log in again at the provider whose token was revoked',
    params: Type.Object({ id: Type.String() }),
    body: Reason,
    response: TokenInfo,
  }),
} as const;
