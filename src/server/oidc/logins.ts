import type { Logger } from 'pino';
import { HawserError } from '#base';
import { serverErrors } from '../errors.ts';
import type { Sessions } from '../sessions.ts';
import type { Store } from '../store/contract.ts';
import {
  type Attempt,
  attemptIn,
  type Failed,
  failureIn,
  type Login,
  pageOf,
  patience,
  sealedAttempt,
  sealedFailure,
  useUp,
} from './attempt.ts';
import { admit, loginLife } from './people.ts';
import { type Provider, providerIn, returnAddress } from './provider.ts';
import { groupsIn, groupsText, nameIn, plainText, ruleFor } from './roles.ts';
import { Speaker } from './speak.ts';

export interface LoginsInit {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly clock: () => Date;
  readonly log: Logger;
}

/** Where a browser is sent, and what it is to keep meanwhile; or at which other server it is to begin. */
export type Sent =
  | { readonly to: string; readonly keeps: string }
  | { readonly origin: string; readonly page: string };

/** An error of somebody who is not who he says, or may nothing here. */
export class Unwelcome extends HawserError {
  /** How the provider calls him, if it says who he is. */
  readonly who: string | undefined;

  constructor(error: HawserError, who?: string) {
    super(error);
    this.who = who;
  }
}

/** How people log in by OpenID Connect. */
export class Logins {
  readonly #init: LoginsInit;
  readonly #speaker = new Speaker();

  constructor(init: LoginsInit) {
    this.#init = init;
  }

  async provider(): Promise<Provider | undefined> {
    return this.#init.store.read(async (tx) => providerIn(tx));
  }

  /** @throws server/login-by-token-only */
  async #required(): Promise<Provider> {
    const provider = await this.provider();
    if (provider) return provider;
    throw serverErrors.error('server/login-by-token-only', {});
  }

  /**
   * Sends a browser to the provider. One that asks at an address that the provider does not know comes, once, to one that it
   * knows: its cookies are of one host. @throws server/login-by-token-only, server/login-provider-silent
   */
  async begin(asked: {
    readonly origin: string;
    readonly page: unknown;
    readonly isMoved: boolean;
  }): Promise<Sent> {
    const provider = await this.#required();
    const { urls } = provider;
    const [first = ''] = urls;
    const origin = urls.find((url) => url === asked.origin);
    const page = pageOf(asked.page);
    if (origin === undefined && !asked.isMoved) return { origin: first, page };
    const returns = returnAddress(origin ?? first);
    const { to, checks } = await this.#speaker.begin(provider, returns);
    const until = this.#init.clock().getTime() + patience;
    const attempt = { ...checks, returns, page, until };
    return { to: to.href, keeps: sealedAttempt(provider.key, attempt) };
  }

  /**
   * Begins the session of a browser that comes back from the provider. `query`: of the address that it came to.
   * @throws server/login-..., api/unauthorized
   */
  async finish(query: string, keeps: string | undefined): Promise<Login> {
    const { store, sessions, clock } = this.#init;
    const provider = await this.#required();
    const attempt = this.#attempt(provider, keeps);
    const came = new URL(attempt.returns);
    came.search = query;
    if (came.searchParams.get('state') !== attempt.state) throw notBegun();
    const claims = await this.#speaker.finish(provider, came, attempt).catch(unproven);
    const person = this.#person(provider, claims);
    return store.write(async (tx) => {
      const now = clock();
      if ((await providerIn(tx))?.key !== provider.key) throw notBegun();
      if (!(await useUp(tx, attempt, now))) throw notBegun();
      const { hash, id, role, network } = await admit(tx, person, now).catch((error: unknown) => {
        throw error instanceof HawserError ? new Unwelcome(error, person.name) : error;
      });
      const session = await sessions.beginIn(tx, hash, loginLife);
      const { issuer, subject, name } = person;
      const by = plainText(subject, 255);
      await tx.addAudit({
        at: now.toISOString(),
        actor: name,
        action: 'login',
        detail: {
          id,
          role,
          issuer,
          subject: by,
          group: person.rule.group,
          ...(network && { network }),
        },
      });
      return { page: attempt.page, session, life: loginLife };
    });
  }

  /** @throws server/login-not-begun */
  #attempt({ key }: Provider, keeps: string | undefined): Attempt {
    const attempt = keeps === undefined ? undefined : attemptIn(key, keeps);
    if (!attempt || attempt.until <= this.#init.clock().getTime()) throw notBegun();
    return attempt;
  }

  /** @throws server/login-no-role */
  #person(
    { issuer, groupsClaim, roles, person: speaksFor }: Provider,
    claims: Readonly<Record<string, unknown>>,
  ) {
    const name = nameIn(claims, issuer);
    const groups = groupsIn(claims, groupsClaim);
    const rule = ruleFor(roles, groups ?? []);
    if (rule) return { issuer, subject: String(claims['sub']), name, rule, speaksFor };
    this.#init.log.info(
      { name, groups },
      'somebody logged in at the provider who may nothing here',
    );
    const has =
      groups === undefined
        ? `the provider tells nothing as \`${groupsClaim}\``
        : `the provider tells as \`${groupsClaim}\`: ${groupsText(groups)}`;
    throw new Unwelcome(serverErrors.error('server/login-no-role', { name, has }), name);
  }

  /** The page that whoever asks for it may be led to. */
  readonly page = pageOf;

  /** The page that a browser wanted to see when it began to log in. */
  async pageKept(keeps: string | undefined): Promise<string> {
    const provider = await this.provider();
    const attempt = provider && keeps !== undefined && attemptIn(provider.key, keeps);
    return attempt ? attempt.page : '/';
  }

  /** What a browser keeps after a failure; where no provider is, nothing. */
  async failure(failed: Failed): Promise<string | undefined> {
    const provider = await this.provider();
    return provider && sealedFailure(provider.key, failed);
  }

  /** What the page of the login says; `keeps`: what the browser has of its last attempt. */
  async info(keeps: string | undefined): Promise<{ provider?: string; failed?: Failed }> {
    const provider = await this.provider();
    if (!provider) return {};
    const failed = keeps === undefined ? undefined : failureIn(provider.key, keeps);
    return { provider: provider.label, ...(failed && { failed }) };
  }

  /** @throws server/login-provider-silent, server/login-unproven */
  async requireProvider(provider: Provider): Promise<void> {
    await this.#speaker.begin(provider, returnAddress(provider.urls[0] ?? ''));
  }
}

const notBegun = () => new Unwelcome(serverErrors.error('server/login-not-begun', {}));

/** Who shows what the provider did not say claims to be somebody. */
function unproven(error: unknown): never {
  const isProof = error instanceof HawserError && error.code === 'server/login-unproven';
  throw isProof ? new Unwelcome(error) : error;
}
