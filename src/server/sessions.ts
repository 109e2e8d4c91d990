import { randomBytes } from 'node:crypto';
import { by, Secret } from '#base';
import type { Actor } from './actor.ts';
import type { Store, Transaction } from './store/contract.ts';
import { hashOf } from './tokens.ts';

/** Seconds that a session lasts. */
export const sessionLife = 7 * 24 * 3600;
/** More at once are nobody's browsers; those go that would end first. */
const most = 1000;
const setting = 'sessions';

interface Session {
  /** SHA-256 of the secret of the token it was begun with, hex. */
  readonly token: string;
  /** RFC 3339. */
  readonly expires: string;
}

/** By the hash of their secrets. */
type All = Readonly<Record<string, Session>>;

/**
 * Browsers that are logged in. A session is a random secret, kept as its hash like a token, and good for what its
 * token is good for: it ends with that. In the store, because a browser may ask any server of it.
 */
export class Sessions {
  readonly #store: Store;
  readonly #clock: () => Date;

  constructor(store: Store, clock: () => Date) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Its secret, which is kept nowhere. */
  async begin({ hash: token, name }: Actor): Promise<Secret> {
    return this.#store.write(async (tx) => {
      const at = this.#clock().toISOString();
      await tx.addAudit({ at, actor: name, action: 'login', detail: {} });
      return this.beginIn(tx, token, sessionLife);
    });
  }

  /** The same within a transaction. `life`: seconds. */
  async beginIn(tx: Transaction, token: string, life: number): Promise<Secret> {
    const secret = new Secret(randomBytes(32).toString('base64url'));
    const expires = new Date(this.#clock().getTime() + life * 1000).toISOString();
    const known = this.#living(await sessionsIn(tx)).toSorted(by(([, one]) => one.expires));
    const all = [...known.slice(1 - most), [hashOf(secret.reveal()), { token, expires }]];
    await tx.putSetting(setting, JSON.stringify(Object.fromEntries(all)));
    return secret;
  }

  /** The hash of the token that a session speaks for; undefined: there is no such session, or none any more. */
  async tokenOf(secret: string): Promise<string | undefined> {
    const all = await this.#store.read(async (tx) => sessionsIn(tx));
    const hash = hashOf(secret);
    return this.#living(all).find(([one]) => one === hash)?.[1].token;
  }

  async end(secret: string): Promise<void> {
    const hash = hashOf(secret);
    await this.#store.write(async (tx) => {
      const others = this.#living(await sessionsIn(tx)).filter(([one]) => one !== hash);
      await tx.putSetting(setting, JSON.stringify(Object.fromEntries(others)));
    });
  }

  /** Those that would end first come first. */
  #living(all: All): readonly (readonly [string, Session])[] {
    const now = this.#clock().toISOString();
    return Object.entries(all).filter(([, { expires }]) => expires > now);
  }
}

async function sessionsIn(tx: Transaction): Promise<All> {
  return JSON.parse((await tx.setting(setting)) ?? '{}') as All;
}
