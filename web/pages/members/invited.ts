import type { InviteInfo } from '#api';

/** So many of those are listed of which nothing is to be done any more. */
const most = 50;

/** It is to be seen and may be withdrawn, however long ago it was made. */
export const isPending = ({ state }: InviteInfo): boolean => state === 'open' || state === 'waits';

interface Listed {
  readonly listed: readonly InviteInfo[];
  /** How many are not. */
  readonly more: number;
}

/** Of invitations, the newest first: all that somebody may still come by, then the newest of the others. */
export function listedOf(all: readonly InviteInfo[]): Listed {
  const over = all.filter((one) => !isPending(one));
  const listed = [...all.filter(isPending), ...over.slice(0, most)];
  return { listed, more: all.length - listed.length };
}
