import { readFileSync } from 'node:fs';
import { formatDiagnostic } from '#base';
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
  'a PostgreSQL instead: postgres://...; else HAWSER_DATABASE',
] as const;
export const databaseFileOption = [
  '--database-file <file>',
  'holds that URL, for who has a password in it',
] as const;

/**
 * The URL of the database that is meant; undefined: none, the data folder is. What libpq takes from the
 * environment for a URL that says nothing of it counts as well: PGPASSWORD, PGPASSFILE, ~/.pgpass.
 * @throws cli/database-unreadable
 */
export function databaseOf({ database, databaseFile }: DatabaseFlags): string | undefined {
  if (database !== undefined) {
    if (URL.parse(database)?.password) warnOfPassword();
    return database;
  }
  return databaseFile === undefined
    ? process.env['HAWSER_DATABASE'] || undefined
    : urlIn(databaseFile);
}

function urlIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const args = { file, reason: reasonOf(cause) };
    throw cliErrors.error('cli/database-unreadable', args, { cause });
  }
}

function warnOfPassword(): void {
  const { code, message, fix } = cliErrors.error('cli/password-in-argv', {});
  tell(formatDiagnostic({ code, severity: 'warning', message, fix }));
}
