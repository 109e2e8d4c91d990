import type { ForwardingItem } from '#state';

/**
 * Per interface, IPv4 forwards what comes in where `conf/X/forwarding` is 1. IPv6 asks
 * `conf/all/forwarding` alone (net/ipv6/ip6_output.c), until Linux 6.17 brought
 * `conf/X/force_forwarding`, which also leaves router advertisements as they were.
 */
export const v4Path = (device: string): string => `net/ipv4/conf/${device}/forwarding`;
export const v6Path = (device: string): string => `net/ipv6/conf/${device}/force_forwarding`;
export const v6AllPath = 'net/ipv6/conf/all/forwarding';
export const acceptRaPath = (device: string): string => `net/ipv6/conf/${device}/accept_ra`;

const perDevice = /^net\/(?:ipv4\/conf\/(.+)\/forwarding|ipv6\/conf\/(.+)\/force_forwarding)$/;

/** The forwarding a claimed path stands for; undefined for other sysctls. */
export function forwardingOf(path: string): ForwardingItem | undefined {
  if (path === v6AllPath) return { device: 'all', family: 6 };
  const found = perDevice.exec(path);
  if (found?.[1] !== undefined) return { device: found[1], family: 4 };
  if (found?.[2] !== undefined) return { device: found[2], family: 6 };
  return undefined;
}

/** Whether a claimed path belongs to forwarding; `accept_ra` does where all of IPv6 had to forward. */
export const isForwardingPath = (path: string, claimed: readonly string[]): boolean =>
  forwardingOf(path) !== undefined || (path.endsWith('/accept_ra') && claimed.includes(v6AllPath));
