import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { RevisionId } from '#api';
import { canonicalJson } from '#base';
import { writeShared } from '../write.ts';

/**
 * Which revision a file was made from lies beside it, by network and by file: two files of one folder may have
 * come from two revisions. A copy of the folder, such as a clone, knows it too; a copy of the file alone does not.
 */
const baseFileName = 'hawser.base.json';

const Bases = Type.Object({
  format: Type.Literal(2),
  networks: Type.Record(Type.String(), Type.Record(Type.String(), RevisionId)),
});
type Bases = Static<typeof Bases>;

function readBases(file: string): Bases {
  try {
    const data: unknown = JSON.parse(readFileSync(join(dirname(file), baseFileName), 'utf8'));
    if (Value.Check(Bases, data)) return data;
  } catch {
    // Nothing is known, then; the server's own word decides.
  }
  return { format: 2, networks: {} };
}

/** The revision that a file was made from, where that is known. */
export const baseOf = (file: string, network: string): RevisionId | undefined =>
  readBases(file).networks[network]?.[basename(file)];

/** Remembers that a file is now what this revision says. @throws cli/write-failed */
export function keepBase(file: string, network: string, revision: RevisionId): void {
  const old = readBases(file);
  const files = { ...old.networks[network], [basename(file)]: revision };
  const next: Bases = { ...old, networks: { ...old.networks, [network]: files } };
  const text = JSON.stringify(JSON.parse(canonicalJson(next)), null, 2);
  writeShared(join(dirname(file), baseFileName), `${text}\n`);
}
