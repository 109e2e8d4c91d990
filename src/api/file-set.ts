import { apiErrors } from './errors.ts';
import type { FileSet } from './schemas.ts';

const isPlain = (path: string): boolean =>
  /^[^/].*\.ya?ml$/.test(path) && !path.split('/').some((part) => part.startsWith('.'));

/** The same texts: the entry is one file, whatever it is called. */
export function sameFiles(a: FileSet, b: FileSet): boolean {
  const paths = Object.keys(a.files);
  const there = (path: string): string => (path === a.entry ? b.entry : path);
  return (
    paths.length === Object.keys(b.files).length &&
    paths.every((path) => a.files[path] === b.files[there(path)])
  );
}

/**
 * Whoever may apply decides what others write when they pull: nothing that a shell, ssh(1) or another
 * program reads. How the network's own file is called is up to who pulls it.
 * @throws api/strange-file
 */
export function requirePlainFiles({ entry, files }: FileSet): void {
  const file = Object.keys(files).find((path) => path !== entry && !isPlain(path));
  if (file !== undefined) throw apiErrors.error('api/strange-file', { file });
}
