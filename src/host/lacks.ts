import { HawserError } from '#base';

/*
 * What programs say where the kernel lacks what they ask it for, also as a module. A newer kernel says
 * itself what is wrong (rtnetlink.c, extended acknowledgements), an older one nothing but EOPNOTSUPP.
 */

const saidBy = (error: unknown): string =>
  error instanceof HawserError ? (error.text ?? error.message) : '';

const noKind = /Unknown device type|RTNETLINK answers: Operation not supported/;

/** Of ip(8), asked for a device of some kind. */
export const lacksKind = (error: unknown): boolean => noKind.test(saidBy(error));

const noSpaces =
  /Failed to create a new network namespace "[^"]*": Invalid argument|Cannot open init namespace: No such file or directory/;

/** Of ip(8), asked for a network namespace (ipnetns.c, namespace.c; unshare(2): EINVAL). */
export const lacksSpaces = (error: unknown): boolean => noSpaces.test(saidBy(error));

const noFamily =
  /Could not process rule: (?:Operation not supported|Address family not supported by protocol)\nadd table (\w+) /;

/** The family for which nft(8) could make no table (nf_tables_api.c: EOPNOTSUPP, of old EAFNOSUPPORT). */
export const lackedFamily = (error: unknown): string | undefined =>
  noFamily.exec(saidBy(error))?.[1];

const noNftables =
  /Unable to initialize Netlink socket: Protocol not supported|cache initialization failed: Invalid argument/;

/** Of nft(8), whatever it is asked (mnl.c, without nfnetlink; cache.c, with that alone: nfnetlink.c, EINVAL). */
export const lacksNftables = (error: unknown): boolean => noNftables.test(saidBy(error));
