import { createHash, randomBytes } from 'node:crypto';
import { apiErrors, formatToken, permissionsOf, type Role, roles, type TokenInfo } from '#api';
import { HawserError, Secret } from '#base';
import type { Actor } from './actor.ts';
import type { Store, StoredToken, Transaction } from './store/contract.ts';

export interface TokensInit {
  /** What tokens say about where the server is. */
  readonly servers: () => readonly string[];
  readonly pin?: string;
}

export interface NewToken {
  readonly role: Role;
  readonly name: string;
  readonly network?: string | undefined;
  readonly expires?: string | undefined;
  readonly uses?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly ephemeral?: boolean | undefined;
  readonly admits?: boolean | undefined;
  /** Seconds. */
  readonly memberLife?: number | undefined;
  /** The one machine that a join token lets in. */
  readonly machine?: string | undefined;
  /** The token for whose holder it speaks, if not its own. */
  readonly person?: string | undefined;
  /** What it is asked for under, by whom: asked again, it is the same token. */
  readonly request?: string | undefined;
  /** In place of one that is no more. */
  readonly id?: string;
}

export interface MadeToken {
  /** Its text, which is kept nowhere. */
  readonly token: Secret;
  /** What of that nobody can guess. */
  readonly secret: Secret;
  readonly info: TokenInfo;
  /** It was there: another text is in place of one that got lost. */
  readonly isAgain: boolean;
}

/** SHA-256, hex: what a secret of 256 random bits is kept as. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Under which the machine is kept that a token is for. */
const machineKey = (id: string): string => `token-machine/${id}`;

/** 48 bits, hex: by chance, or of what it is asked for under. */
const idOf = (request: string | undefined): string =>
  request === undefined ? randomBytes(6).toString('hex') : hashOf(request).slice(0, 12);

/** `lastUsed` is written at most this often for one token, in milliseconds. */
const usedEvery = 60_000;

/** What a token is shown as: everything but its hash. */
export const infoOf = ({ hash: _, ...info }: StoredToken): TokenInfo => info;

/** Tokens: made, known again, used up, revoked. */
export class Tokens {
  readonly #store: Store;
  readonly #clock: () => Date;
  readonly #init: TokensInit;

  constructor(init: TokensInit, store: Store, clock: () => Date) {
    this.#init = init;
    this.#store = store;
    this.#clock = clock;
  }

  /** Makes a token within a transaction; its text is to be shown once. */
  async make(tx: Transaction, wanted: NewToken): Promise<MadeToken> {
    const secret = new Secret(randomBytes(32).toString('base64url'));
    const id = wanted.id ?? idOf(wanted.request);
    const before = wanted.request && (await tx.tokens()).find((one) => one.id === id);
    const info = before ? infoOf(before) : this.#infoOf(id, wanted);
    await tx.putToken({ ...info, hash: hashOf(secret.reveal()) });
    if (wanted.machine !== undefined) await tx.putSetting(machineKey(id), wanted.machine);
    const token = new Secret(this.#textOf(info, secret));
    return { token, secret, info, isAgain: Boolean(before) };
  }

  #infoOf(id: string, wanted: NewToken): TokenInfo {
    const { role, name, network, expires, uses, tags = [] } = wanted;
    return {
      id,
      role,
      name,
      created: this.#clock().toISOString(),
      ...(network !== undefined && { network }),
      ...(expires !== undefined && { expires }),
      ...(uses !== undefined && { usesLeft: uses }),
      tags: [...tags],
      ephemeral: wanted.ephemeral ?? false,
      admits: wanted.admits ?? false,
      revoked: false,
      ...(wanted.person !== undefined && { person: wanted.person }),
      ...(wanted.memberLife !== undefined && { memberLife: wanted.memberLife }),
    };
  }

  #textOf({ role, network }: Pick<TokenInfo, 'role' | 'network'>, secret: Secret): string {
    return formatToken({
      role: role as Role,
      servers: this.#init.servers(),
      ...(this.#init.pin !== undefined && { pin: this.#init.pin }),
      ...(network !== undefined && { network }),
      secret,
    });
  }

  /** Who holds this secret. @throws api/unauthorized */
  async actor(secret: string): Promise<Actor> {
    return this.holder(hashOf(secret));
  }

  /** Who holds the secret with this hash. @throws api/unauthorized */
  async holder(hash: string): Promise<Actor> {
    const { found, machine } = await this.#store.read(async (tx) => {
      const known = await tx.tokenByHash(hash);
      const isOfMachine = known?.role === 'join';
      return { found: known, machine: isOfMachine && (await tx.setting(machineKey(known.id))) };
    });
    const isSpent = found?.role === 'join' && found.usesLeft === 0;
    // Whoever holds a link is told in so many words why it is good for nothing any more.
    if (found?.role === 'invite') return { ...actorOf(found), isSpent, machine: found.name };
    const token = isSpent ? this.#spent(found) : this.#valid(found);
    await this.#used(token);
    return { ...actorOf(token), isSpent, ...(machine && { machine }) };
  }

  /** Takes one use of a token, in the transaction that uses it. @throws api/unauthorized */
  async consume(tx: Transaction, hash: string): Promise<void> {
    const token = this.#valid(await tx.tokenByHash(hash));
    if (token.usesLeft === undefined) return;
    await tx.putToken({ ...token, usesLeft: token.usesLeft - 1 });
  }

  /** How many people have tokens by which they may approve what waits in a network. */
  persons(all: readonly StoredToken[], network: string): number {
    const may = all.filter(
      (token) =>
        this.#flaw(token) === undefined &&
        permissionsOf[token.role as Role]?.includes('approve') &&
        (token.network ?? network) === network,
    );
    return new Set(may.map(({ id, person = id }) => person)).size;
  }

  /** Why a token is void; undefined: it is good. Who has its secret may know. */
  #flaw({ revoked, expires, usesLeft }: StoredToken): string | undefined {
    if (revoked) return 'was revoked';
    if (expires !== undefined && new Date(expires) <= this.#clock()) return `expired at ${expires}`;
    return usesLeft === 0 ? 'is used up' : undefined;
  }

  /** One that was good but for its uses. @throws api/unauthorized */
  #spent(token: StoredToken): StoredToken {
    const { usesLeft: _, ...rest } = token;
    this.#valid(rest);
    return token;
  }

  #valid(token: StoredToken | undefined): StoredToken {
    if (!token) throw apiErrors.error('api/unauthorized', { is: 'is unknown here' });
    const is = this.#flaw(token);
    if (is !== undefined) throw apiErrors.error('api/unauthorized', { is });
    return token;
  }

  /** Notes the use. That it cannot be written, as on a full disk, keeps nobody from reading. */
  async #used(token: StoredToken): Promise<void> {
    const now = this.#clock();
    const last = token.lastUsed === undefined ? 0 : Date.parse(token.lastUsed);
    // A clock that was put back leaves a use behind that has yet to come.
    if (Math.abs(now.getTime() - last) < usedEvery) return;
    const noting = this.#store.write(async (tx) => {
      const current = await tx.tokenByHash(token.hash);
      if (current) await tx.putToken({ ...current, lastUsed: now.toISOString() });
    });
    await noting.catch((error: unknown) => {
      if (!(error instanceof HawserError)) throw error;
    });
  }
}

function actorOf(token: StoredToken): Omit<Actor, 'isSpent'> {
  const { id, name, role, hash, network, tags, ephemeral, admits, person = id } = token;
  const { memberLife } = token;
  const known = [...roles, 'invite' as const].find((one) => one === role);
  if (!known) throw apiErrors.error('api/unauthorized', { is: `is of an unknown role, ${role}` });
  return {
    id,
    name,
    role: known,
    person,
    hash,
    ...(network !== undefined && { network }),
    tags,
    ephemeral,
    admits,
    ...(memberLife !== undefined && { memberLife }),
  };
}
