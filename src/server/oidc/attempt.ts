import type { Secret } from '#base';
import type { Transaction } from '../store/contract.ts';
import { hashOf } from '../tokens.ts';
import { seal, unseal } from './seal.ts';
import type { Checks } from './speak.ts';

/** ms that an attempt to log in may take. */
export const patience = 600_000;

/** An attempt to log in, which the browser itself keeps, sealed: so any server can end it. */
export interface Attempt extends Checks {
  /** Where the provider sends the browser back to. */
  readonly returns: string;
  /** The page that it wants to see then. */
  readonly page: string;
  /** ms since 1970. */
  readonly until: number;
}

/** Why an attempt failed, for the page that the browser sees then. */
export interface Failed {
  readonly detail: string;
  readonly fix: string;
}

export const sealedAttempt = (key: string, attempt: Attempt): string =>
  seal(key, 'attempt', attempt);

export const attemptIn = (key: string, sealed: string): Attempt | undefined =>
  unseal(key, 'attempt', sealed) as Attempt | undefined;

export const sealedFailure = (key: string, { detail, fix }: Failed): string =>
  seal(key, 'failure', { detail, fix });

export const failureIn = (key: string, sealed: string): Failed | undefined =>
  unseal(key, 'failure', sealed) as Failed | undefined;

const longest = 500;

/** A page of this dashboard; whatever else somebody wrote into a link leads to its beginning. */
export function pageOf(text: unknown): string {
  if (typeof text !== 'string' || text.length > longest) return '/';
  return /^\/n\/[\w-]+(?:[/?][\w\-./?&=%~+:]*)?$/.test(text) ? text : '/';
}

const setting = 'login-attempts';

/** Notes that an attempt led to a login; false: it did before. */
export async function useUp(
  tx: Transaction,
  { state, until }: Attempt,
  now: Date,
): Promise<boolean> {
  const known = JSON.parse((await tx.setting(setting)) ?? '{}') as Readonly<Record<string, number>>;
  const living = Object.entries(known).filter(([, end]) => end > now.getTime());
  const hash = hashOf(state);
  if (living.some(([one]) => one === hash)) return false;
  await tx.putSetting(setting, JSON.stringify(Object.fromEntries([...living, [hash, until]])));
  return true;
}

/** What a browser is to have after a step of its login. */
export interface Login {
  readonly page: string;
  readonly session: Secret;
  /** Seconds. */
  readonly life: number;
}
