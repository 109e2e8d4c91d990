import { HawserError } from '#base';
import { Address } from './address.ts';
import { ipErrors } from './errors.ts';

/** Where a UDP or TCP service listens. */
export interface Endpoint {
  /** An IPv4 or IPv6 address in its canonical form without brackets, or a DNS name. */
  readonly host: string;
  /** Set when `host` is an address. */
  readonly address?: Address;
  /** 1 to 65535. */
  readonly port: number;
}

/** RFC 1123 section 2.1: letters, digits and inner hyphens, 63 a label. */
const label = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;
const allDigits = /^\d+$/;

/**
 * Whether this is a DNS host name (RFC 1123): 253 characters at most and the last label not all
 * digits, so that no mistyped IPv4 address passes for a name.
 */
export function isHostName(text: string): boolean {
  const labels = text.split('.');
  return (
    text.length <= 253 &&
    labels.every((one) => label.test(one)) &&
    !allDigits.test(labels.at(-1) as string)
  );
}

function readPort(text: string, port: string): number {
  const number = /^[1-9]\d{0,4}$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= 65535) return number;
  throw ipErrors.error('ip/endpoint-port', { text, port }, { text });
}

/** Splits at the brackets or at the only colon. */
function split(text: string): { readonly host: string; readonly port: string } {
  const bracketed = /^\[([^\]]*)\](.*)$/.exec(text);
  if (!bracketed && text.split(':').length > 2) {
    throw ipErrors.error('ip/endpoint-brackets', { text }, { text });
  }
  const colon = text.lastIndexOf(':');
  const host = bracketed ? (bracketed[1] as string) : colon < 0 ? text : text.slice(0, colon);
  const rest = bracketed ? (bracketed[2] as string) : colon < 0 ? '' : text.slice(colon);
  if (!rest.startsWith(':') || rest === ':') {
    throw ipErrors.error('ip/endpoint-without-port', { text }, { text });
  }
  return { host, port: rest.slice(1) };
}

function readBracketed(text: string, host: string): Address {
  try {
    const address = Address.parse(host);
    if (address.family === 6) return address;
  } catch (cause) {
    if (!(cause instanceof HawserError)) throw cause;
    throw ipErrors.error('ip/endpoint-host', { text, host, why: cause.message }, { text, cause });
  }
  const why = 'brackets are for IPv6 addresses only';
  throw ipErrors.error('ip/endpoint-host', { text, host, why }, { text });
}

function readUnbracketed(text: string, host: string): Address | undefined {
  const address = Address.tryParse(host);
  if (address || isHostName(host)) return address;
  const why = 'it is neither an address nor a DNS name';
  throw ipErrors.error('ip/endpoint-host', { text, host, why }, { text });
}

/**
 * Reads `host:port` or `[v6]:port`; the host is an address or a DNS name (RFC 1123), the port a
 * decimal number from 1 to 65535.
 * @throws ip/endpoint-brackets, ip/endpoint-without-port, ip/endpoint-port, ip/endpoint-host
 */
export function parseEndpoint(text: string): Endpoint {
  const { host, port } = split(text);
  const address = text.startsWith('[') ? readBracketed(text, host) : readUnbracketed(text, host);
  const number = readPort(text, port);
  return address
    ? { host: address.toString(), address, port: number }
    : { host: host.toLowerCase(), port: number };
}

/** `host:port`, with brackets around an IPv6 address. */
export const formatEndpoint = ({ host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
