import { createHash, randomBytes } from 'node:crypto';
import type { RoleRule } from '#api';
import { serverErrors } from '../errors.ts';
import type { StoredToken, Transaction } from '../store/contract.ts';
import { hashOf, type MadeToken, type Tokens } from '../tokens.ts';

/** Seconds that somebody is let in for: groups are read when he logs in and not again. */
export const loginLife = 12 * 3600;

const prefix = 'oidc-';
/** Tokens for the command line that one person has at once. */
const most = 10;

/** Who logged in at a provider. */
export interface Person {
  readonly issuer: string;
  /** What the provider calls him, for ever (OpenID Connect Core, 5.7). */
  readonly subject: string;
  readonly name: string;
  readonly rule: RoleRule;
  /** The token for whose holder he speaks, if not his own. */
  readonly speaksFor: string | undefined;
}

/** One for each subject of each issuer, whatever name it has. */
export const idOfPerson = (issuer: string, subject: string): string =>
  `${prefix}${createHash('sha256').update(`${issuer}\n${subject}`).digest('hex').slice(0, 16)}`;

/** Whether this is the token that a person is, and not one for his command line. */
export const isPerson = (id: string): boolean => /^oidc-[\da-f]{16}$/.test(id);

const isOfProvider = ({ id }: { readonly id: string }): boolean => id.startsWith(prefix);

/** Whether a token is a person's own or one of those for his command line. */
const isOf = (person: string, { id }: { readonly id: string }): boolean =>
  id === person || id.startsWith(`${person}-`);

const later = (now: Date): string => new Date(now.getTime() + loginLife * 1000).toISOString();

/**
 * Lets somebody in: he is a token whose text nobody has, so that all that tokens may, and what they are in history, holds of
 * him. @throws server/login-revoked
 */
export async function admit(tx: Transaction, person: Person, now: Date): Promise<StoredToken> {
  const { issuer, subject, name, rule, speaksFor } = person;
  const id = idOfPerson(issuer, subject);
  const all = await tx.tokens();
  const before = all.find((one) => one.id === id);
  if (before?.revoked) throw serverErrors.error('server/login-revoked', { name, id });
  const granted = {
    role: rule.role,
    name,
    expires: later(now),
    ...(rule.network !== undefined && { network: rule.network }),
    ...(speaksFor !== undefined && speaksFor !== id && { person: speaksFor }),
  };
  const token: StoredToken = {
    id,
    hash: before?.hash ?? hashOf(randomBytes(32).toString('base64url')),
    created: before?.created ?? now.toISOString(),
    lastUsed: now.toISOString(),
    tags: [],
    ephemeral: false,
    admits: false,
    revoked: false,
    ...granted,
  };
  await tx.putToken(token);
  // What he was let in for before is what he is let in for now.
  for (const one of all.filter((other) => other.id !== id && isOf(id, other))) {
    const { network: _, ...rest } = one;
    const { expires = '' } = one;
    await tx.putToken({ ...rest, ...granted, person: granted.person ?? id, expires });
  }
  return token;
}

/** A token for the command line of a person, as good as he is and no longer; beyond ten the one goes that ends first. */
export async function tokenFor(
  tx: Transaction,
  tokens: Tokens,
  hash: string,
): Promise<MadeToken | undefined> {
  const own = await tx.tokenByHash(hash);
  if (!own || !isPerson(own.id)) return undefined;
  const all = (await tx.tokens()).filter((one) => one.id !== own.id && isOf(own.id, one));
  const ids = Array.from({ length: most }, (_, index) => `${own.id}-${index}`);
  const ends = (id: string) => all.find((one) => one.id === id)?.expires ?? '';
  const [id = ''] = ids.toSorted((a, b) => (ends(a) < ends(b) ? -1 : Number(ends(a) > ends(b))));
  const { role, name, network, expires, person = own.id } = own;
  const wish = { name, network, expires, person, id };
  return tokens.make(tx, { ...wish, role: role as RoleRule['role'] });
}

/** Ends what everybody has who logged in by a provider: he may log in again. */
export async function endAll(tx: Transaction, now: Date): Promise<void> {
  for (const one of (await tx.tokens()).filter(isOfProvider)) {
    if (one.expires !== undefined && one.expires <= now.toISOString()) continue;
    await tx.putToken({ ...one, expires: now.toISOString() });
  }
}

/** Those that end when this one is revoked: a person's own take with them those for his command line. */
export const withOwn = (all: readonly StoredToken[], id: string): readonly StoredToken[] =>
  all.filter((one) => one.id === id || (isPerson(id) && isOf(id, one)));
