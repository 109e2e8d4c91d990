import type { ClientAuth, Configuration } from 'openid-client';
import { HawserError } from '#base';
import { serverErrors } from '../errors.ts';
import { fetchBy } from './fetch.ts';
import type { Provider } from './provider.ts';
import { type Claims, groupsIn, plainText } from './roles.ts';

/** Seconds that a provider may take for one answer. */
const patience = 5;
/** Seconds by which its clock and the server's may differ. */
const tolerance = 60;
/** ms for which what a provider says of itself is kept: so that who clicks often asks it seldom, and who finds it gone is told. */
const kept = 10_000;

/** What ties an answer of the provider to one attempt to log in. */
export interface Checks {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
}

interface Known {
  readonly provider: string;
  readonly config: Promise<Configuration>;
  /** performance.now */
  readonly since: number;
}

/** Nobody answered, or not as a provider does: it may be asked again. */
class Silent extends Error {}

const client = async () => import('openid-client');

/** A provider as it is spoken with: authorization code, PKCE, state and nonce, signatures checked (OpenID Connect Core, 3.1). */
export class Speaker {
  #known: Known | undefined;

  /** Where a browser logs in, and comes back from to `returns`. @throws server/login-provider-silent */
  async begin(provider: Provider, returns: string): Promise<{ to: URL; checks: Checks }> {
    const oidc = await client();
    const config = await this.#config(provider);
    const checks = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
    };
    const to = oidc.buildAuthorizationUrl(config, {
      redirect_uri: returns,
      scope: scopesOf(provider, config).join(' '),
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: 'S256',
    });
    return { to, checks };
  }

  /**
   * What the provider says of who came back with this address, his groups among it if it tells any.
   * @throws server/login-provider-silent, server/login-refused, server/login-unproven
   */
  async finish(provider: Provider, came: URL, checks: Checks): Promise<Claims> {
    const { authorizationCodeGrant, fetchUserInfo } = await client();
    const config = await this.#config(provider);
    return this.#told(provider, async () => {
      const tokens = await authorizationCodeGrant(config, came, {
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        pkceCodeVerifier: checks.verifier,
        idTokenExpected: true,
      });
      const claims = (tokens.claims() ?? {}) as Claims & { readonly sub: string };
      const isWhole = groupsIn(claims, provider.groupsClaim) !== undefined;
      if (isWhole || config.serverMetadata().userinfo_endpoint === undefined) return claims;
      const more = await fetchUserInfo(config, tokens.access_token, claims.sub);
      return { ...more, ...claims };
    });
  }

  /** @throws server/login-provider-silent, server/login-unproven */
  async #config(provider: Provider): Promise<Configuration> {
    const text = JSON.stringify(provider);
    const known = this.#known;
    if (known?.provider === text && performance.now() - known.since < kept) return known.config;
    // However many ask meanwhile, it is asked once.
    const config = this.#told(provider, async () => this.discover(provider));
    const asked = { provider: text, config, since: performance.now() };
    this.#known = asked;
    config.catch(() => {
      if (this.#known === asked) this.#known = undefined;
    });
    return config;
  }

  /** What a provider says of itself. @throws Error that says why that is not to be had */
  async discover({ issuer, clientId, clientSecret, authorities }: Provider) {
    const oidc = await client();
    const fetching = fetchBy(authorities);
    const secured = issuer.startsWith('https:');
    const metadata = { [oidc.clockTolerance]: tolerance };
    const auth = clientSecret === undefined ? oidc.None() : authWith(oidc, clientSecret);
    return oidc.discovery(new URL(issuer), clientId, metadata, auth, {
      timeout: patience,
      execute: [
        oidc.enableNonRepudiationChecks,
        // oxlint-disable-next-line typescript/no-deprecated -- an issuer on loopback, which `provider.ts` checks
        ...(secured ? [] : [oidc.allowInsecureRequests]),
      ],
      [oidc.customFetch]: async (...asked) => {
        const answer = await fetching(...asked).catch((cause: unknown) => {
          throw new Silent(messageOf(cause), { cause });
        });
        if (answer.status < 500) return answer;
        throw new Silent(`it answers with status ${answer.status}`);
      },
    });
  }

  async #told<T>({ issuer }: Provider, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof HawserError ? error : await told(issuer, error);
    }
  }
}

/** In the form that the provider takes; what it does not say is the one that all have to take (OpenID Connect Core, 9). */
function authWith(oidc: Awaited<ReturnType<typeof client>>, secret: string): ClientAuth {
  const basic = oidc.ClientSecretBasic(secret);
  const post = oidc.ClientSecretPost(secret);
  return (server, ...rest) => {
    const takes = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (takes.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
}

/** Those that the provider knows: some refuse a login for one that they do not. */
function scopesOf({ scopes }: Provider, config: Configuration): readonly string[] {
  const { scopes_supported: known } = config.serverMetadata();
  return ['openid', ...scopes.filter((scope) => known?.includes(scope) ?? true)];
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The innermost says what it is about. */
function reasonOf(error: unknown): string {
  let at = error;
  const said: string[] = [];
  while (at instanceof Error) {
    said.push(at.message);
    at = at.cause;
  }
  return plainText(said.findLast((one) => one !== '') ?? String(error), 200);
}

const isSilent = (error: unknown): boolean =>
  error instanceof Silent || (error instanceof Error && isSilent(error.cause));

async function told(issuer: string, error: unknown): Promise<HawserError> {
  const { AuthorizationResponseError, ResponseBodyError } = await client();
  const why = reasonOf(error);
  const isLate = (error as { readonly code?: string }).code === 'OAUTH_TIMEOUT';
  if (isSilent(error) || isLate) {
    const said = isLate ? `it took more than ${patience} s` : why;
    return serverErrors.error(
      'server/login-provider-silent',
      { issuer, why: said },
      { cause: error },
    );
  }
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const { error: code, error_description: more } = error;
    const said = plainText([code, ...(more === undefined ? [] : [more])].join(': '), 200);
    return serverErrors.error('server/login-refused', { issuer, why: said }, { cause: error });
  }
  return serverErrors.error('server/login-unproven', { issuer, why }, { cause: error });
}
