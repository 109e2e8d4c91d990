import Type, { type Static } from 'typebox';

/** Where a browser begins, looks at and ends its session. */
export const sessionPath = '/v1/session';

/** The cookie of a session; the prefix binds it to this very host, over TLS (RFC 6265bis, 4.1.3.2). */
export const sessionCookie = '__Host-hawser';

/** Who is logged in. */
export const SessionInfo = Type.Object({
  /** Of the token that the session was begun with. */
  name: Type.String(),
  role: Type.String(),
  /** The one network that the token is for. */
  network: Type.Optional(Type.String()),
  /** Begun at the provider: there is a token for the command line. */
  byProvider: Type.Optional(Type.Literal(true)),
});
export type SessionInfo = Static<typeof SessionInfo>;

/** Server-sent events: an event says that something changed, and what is to be asked for again. */
export const eventsPath = (network: string): string => `/v1/networks/${network}/events`;

/** What may have changed, as the data of an event tells it, a list in JSON. */
export const topics = ['status', 'tunnels', 'monitors', 'events'] as const;
export type Topic = (typeof topics)[number];
