import { globSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import type { FileReader } from '#spec';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code));

/** Files on this machine's disk, relative to the working directory. */
export const diskReader: FileReader = {
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  glob: (directory, pattern) =>
    globSync(pattern, { cwd: directory, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) =>
        posix.join(directory, relative(directory, join(entry.parentPath, entry.name))),
      ),
};
