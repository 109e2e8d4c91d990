import { isIP } from 'node:net';
import type { LoginProvider, NewLoginProvider } from '#api';
import { oidcReturnPath } from '#api';
import { serverErrors } from '../errors.ts';
import type { Transaction } from '../store/contract.ts';
import { newSealKey } from './seal.ts';

const setting = 'login-provider';

/** The provider as it is kept, with its secret. */
export interface Provider extends Required<Omit<NewLoginProvider, 'clientSecret' | 'authorities'>> {
  readonly clientSecret?: string | undefined;
  readonly authorities?: string | undefined;
  /** What attempts to log in are sealed with: every server knows it. */
  readonly key: string;
  /** RFC 3339. */
  readonly made: string;
  readonly person?: string | undefined;
}

export async function providerIn(tx: Transaction): Promise<Provider | undefined> {
  const text = await tx.setting(setting);
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as Provider);
}

export const putProvider = async (tx: Transaction, provider: Provider | undefined): Promise<void> =>
  tx.putSetting(setting, provider ? JSON.stringify(provider) : '');

interface Also {
  readonly made: string;
  /** Origins of this server, where the wish names none. */
  readonly servers: readonly string[];
  readonly person: string | undefined;
}

/** @throws server/bad-login-provider */
export function providerOf(wish: NewLoginProvider, { made, servers, person }: Also): Provider {
  const issuer = checkedIssuer(wish.issuer);
  return {
    issuer: wish.issuer,
    clientId: wish.clientId,
    label: wish.label ?? issuer.host.slice(0, 60),
    scopes: wish.scopes ?? ['profile', 'email', 'groups'],
    groupsClaim: wish.groupsClaim ?? 'groups',
    roles: wish.roles,
    urls: (wish.urls ?? servers.slice(0, 1)).map(originOf),
    ...(wish.clientSecret !== undefined && { clientSecret: wish.clientSecret }),
    ...(wish.authorities !== undefined && { authorities: wish.authorities }),
    key: newSealKey(),
    made,
    ...(person !== undefined && { person }),
  };
}

const bad = (why: string) => serverErrors.error('server/bad-login-provider', { why });

/** What goes over the wire there lets people in: it may be read by nobody, but on this very host. */
function checkedIssuer(text: string): URL {
  const url = URL.parse(text);
  if (!url || url.search || url.hash || url.username || url.password)
    throw bad(`the issuer ${text} is no URL such as https://login.example.org/realms/lab`);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return url;
  throw bad(`the issuer ${text} is not reached by https`);
}

export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' ||
  hostname === '[::1]' ||
  (isIP(hostname) === 4 && hostname.startsWith('127.'));

function originOf(text: string): string {
  const url = URL.parse(text);
  const isOrigin = url?.protocol === 'https:' && url.pathname === '/' && !url.search && !url.hash;
  if (!isOrigin || url.username || url.password)
    throw bad(`${text} is not where browsers reach a server, such as https://hub.example.org:7443`);
  return url.origin;
}

export const returnAddress = (origin: string): string => `${origin}${oidcReturnPath}`;

/** Without what is secret. */
export function shownProvider(provider: Provider): LoginProvider {
  const { clientSecret, authorities: _, key: __, person, ...rest } = provider;
  const hasSecret = clientSecret !== undefined;
  const returns = provider.urls.map(returnAddress);
  return { ...rest, hasSecret, returns, ...(person !== undefined && { person }) };
}
