import { closeSync, globSync, openSync, readSync, statSync } from 'node:fs';
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

/** Bytes of a file that are read: a file of 100,000 members has some 10 MB, and /dev/zero has no end. */
const most = 64 * 1024 * 1024;

/** @throws Error where it is no text, or has no end */
function readText(descriptor: number): string {
  const parts: Buffer[] = [];
  let size = 0;
  for (;;) {
    const part = Buffer.allocUnsafe(64 * 1024);
    const length = readSync(descriptor, part);
    if (length === 0) break;
    size += length;
    if (size > most) throw new Error(`it has more than ${most} bytes`);
    parts.push(part.subarray(0, length));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
  } catch {
    throw new Error('it is no text in UTF-8');
  }
}

/** Who asks may name a pipe that is written meanwhile; one that a file names may have no writer, and no end. */
function requirePlain(path: string): void {
  const found = statSync(path);
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is no plain file');
}

function readFile(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    return readText(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What was piped in can be read once only. */
let piped: string | undefined;

/** Files on this machine's disk, relative to the working directory; `-` is standard input. */
export const diskReader: FileReader = {
  read(path, included = false) {
    try {
      if (included) requirePlain(path);
      if (path !== '-') return readFile(path);
      piped ??= readText(process.stdin.fd);
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
