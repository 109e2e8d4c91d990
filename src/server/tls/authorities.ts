/** A certificate authority as it is kept: key and certificate as PEM, times RFC 3339. */
export interface Authority {
  readonly key: string;
  readonly cert: string;
  readonly made: string;
  readonly expires: string;
}

/** Milliseconds. */
export const days = (count: number): number => count * 24 * 60 * 60 * 1000;

export const authorityLife = days(3_650);
export const leafLife = days(90);
/** So long before its first use machines are told of an authority. */
export const announcement = days(90);

const at = (time: string): number => Date.parse(time);

/** Those that have not expired, oldest first. */
export const living = (all: readonly Authority[], now: Date): readonly Authority[] =>
  all
    .filter(({ expires }) => at(expires) > now.getTime())
    .toSorted((a, b) => at(a.made) - at(b.made));

/** Whether it is time to make the next: early enough to announce it and to sign with it in time. */
export const needsNext = (all: readonly Authority[], now: Date): boolean =>
  all.every(({ expires }) => at(expires) < now.getTime() + announcement + leafLife);

/**
 * Who signs: the newest that machines have known of for long enough, else the oldest there is, since
 * a server that was away for long comes back with an authority that nobody has heard of.
 */
export function signer(all: readonly Authority[], now: Date): Authority | undefined {
  const alive = living(all, now);
  const known = alive.filter(({ made }) => at(made) <= now.getTime() - announcement);
  return known.at(-1) ?? alive[0];
}
