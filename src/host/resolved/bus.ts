import { Address } from '#ip';
import type { SplitDnsItem } from '#state';
import { hostErrors } from '../errors.ts';

/** What systemd-resolved says of a device (org.freedesktop.resolve1(5)), in the order of `properties`. */
interface LinkAnswer {
  readonly dns: readonly (readonly [family: number, bytes: readonly number[]])[];
  readonly domains: readonly (readonly [domain: string, routeOnly: boolean])[];
  readonly defaultRoute: boolean;
  readonly dnssec: string;
  readonly overTls: string;
}

export const properties = ['DNS', 'Domains', 'DefaultRoute', 'DNSSEC', 'DNSOverTLS'] as const;

/** The object of a device: its index, whose first digit a path writes in hexadecimal (sd_bus_path_encode(3)). */
export const linkPath = (index: number): string => {
  const [first = '', ...rest] = String(index);
  return `/org/freedesktop/resolve1/link/_3${first}${rest.join('')}`;
};

const addressOf = (bytes: readonly number[]): string =>
  bytes.length === 4
    ? bytes.join('.')
    : `${Address.of(
        6,
        bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n),
      )}`;

/** Reads what `busctl --json=short get-property` prints: a line for each property. */
export function readLink(text: string): LinkAnswer {
  try {
    const [dns, domains, defaultRoute, dnssec, overTls] = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly data: unknown }).data);
    return { dns, domains, defaultRoute, dnssec, overTls } as LinkAnswer;
  } catch (cause) {
    const detail = (cause as Error).message;
    throw hostErrors.error('host/unreadable', { program: 'busctl', detail }, { cause });
  }
}

/**
 * What a device is asked for. One that is also asked for all other names, or that wants them signed or
 * encrypted by a resolver that can do neither, is asked for nothing yet.
 */
export function splitOf(device: string, link: LinkAnswer): SplitDnsItem | undefined {
  const servers = link.dns.map(([, bytes]) => addressOf(bytes));
  const domains = link.domains.map(([domain, routeOnly]) => `${routeOnly ? '~' : ''}${domain}`);
  if (servers.length + domains.length === 0) return undefined;
  const isApart = !link.defaultRoute && link.dnssec === 'no' && link.overTls === 'no';
  return { device, servers, domains: isApart ? domains : [] };
}
