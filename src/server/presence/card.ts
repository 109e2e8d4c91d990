import type { Finding, Install, Upgrade } from '#api';
import { conflictCodes, driftCode } from '../health/failures.ts';

/** An agent's connection, as all servers of a store know it. */
export interface Card {
  readonly identity: string;
  /** Random at each start of the agent's process: two at once are two machines. */
  readonly boot: string;
  readonly address: string;
  /** The server's own address at its end. */
  readonly own?: string;
  readonly since: string;
  /** Version of its program. */
  readonly program: string;
  readonly install?: Install;
  readonly upgrade?: Upgrade;
  /** The revision that it confirmed last. */
  readonly confirmed?: number;
  /** Whether what it confirmed is what it should have, as of the revision that its server is at. */
  readonly isConfirmed: boolean;
  readonly isCurrent: boolean;
  readonly lacks: readonly string[];
  readonly isQuarantined: boolean;
  readonly paused?: string;
  readonly failures: readonly Finding[];
  /** What it sees that is no failure of its own. */
  readonly warnings?: readonly Finding[];
  /** Whether it answers the probes of its peers. */
  readonly probes?: boolean;
  /** Which questions it answers, 0: none (see `Question`); absent: its server cannot ask it for another. */
  readonly tries?: number;
  /** Where else its identity was used, and when (ms since 1970). */
  readonly clone?: Clone;
}

/** Seconds after which the second of two machines of one identity may ask again. */
export const cloneAsksAfter = 300;
/** ms until a clone that did not come again is one no more: two of its attempts may be lost. */
export const cloneLasts = 3 * cloneAsksAfter * 1000;

export interface Clone {
  readonly address: string;
  readonly seen: number;
}

/** What an event told of, and no event tells the end of, comes first. */
const isLasting = ({ code }: Finding): boolean => conflictCodes.has(code) || code === driftCode;
const lastingFirst = (warnings: readonly Finding[]): readonly Finding[] =>
  warnings.toSorted((a, b) => Number(isLasting(b)) - Number(isLasting(a)));

/** So many failures of a machine, each with so many characters, are told to other servers. */
const told = 3;
const longest = 300;

const short = (text: string): string =>
  text.length > longest ? `${text.slice(0, longest)}...` : text;

const shortFinding = ({ code, severity, message, fix }: Finding): Finding => ({
  code: short(code),
  severity,
  message: short(message),
  fix: short(fix),
});

const shortUpgrade = ({ id, version, outcome, error }: Upgrade): Upgrade => ({
  id: short(id),
  version: short(version),
  outcome,
  ...(error && { error: shortFinding(error) }),
});

/** A card that fits into one word, whatever its machine says of itself. */
export const shortened = (card: Card): Card => ({
  ...card,
  program: short(card.program),
  lacks: card.lacks.slice(0, told).map(short),
  ...(card.upgrade && { upgrade: shortUpgrade(card.upgrade) }),
  failures: card.failures.slice(0, told).map(shortFinding),
  ...(card.warnings && { warnings: lastingFirst(card.warnings).slice(0, told).map(shortFinding) }),
});
