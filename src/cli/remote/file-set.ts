import { readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { type FileSet, requirePlainFiles } from '#api';
import { type Diagnostic, DiagnosticsError } from '#base';
import { type FileReader, loadNetwork, type Network } from '#spec';
import { cliErrors } from '../errors.ts';
import { diskReader } from '../files.ts';
import { writeShared } from '../write.ts';

export interface Sent {
  readonly network: Network;
  readonly warnings: readonly Diagnostic[];
  readonly files: FileSet;
}

/**
 * A network's file with all it includes, as a server keeps them: by path relative to the entry's folder.
 * @throws DiagnosticsError with everything wrong in the file; cli/include-outside, api/strange-file
 */
export function readFileSet(entry: string): Sent {
  const folder = posix.dirname(posix.normalize(entry));
  const texts: Record<string, string> = {};
  const recording: FileReader = {
    read(path, included) {
      const text = diskReader.read(path, included);
      if (text !== undefined) texts[posix.relative(folder, path)] = text;
      return text;
    },
    glob: (directory, pattern) => diskReader.glob(directory, pattern),
  };
  const { network, diagnostics } = loadNetwork(entry, recording);
  if (!network) throw new DiagnosticsError(diagnostics);
  const outside = Object.keys(texts).find((path) => path.startsWith('..'));
  if (outside !== undefined) {
    throw cliErrors.error('cli/include-outside', { file: posix.join(folder, outside), entry });
  }
  const files = { entry: basename(entry), files: texts };
  requirePlainFiles(files);
  return { network, warnings: diagnostics, files };
}

const textAt = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/**
 * Writes what a server keeps to `entry` and beside it; gives the files that were written. Those that
 * are there and differ are overwritten only by `force`.
 * @throws cli/would-overwrite, cli/write-failed, cli/include-outside, api/strange-file
 */
export function writeFileSet(files: FileSet, entry: string, force: boolean): readonly string[] {
  const targets = Object.entries(files.files).map(([path, text]) => {
    if (posix.isAbsolute(path) || posix.normalize(path).startsWith('..')) {
      throw cliErrors.error('cli/include-outside', { file: path, entry });
    }
    return { file: path === files.entry ? entry : join(dirname(entry), path), text };
  });
  requirePlainFiles(files);
  const stale = targets.filter(({ file, text }) => textAt(file) !== text);
  const taken = stale.find(({ file }) => textAt(file) !== undefined);
  if (taken && !force) throw cliErrors.error('cli/would-overwrite', { file: taken.file });
  for (const { file, text } of stale) writeShared(file, text);
  return stale.map(({ file }) => file);
}

/** What the server found in a file, with the file's path as it is known here. */
export function placedHere(diagnostics: readonly Diagnostic[], entry: string): Diagnostic[] {
  const folder = posix.dirname(posix.normalize(entry));
  return diagnostics.map((one) =>
    one.place ? { ...one, place: { ...one.place, file: posix.join(folder, one.place.file) } } : one,
  );
}
