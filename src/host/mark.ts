import { fnv1a } from '#base';

/**
 * Ownership lives in the kernel (law 6): device aliases and nft table comments carry
 * `hawser:<network>:<object>`, routes and rules a protocol number.
 */

/** Ours among rtnetlink(7) route protocols; free in iproute2's rt_protos. */
export const routeProtocol = 143;

/** Variable by which a wireguard-go process is known before its device has an alias. */
export const processMark = 'HAWSER_MARK';

export const markOf = (network: string, object: string): string => `hawser:${network}:${object}`;

/** The mark of a device that was there before us, and stays when we go. */
export const adoptedMarkOf = (network: string, device: string): string =>
  markOf(network, `adopted/${device}`);

/** The mark of both ends of a pair that leads out of a namespace, by which either is found wherever the other is. */
export const pairMarkOf = (network: string, namespace: string, name: string): string =>
  markOf(network, `veth/${namespace}/${name}`);

/** Whether a device is an end of a pair of this network. */
export const isOfPair = (network: string, mark: string | undefined): boolean =>
  mark?.startsWith(markOf(network, 'veth/')) ?? false;

export const isAdopted = (mark: string | undefined): boolean =>
  /^hawser:[^:]+:adopted\//.test(mark ?? '');

/** The network a mark names; undefined if it is none of ours. */
export const networkOf = (mark: string | undefined): string | undefined =>
  /^hawser:([^:]+):/.exec(mark ?? '')?.[1];

/**
 * Group of a kernel device, which unlike its alias is set in the moment of its making: it marks a
 * device whose maker died before giving it an alias. Never 0, the default group.
 */
export const groupOf = (mark: string): number => (fnv1a(mark) >>> 1) | 1;
