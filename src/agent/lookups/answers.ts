import { Address, Prefix, PrefixSet } from '#ip';

/** What DNS said of a name in one family: addresses with the seconds that they hold, or why it said nothing. */
export type Answer =
  | { readonly addresses: readonly { readonly address: string; readonly ttl: number }[] }
  | { readonly failure: string };

export type Answers = { readonly [F in 4 | 6]?: Answer };

/** What is known of a name. */
export interface Known {
  /** Its addresses, and until when each is its at least: ms since 1970. */
  readonly until: Readonly<Record<string, number>>;
  /** Why it was not found at the last look. */
  readonly failure?: string;
  /** The family of which nothing was found out at the last look, though the other was, and why. */
  readonly half?: { readonly family: 4 | 6; readonly why: string };
  /** What it was said to be at the last look, and must not be. */
  readonly refused: readonly string[];
}

export const unknown: Known = { until: {}, refused: [] };

/** s: nobody can have used an answer before; and more is not believed. */
const shortest = 30;
const longest = 86_400;

/** Addresses of one name. */
const most = 256;

/**
 * No machine outside has one of these: this host (RFC 1122), loopback, link-local with the metadata of clouds, multicast,
 * reserved; of IPv6 unspecified, loopback, IPv4-mapped, link-local, multicast (RFC 6890).
 */
const nobodys = PrefixSet.of(
  ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/127', '::ffff:0:0/96']
    .concat(['fe80::/10', 'ff00::/8'])
    .map((text) => Prefix.parse(text)),
);

export const refusing = (never: readonly string[]): PrefixSet =>
  nobodys.union(PrefixSet.of(never.map((text) => Prefix.parse(text))));

/**
 * What is known after an answer. An address is the name's until its time is over, also where a later answer is without it.
 * Where none comes, what was known stays.
 */
export function heard(known: Known, answers: Answers, never: PrefixSet, now: number): Known {
  const said = Object.values(answers).flatMap((one) => ('addresses' in one ? one.addresses : []));
  if (said.length === 0) {
    const [failed] = Object.values(answers).flatMap((one) => ('failure' in one ? one.failure : []));
    const { half: _, ...rest } = known;
    return { ...rest, refused: [], failure: failed ?? 'it has no address' };
  }
  const isFit = ({ address }: { readonly address: string }): boolean => {
    const parsed = Address.tryParse(address);
    return parsed !== undefined && !never.contains(parsed);
  };
  const found = said
    .filter(isFit)
    .map(({ address, ttl }): [string, number] => [
      address,
      now + 1000 * Math.min(Math.max(ttl, shortest), longest),
    ]);
  const hasFailed = (address: string): boolean =>
    'failure' in (answers[address.includes(':') ? 6 : 4] ?? {});
  const kept = Object.entries(known.until)
    .filter(([address, until]) => (until > now || hasFailed(address)) && isFit({ address }))
    .sort(([, a], [, b]) => b - a);
  const all = new Map([...found, ...kept.filter(([one]) => !found.some(([is]) => is === one))]);
  const refused = said.filter((one) => !isFit(one)).map(({ address }) => address);
  const half = failedHalf(answers);
  return {
    until: Object.fromEntries([...all].slice(0, most)),
    ...(half && { half }),
    refused: refused.sort(),
  };
}

function failedHalf(answers: Answers): Known['half'] {
  for (const family of [4, 6] as const) {
    const answer = answers[family];
    if (answer && 'failure' in answer) return { family, why: answer.failure };
  }
  return undefined;
}

/** ms: no name is asked for more often, nor less. */
const soonest = 5_000;
const latest = 3_600_000;

/**
 * ms until a name is asked for again: when the first of its answers ends, or an address that it had before. One that
 * is kept past its end, since nobody answers in its family, ends no more.
 */
export function nextLook({ until }: Known, answers: Answers, now: number): number {
  const ttls = Object.values(answers).flatMap((one) =>
    'addresses' in one ? one.addresses.map(({ ttl }) => ttl * 1000) : [],
  );
  const ends = Object.values(until).flatMap((end) => (end > now ? [end - now] : []));
  return Math.min(Math.max(Math.min(...ttls, ...ends), soonest), latest);
}
