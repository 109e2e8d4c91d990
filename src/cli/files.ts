import { globSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import type { FileReader } from '#spec';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code));

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
  ELOOP: 'its links lead in a circle',
};

/** Why a file could not be read, in words. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

/** What was piped in can be read once only. */
let piped: string | undefined;

/** Files on this machine's disk, relative to the working directory; `-` is standard input. */
export const diskReader: FileReader = {
  read(path) {
    try {
      if (path !== '-') return readFileSync(path, 'utf8');
      piped ??= readFileSync(process.stdin.fd, 'utf8');
      return piped;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new Error(reasonOf(error), { cause: error });
    }
  },
  glob: (directory, pattern) =>
    globSync(pattern, { cwd: directory, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) =>
        posix.join(directory, relative(directory, join(entry.parentPath, entry.name))),
      ),
};
