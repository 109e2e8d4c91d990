import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { formatDiagnostic, type HawserError } from '#base';
import { cliErrors } from '../errors.ts';
import { reasonOf } from '../files.ts';
import { tell } from '../output.ts';

/** Where a server keeps what it has, if that is a PostgreSQL. */
export interface DatabaseFlags {
  readonly database?: string;
  readonly databaseFile?: string;
}

/** The options that name it. */
export const databaseOption = [
  '--database <url>',
  'a PostgreSQL instead: postgres://...; else HAWSER_DATABASE, unless --data is said',
] as const;
export const databaseFileOption = [
  '--database-file <file>',
  'holds that URL, for who has a password in it',
] as const;

/** As user information, or as a parameter. */
const hasPassword = (url: string): boolean => /\/\/[^/?#]*:[^/?#]+@|[?&]password=./.test(url);

/**
 * The URL of the database that is meant; undefined: none, the data folder is. What libpq takes from the
 * environment for a URL that says nothing of it counts as well: PGPASSWORD, PGPASSFILE, ~/.pgpass; and
 * `passfile=` in the URL.
 * @throws cli/database-unreadable
 */
export function databaseOf(flags: DatabaseFlags, command: Command): string | undefined {
  const url = urlOf(flags, command);
  const passfile = url === undefined ? null : URL.parse(url)?.searchParams.get('passfile');
  // pg knows the file by the environment alone.
  if (passfile) process.env['PGPASSFILE'] = passfile;
  return url;
}

function urlOf({ database, databaseFile }: DatabaseFlags, command: Command): string | undefined {
  if (database !== undefined) {
    if (hasPassword(database)) warn(cliErrors.error('cli/password-in-argv', {}));
    return database;
  }
  return databaseFile === undefined ? fromEnvironment(command) : urlIn(databaseFile);
}

/** Who types a folder means that one, whatever an environment says that was made for something else. */
function fromEnvironment(command: Command): string | undefined {
  const url = process.env['HAWSER_DATABASE'];
  if (!url) return undefined;
  if (command.getOptionValueSource('data') !== 'cli') return url;
  warn(cliErrors.error('cli/database-ignored', {}));
  return undefined;
}

function urlIn(file: string): string {
  const url = textOf(file).trim();
  if (!/^postgres(ql)?:\/\/.+$/.test(url)) throw unreadable(file, 'it holds no postgres:// URL');
  if (hasPassword(url) && isOpenToOthers(file)) {
    warn(cliErrors.error('cli/password-in-open-file', { file }));
  }
  return url;
}

const isOpenToOthers = (file: string): boolean => (statSync(file).mode & 0o004) !== 0;

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, reasonOf(cause), cause);
  }
}

const unreadable = (file: string, reason: string, cause?: unknown): HawserError =>
  cliErrors.error('cli/database-unreadable', { file, reason }, { cause });

function warn({ code, message, fix }: HawserError): void {
  tell(formatDiagnostic({ code, severity: 'warning', message, fix }));
}
