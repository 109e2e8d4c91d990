import type { Token } from './token.ts';

/** What a bare machine fetches from a server; public, since it holds no secret. */
export const installerPath = '/install';
export const packagePath = (name: string): string => `/packages/${name}`;

/** The line for a machine that has no Hawser yet, with either program that may be there. */
export interface InstallLines {
  readonly curl: string;
  readonly wget: string;
}

/**
 * Lines for a shell of root: they trust the server's key alone, and hand the token on in the
 * environment, which other users cannot read, unlike arguments.
 */
export function installLines(token: Token, text: string): InstallLines {
  const url = `${token.servers[0] ?? ''}${installerPath}`;
  const pin = token.pin === undefined ? undefined : `--pinnedpubkey 'sha256//${token.pin}' `;
  const shell = `HAWSER_JOIN=${text} sh`;
  return {
    curl: `curl -fsS ${pin === undefined ? '' : `-k ${pin}`}${url} | ${shell}`,
    wget: `wget -qO- ${pin === undefined ? '' : `--no-check-certificate ${pin.replace(' ', '=')}`}${url} | ${shell}`,
  };
}
