import { serverErrors } from '../errors.ts';

/** Where an audit goes: a syslog server, or the socket of the one on this machine. */
export type Target =
  | { readonly over: 'udp'; readonly host: string; readonly port: number }
  | { readonly over: 'tcp'; readonly host: string; readonly port: number }
  | { readonly over: 'unix'; readonly path: string };

const defaultPort = 514;

/** A name and a password have no place there, nor in a log: all that stands before the last @ may be one. */
const withoutUser = (text: string): string => text.replace(/^(\w+:\/\/)?.*@/s, '$1***@');

/** `udp://HOST:PORT`, `tcp://HOST:PORT` or `unix:PATH`. @throws server/bad-syslog */
export function targetOf(text: string): Target {
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { over: 'unix', path };
  const over = /^(udp|tcp):\/\//.exec(text)?.[1];
  const url = over === undefined ? undefined : URL.parse(text.replace(/^\w+:/, 'http:'));
  const isPlain = url?.pathname === '/' && !url.search && !url.username && !url.password;
  if (!isPlain) throw serverErrors.error('server/bad-syslog', { text: withoutUser(text) });
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // The port of http is not kept by a URL.
  const port = Number(url.port) || (/:80\/?$/.test(text) ? 80 : defaultPort);
  return { over: over as 'udp' | 'tcp', host, port };
}

export const formatTarget = (target: Target): string =>
  target.over === 'unix'
    ? `unix:${target.path}`
    : `${target.over}://${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
