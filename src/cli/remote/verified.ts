import type { Verified } from '#api';

export const isFlow = ({ what }: Verified): boolean => /^(?:icmp|tcp)/.test(what);
export const mayPass = ({ verdict }: Verified): boolean =>
  verdict === 'allow' || verdict === 'outside';

/** `flows        2 of 3 that may pass, passed`; nothing, where there are none. */
export const countLine = (
  head: string,
  some: readonly Verified[],
  did: string,
): readonly string[] =>
  some.length === 0
    ? []
    : [`${head.padEnd(13)}${some.filter(({ wrong }) => !wrong).length} of ${some.length} ${did}`];

/** Machines of which nobody hears anything who should. */
export function muteAmong(all: readonly Verified[]): ReadonlySet<string> {
  const asked = Map.groupBy(
    all.filter((one) => isFlow(one) && mayPass(one)),
    ({ to }) => to,
  );
  return new Set(
    [...asked].flatMap(([to, flows]) =>
      flows.every(({ outcome }) => outcome === 'silent') ? [to] : [],
    ),
  );
}
