import { apiErrors, type InviteInfo, type InviteState } from '#api';
import type { Actor } from './actor.ts';
import type { StoredToken, Transaction } from './store/contract.ts';
import { hashOf, type MadeToken, type Tokens } from './tokens.ts';

/** Days that a link is good for, unless said. */
const usualLife = 7;

/** What an invitation is told from besides its token. */
export interface InviteView {
  readonly now: Date;
  /** Whether the network has a machine, and did not cut it off. */
  readonly lets: (machine: string) => boolean;
  /** Whether it may do so later: it has it and cut it off, or a revision waits that may bring it. */
  readonly mayLet: (machine: string) => boolean;
}

const endOf = ({ expires, created }: StoredToken): string => expires ?? created;

/** What an invitation is worth now. */
function stateOf(token: StoredToken, { now, lets, mayLet }: InviteView): InviteState {
  if (token.usesLeft === 0) return 'used';
  if (token.revoked) return 'withdrawn';
  if (new Date(endOf(token)) <= now) return 'expired';
  if (lets(token.name)) return 'open';
  return mayLet(token.name) ? 'waits' : 'withdrawn';
}

const isOf = (network: string) => (token: StoredToken) =>
  token.role === 'invite' && token.network === network;

/** Who made one: the token for whose holder it speaks. */
const inviterOf = ({ person }: StoredToken, all: readonly StoredToken[]): string =>
  all.find(({ id }) => id === person)?.name ?? 'an operator';

/** An invitation as people see it, who know no link by it. */
export function inviteInfo(
  token: StoredToken,
  all: readonly StoredToken[],
  view: InviteView,
): InviteInfo {
  const { id, name: machine, created, lastUsed } = token;
  const state = stateOf(token, view);
  return {
    ...{ id, machine, state, created },
    by: inviterOf(token, all),
    expires: endOf(token),
    ...(state === 'used' && lastUsed !== undefined && { used: lastUsed }),
  };
}

/** Newest first. */
export const invitesOf = (
  all: readonly StoredToken[],
  network: string,
  view: InviteView,
): readonly InviteInfo[] =>
  all
    .filter(isOf(network))
    .map((token) => inviteInfo(token, all, view))
    .reverse();

/** Whom the links are for that were neither used nor withdrawn, and when they end. */
export const unusedInvites = (
  all: readonly StoredToken[],
  network: string,
): ReadonlyMap<string, string> =>
  new Map(
    all
      .filter(isOf(network))
      .filter(({ revoked, usesLeft }) => !revoked && usesLeft !== 0)
      .map((token) => [token.name, endOf(token)]),
  );

/** @throws api/not-found */
export async function inviteIn(tx: Transaction, network: string, id: string): Promise<StoredToken> {
  const found = (await tx.tokens()).filter(isOf(network)).find((one) => one.id === id);
  if (!found) throw apiErrors.error('api/not-found', { what: `invitation ${id}` });
  return found;
}

export interface Invite {
  readonly network: string;
  readonly machine: string;
  readonly expires?: string | undefined;
  readonly actor: Actor;
  readonly request?: string | undefined;
  readonly now: Date;
}

/** Makes a link's token; the newest for a machine is the one that counts, and ends those before. */
export async function makeInvite(
  tx: Transaction,
  tokens: Tokens,
  { network, machine, expires, actor, request, now }: Invite,
): Promise<MadeToken> {
  const before = (await tx.tokens()).filter(isOf(network));
  for (const token of before) {
    const isOpen = token.name === machine && token.usesLeft !== 0 && !token.revoked;
    if (isOpen) await tx.putToken({ ...token, revoked: true });
  }
  const end = new Date(now.getTime() + usualLife * 86_400_000).toISOString();
  const made = await tokens.make(tx, {
    ...{ role: 'invite', name: machine, network, expires: expires ?? end, uses: 1 },
    person: actor.person,
    ...(request !== undefined && { request: `${actor.person} ${request}` }),
  });
  // Asked again after a lost answer, it is the same one, and open.
  if (!made.isAgain) return made;
  await tx.putToken({ ...made.info, revoked: false, hash: hashOf(made.secret.reveal()) });
  return made;
}

/** Makes links void whose members will not come: what would have made them was rejected. */
export async function withdrawLost(
  tx: Transaction,
  network: string,
  isThere: (machine: string) => boolean,
): Promise<void> {
  for (const token of (await tx.tokens()).filter(isOf(network))) {
    const isUnused = token.usesLeft !== 0 && !token.revoked;
    if (isUnused && !isThere(token.name)) await tx.putToken({ ...token, revoked: true });
  }
}

/** The token of a link that may still be used. @throws api/invite-used, -expired, -withdrawn, -waits */
export function requireOpen(
  token: StoredToken,
  all: readonly StoredToken[],
  view: InviteView,
): void {
  const { state, by, machine, expires, used = '' } = inviteInfo(token, all, view);
  const { network = '' } = token;
  if (state === 'used') throw apiErrors.error('api/invite-used', { at: used, by });
  if (state === 'expired')
    throw apiErrors.error('api/invite-expired', { at: expires, by, machine });
  if (state === 'withdrawn') throw apiErrors.error('api/invite-withdrawn', { by });
  if (state === 'waits') throw apiErrors.error('api/invite-waits', { network, machine, by });
}

/** Uses a link up, in the transaction that uses it: of two who do, one finds it used. */
export async function useInvite(tx: Transaction, hash: string, view: InviteView): Promise<void> {
  const all = await tx.tokens();
  const token = all.find((one) => one.hash === hash);
  if (!token) throw apiErrors.error('api/unauthorized', { is: 'is unknown here' });
  requireOpen(token, all, view);
  await tx.putToken({ ...token, usesLeft: 0, lastUsed: view.now.toISOString() });
}
