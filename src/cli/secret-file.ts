import { readFileSync, statSync } from 'node:fs';
import { Secret } from '#base';
import { cliErrors } from './errors.ts';
import { reasonOf } from './files.ts';

/** A secret that a file holds, which nobody but its owner may read. @throws cli/secret-unreadable, cli/secret-is-open */
export function secretIn(file: string): Secret {
  const text = textOf(file);
  if ((statSync(file).mode & 0o077) !== 0) throw cliErrors.error('cli/secret-is-open', { file });
  return new Secret(text);
}

function textOf(file: string): string {
  const unreadable = (reason: string, cause?: unknown) =>
    cliErrors.error('cli/secret-unreadable', { file, reason }, { cause });
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw unreadable(reasonOf(cause), cause);
  }
  if (text === '') throw unreadable('it is empty');
  return text;
}

/** Certificates of authorities. @throws cli/authority-unreadable */
export function pemIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw cliErrors.error('cli/authority-unreadable', { file, reason: reasonOf(cause) }, { cause });
  }
}
