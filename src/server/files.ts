import { posix } from 'node:path';
import type { FileSet } from '#api';
import type { FileReader } from '#spec';

/** Reads the files of a set and no others: what a file includes must have come with it. */
export const fileSetReader = ({ files }: FileSet): FileReader => ({
  read: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
  glob: (directory, pattern) =>
    Object.keys(files).filter((path) => posix.matchesGlob(path, posix.join(directory, pattern))),
});
