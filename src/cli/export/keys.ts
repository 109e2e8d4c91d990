import { readFileSync } from 'node:fs';
import type { Secret } from '#base';
import type { Facts } from '#compile';
import type { Machine } from '#spec';
import { generateKeyPair, isKey, parseConfig, publicKeyOf } from '#wireguard';
import { cliErrors } from '../errors.ts';
import { withAddresses } from '../load.ts';
import type { Source } from './source.ts';

/** Whose key goes into a file. */
export interface KeyOptions {
  readonly publicKey?: string;
  readonly newKey?: boolean;
  readonly keepKey?: boolean;
  readonly keyFrom?: string;
}

/** The facts with a machine's key, and its private key where it is known here. */
export interface Keyed {
  readonly facts: Facts;
  readonly privateKey?: Secret;
}

/**
 * @throws cli/managed-key, cli/bad-public-key, cli/key-was-given-out, cli/one-key-option, cli/other-key,
 * cli/no-key-there
 */
export function withKey(
  { known, named }: Source,
  machine: Machine,
  options: KeyOptions,
  stateOnly: boolean,
): Keyed {
  const facts = withAddresses(known, known.facts);
  const { name, managed, publicKey: written } = machine;
  const option = onlyOption(options);
  if (managed && option !== undefined) throw cliErrors.error('cli/managed-key', { machine: name });
  const own = written ?? facts.keys[name]?.['0'];
  if (options.publicKey !== undefined) return { facts: setKey(facts, name, checked(options)) };
  if (options.keyFrom !== undefined) {
    return { facts, privateKey: keyFrom(options.keyFrom, name, own) };
  }
  const isKept = options.keepKey && own !== undefined;
  if (managed || written !== undefined || stateOnly || isKept) return { facts };
  if (own !== undefined && !options.newKey) {
    throw cliErrors.error('cli/key-was-given-out', { machine: name, named: named(name) });
  }
  const { privateKey, publicKey } = generateKeyPair();
  return { facts: setKey(facts, name, publicKey), privateKey };
}

/** The one of these that is there. @throws cli/one-key-option */
function onlyOption({ publicKey, newKey, keepKey, keyFrom }: KeyOptions): string | undefined {
  const found = [
    ...(publicKey === undefined ? [] : ['--public-key']),
    ...(newKey ? ['--new-key'] : []),
    ...(keepKey ? ['--keep-key'] : []),
    ...(keyFrom === undefined ? [] : ['--key-from']),
  ];
  if (found.length < 2) return found[0];
  throw cliErrors.error('cli/one-key-option', { options: found.join(' and ') });
}

function checked({ publicKey: text = '' }: KeyOptions): string {
  if (!isKey(text)) throw cliErrors.error('cli/bad-public-key', { text }, { text });
  return text;
}

/** The private key that a file has, if it is the machine's. */
function keyFrom(path: string, machine: string, own: string | undefined): Secret {
  const { privateKey } = parseConfig(textOf(path), path).interface;
  if (!privateKey) throw cliErrors.error('cli/no-key-there', { file: path, why: 'it has none' });
  if (publicKeyOf(privateKey) === own) return privateKey;
  throw cliErrors.error('cli/other-key', { file: path, machine });
}

function textOf(path: string): string {
  try {
    return readFileSync(path === '-' ? process.stdin.fd : path, 'utf8');
  } catch (cause) {
    const { message: why } = cause as Error;
    throw cliErrors.error('cli/no-key-there', { file: path, why }, { cause });
  }
}

const setKey = (facts: Facts, machine: string, key: string): Facts => ({
  ...facts,
  keys: { ...facts.keys, [machine]: { ...facts.keys[machine], '0': key } },
});
