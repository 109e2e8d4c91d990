import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Secret } from '#base';
import { cliErrors } from './errors.ts';
import { exitCodes, exitWith } from './exit.ts';
import { reasonOf } from './files.ts';
import { tell } from './output.ts';

/** True without a terminal, or with `--yes`: scripts mean what they say. */
export async function confirmed(question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes || !process.stdin.isTTY || !process.stderr.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** What a command ends with where a person said no. */
export function declined(): void {
  tell('nothing was changed');
  exitWith(exitCodes.failed);
}

/**
 * As `confirmed`, for what takes away what one works with: without a terminal it has to be said.
 * @throws cli/needs-yes
 */
export async function surelyConfirmed(
  question: string,
  yes: boolean | undefined,
  why: string,
): Promise<boolean> {
  if (!yes && (!process.stdin.isTTY || !process.stderr.isTTY)) {
    throw cliErrors.error('cli/needs-yes', { why });
  }
  return confirmed(question, yes);
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

/** What a person types without seeing it; what is on standard input where there is no terminal. */
export async function askSecret(question: string): Promise<Secret> {
  if (!process.stdin.isTTY) return new Secret(readFileSync(0, 'utf8').trim());
  process.stderr.write(question);
  const terminal = createInterface({ input: process.stdin, output: nowhere(), terminal: true });
  try {
    return new Secret((await terminal.question('')).trim());
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

/** @throws cli/passphrase-unreadable */
function passphraseIn(file: string): Secret {
  try {
    return new Secret(readFileSync(file, 'utf8').trim());
  } catch (cause) {
    throw cliErrors.error(
      'cli/passphrase-unreadable',
      { file, reason: reasonOf(cause) },
      { cause },
    );
  }
}

/**
 * A passphrase from a file or HAWSER_PASSPHRASE, else asked for; twice where a slip would lock it in.
 * @throws cli/passphrase-unreadable, cli/passphrases-differ
 */
export async function passphrase(file: string | undefined, twice: boolean): Promise<Secret> {
  const set = process.env['HAWSER_PASSPHRASE'];
  if (file !== undefined) return passphraseIn(file);
  if (set) return new Secret(set);
  const first = await askSecret('Passphrase: ');
  if (!twice || !process.stdin.isTTY) return first;
  const second = await askSecret('The same again: ');
  if (first.reveal() === second.reveal()) return first;
  throw cliErrors.error('cli/passphrases-differ', {});
}

/** Of Argon2's and NIST's advice alike: what people can remember and machines cannot guess. */
const shortest = 12;

/** The passphrase of a backup that is to be made. @throws as `passphrase`, cli/short-passphrase */
export async function newPassphrase(file: string | undefined): Promise<Secret> {
  const secret = await passphrase(file, true);
  if (secret.reveal().length >= shortest) return secret;
  throw cliErrors.error('cli/short-passphrase', { shortest });
}
