import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileSet } from '#api';
import { type Facts, factsFileName, writeFacts } from '#compile';
import { loadNetwork, readerOf, removeKey } from '#spec';
import { machinesIn } from '../underlay/endpoints.ts';

/** Remembers which revision a file was made from (`hawser apply`). */
const baseFile = 'hawser.base.json';

/**
 * What the file itself is called there, whatever it is called outside: a revision is remembered by the name of
 * the file that it was made from.
 */
const laidAs = 'hawser.yaml';

/**
 * Lays a network's files where the lab's server is told of them, without the keys of machines that are
 * elsewhere; gives the path of the entry.
 */
export function layFiles(labDir: string, { entry, files }: FileSet): string {
  const folder = join(labDir, 'spec');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (name !== baseFile) rmSync(join(folder, name), { recursive: true });
  }
  const name = Object.hasOwn(files, laidAs) ? entry : join(dirname(entry), laidAs);
  for (const [path, text] of Object.entries(textsWithoutKeys({ entry, files }))) {
    const laid = join(folder, path === entry ? name : path);
    mkdirSync(dirname(laid), { recursive: true });
    writeFileSync(laid, text);
  }
  return join(folder, name);
}

/** Lays what is known of a network beside its file. */
export function layFacts(file: string, network: string, facts: Facts): void {
  writeFileSync(join(dirname(file), factsFileName), writeFacts(undefined, network, facts));
}

function textsWithoutKeys({ entry, files }: FileSet): Readonly<Record<string, string>> {
  const { network } = loadNetwork(entry, readerOf(files));
  const machines = network ? machinesIn(network) : [];
  const places = machines.flatMap(({ place, publicKey }) => (publicKey ? [place] : []));
  const texts = { ...files };
  // From behind: what is taken away moves what follows it.
  for (const place of places.toSorted((a, b) => b.line - a.line || b.column - a.column)) {
    texts[place.file] = removeKey(texts[place.file] ?? '', place);
  }
  return texts;
}
