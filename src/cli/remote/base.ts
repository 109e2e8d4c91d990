import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { RevisionId } from '#api';
import { canonicalJson } from '#base';
import { writeShared } from '../write.ts';

/**
 * Which revision a network's file was made from lies beside it, by network as the facts do: a copy of
 * the folder, such as a clone, knows it too.
 */
const baseFileName = 'hawser.base.json';

const Bases = Type.Object({
  format: Type.Literal(1),
  networks: Type.Record(Type.String(), RevisionId),
});
type Bases = Static<typeof Bases>;

function readBases(file: string): Bases {
  try {
    const data: unknown = JSON.parse(readFileSync(join(dirname(file), baseFileName), 'utf8'));
    if (Value.Check(Bases, data)) return data;
  } catch {
    // Nothing is known, then; the server's own word decides.
  }
  return { format: 1, networks: {} };
}

/** The revision that a file was made from, where that is known. */
export const baseOf = (file: string, network: string): RevisionId | undefined =>
  readBases(file).networks[network];

/** Remembers that a file is now what this revision says. @throws cli/write-failed */
export function keepBase(file: string, network: string, revision: RevisionId): void {
  const old = readBases(file);
  const next: Bases = { ...old, networks: { ...old.networks, [network]: revision } };
  const text = JSON.stringify(JSON.parse(canonicalJson(next)), null, 2);
  writeShared(join(dirname(file), baseFileName), `${text}\n`);
}
