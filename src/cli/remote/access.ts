import { parseToken, type Token } from '#api';
import { didYouMean } from '#base';
import { cliErrors } from '../errors.ts';
import type { Access } from './client.ts';
import { type Context, readContexts } from './contexts.ts';

export interface AccessInit {
  /** A context by name; else HAWSER_TOKEN, else the current context. */
  readonly context?: string | undefined;
}

export interface Where extends Access {
  /** The network that the token or the context is for. */
  readonly network?: string;
}

/** `https://host:port` from what people type: the scheme may be left away, and the port. */
export function serverUrl(text: string): string {
  const withScheme = /^\w+:\/\//.test(text) ? text : `https://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.username || url.search) {
    throw cliErrors.error('cli/bad-server', { text }, { text });
  }
  return url.port || /:443\/?$/.test(text) ? url.origin : `${url.origin}:${defaultPort}`;
}

/** Where a server listens unless told otherwise. */
export const defaultPort = 7443;

/**
 * The server that commands talk to: `--context`, else HAWSER_TOKEN, else the context of the last login.
 * HAWSER_SERVER tells where it is, if that is not what the token says.
 * @throws cli/not-logged-in, cli/no-context, api/token-malformed
 */
export function findAccess({ context: name }: AccessInit): Where {
  const token = process.env['HAWSER_TOKEN'];
  const server = process.env['HAWSER_SERVER'];
  const context: Context = token && name === undefined ? { token } : pick(name);
  const moved = server && name === undefined ? { server } : {};
  return accessOf(parseToken(context.token), { ...context, ...moved });
}

/** Joins what a token says with what is known better. */
export const accessOf = (token: Token, { server, network }: Partial<Context>): Where => {
  const of = network ?? token.network;
  return {
    servers: server === undefined ? token.servers : [serverUrl(server)],
    token: token.secret,
    ...(token.pin !== undefined && { pin: token.pin }),
    ...(of !== undefined && { network: of }),
  };
};

function pick(wanted: string | undefined): Context {
  const { current, contexts } = readContexts();
  const name = wanted ?? current;
  if (name === undefined) throw cliErrors.error('cli/not-logged-in', {});
  const context = contexts[name];
  if (context) return context;
  const hint = didYouMean(name, Object.keys(contexts), 'context');
  throw cliErrors.error('cli/no-context', { name, hint });
}
