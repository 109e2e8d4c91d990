import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { cliErrors } from '../errors.ts';
import { defaultPort } from '../remote/access.ts';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Where a server keeps what it has: of the machine for root, of the user for everybody else. */
export const defaultData = (): string =>
  process.geteuid?.() === 0
    ? '/var/lib/hawser-server'
    : join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local/share'), 'hawser-server');

/** What a server hands out: beside the program in a checkout, else where an admin puts it. */
export function defaultPackages(program = process.argv[1] ?? ''): string {
  const beside = join(dirname(existsSync(program) ? realpathSync(program) : program), 'packages');
  return existsSync(beside) ? beside : '/var/lib/hawser-packages';
}

/** All addresses of both families where the machine has IPv6, else all of IPv4. */
const everywhere = (): string => (existsSync('/proc/net/if_inet6') ? '::' : '0.0.0.0');

/** `HOST:PORT`, `PORT` or `HOST`; brackets around IPv6. @throws cli/bad-listen */
export function listenOf(text: string | undefined): Listen {
  if (text === undefined) return { host: everywhere(), port: defaultPort };
  if (/^\d+$/.test(text)) return { host: everywhere(), port: portOf(text, text) };
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))?(?::(\d+))?$/i.exec(text);
  if (!match) throw cliErrors.error('cli/bad-listen', { text }, { text });
  const port = match[3] === undefined ? defaultPort : portOf(match[3], text);
  return { host: match[1] ?? match[2] ?? everywhere(), port };
}

function portOf(digits: string, text: string): number {
  const port = Number(digits);
  if (port <= 65_535) return port;
  throw cliErrors.error('cli/bad-listen', { text }, { text });
}
