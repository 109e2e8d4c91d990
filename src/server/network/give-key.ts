import { apiErrors } from '#api';
import { serverErrors } from '../errors.ts';
import type { Basis } from './basis.ts';
import type { Decision } from './edit.ts';
import { refuseTakenKeys, withFacts, withKeys } from './enrol.ts';

/** The key of a machine on which nothing of ours runs, as its file was made with. */
export interface GivenKey {
  readonly machine: string;
  readonly publicKey: string;
  /** The one before, as whoever made the file knew it. */
  readonly instead?: string | undefined;
  readonly author: string;
}

/**
 * Makes a public key that of a machine with an exported file; undefined if it has that one.
 * @throws api/not-found, server/key-made-there, server/key-in-file, server/key-moved, server/key-taken
 */
export function keyGiven(basis: Basis, given: GivenKey): Decision | undefined {
  const { machine, publicKey, instead, author } = given;
  const { compiled, stored } = basis;
  const node = compiled.model.nodesByName.get(machine);
  if (!node) throw apiErrors.error('api/not-found', { what: `machine ${machine} with a key` });
  if (node.machine.managed) throw serverErrors.error('server/key-made-there', { machine });
  if (node.machine.publicKey !== undefined) {
    throw serverErrors.error('server/key-in-file', { machine });
  }
  const known = stored.facts.keys[machine]?.['0'];
  if (known === publicKey) return undefined;
  if (known !== instead) throw serverErrors.error('server/key-moved', { machine });
  const keys = { '0': publicKey };
  refuseTakenKeys(basis, machine, keys);
  const detail = { machine, publicKey };
  const facts = withKeys(stored.facts, machine, { keys });
  return { author, action: 'give-key', detail, compiled: withFacts(basis, facts) };
}
