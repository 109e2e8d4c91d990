import { Address, parseEndpoint } from '#ip';
import type { PeerItem } from '#state';
import type { PeerDump } from '#wireguard';

/** A session is renewed after 120 s of use and dead after 180 s (the WireGuard paper, section 6). */
const sessionSeconds = 180;

interface Settling {
  readonly wanted: PeerItem | undefined;
  readonly dump: PeerDump;
  /** The endpoint we set last, if we know. */
  readonly lastSet: string | undefined;
  /** Seconds since the last handshake. */
  readonly age: number;
}

export const isHealthy = (age: number): boolean => age <= sessionSeconds;

/**
 * The endpoint to tell of a peer: the wished one where there is nothing to do. A healthy peer that
 * roamed is left alone until the wish itself changes; a learned endpoint nobody wished is no drift.
 * Undefined in a second place: the wish is a name of which only a resolver can say whether it leads there.
 */
export function settle({ wanted, dump, lastSet, age }: Settling): {
  readonly endpoint: string | undefined;
  readonly ask?: string;
} {
  const wish = wanted?.endpoint;
  if (!wanted) return { endpoint: dump.endpoint };
  if (wish === undefined || dump.endpoint === undefined) return { endpoint: undefined };
  if (dump.endpoint === wish) return { endpoint: wish };
  if (isHealthy(age) && (lastSet ?? wish) === wish) return { endpoint: wish };
  const host = nameIn(wish);
  return host === undefined ? { endpoint: dump.endpoint } : { endpoint: dump.endpoint, ask: host };
}

/** The host of an endpoint that is a DNS name. */
export function nameIn(endpoint: string): string | undefined {
  const at = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, at).replace(/^\[|\]$/g, '');
  return Address.tryParse(host) ? undefined : host;
}

/** Whether an endpoint the kernel has is one that a name leads to. */
export function leadsTo(wish: string, actual: string, addresses: readonly string[]): boolean {
  const [wanted, found] = [parseEndpoint(wish), parseEndpoint(actual)];
  return wanted.port === found.port && addresses.includes(found.host);
}
