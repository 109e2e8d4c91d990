import type { TunnelState, TunnelsStatus } from '#api';
import { states } from './words.ts';

/** Tunnels that a list of them has no room for, by state; absent: it has all. */
export type LeftOut = TunnelsStatus['leftOut'];

/** Some tunnels, and how many there are besides. */
export type Listed = Pick<TunnelsStatus, 'leftOut' | 'tunnels'>;

/** Those of some states alone; undefined: none. */
export function leftOutIn(leftOut: LeftOut, isWanted: (state: TunnelState) => boolean): LeftOut {
  const some = states.flatMap((state) => {
    const count = leftOut?.[state] ?? 0;
    return count > 0 && isWanted(state) ? [[state, count] as const] : [];
  });
  return some.length === 0 ? undefined : Object.fromEntries(some);
}

/** How many were asked for. */
export const countOf = ({ tunnels, leftOut = {} }: Listed): number =>
  Object.values(leftOut).reduce((sum, count) => sum + count, tunnels.length);

/**
 * The tunnels of a machine, or the one between two, out of a list of all; undefined: it cannot be told by it, since there is no
 * such list or it leaves some out.
 */
export function tunnelsOf(
  all: TunnelsStatus | undefined,
  ends: readonly string[],
): TunnelsStatus | undefined {
  if (!all || all.leftOut) return undefined;
  const tunnels = all.tunnels.filter((tunnel) =>
    ends.every((name) => tunnel.ends.some(({ machine }) => machine === name)),
  );
  return { ...all, tunnels };
}
