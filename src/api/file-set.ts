import { apiErrors } from './errors.ts';
import type { FileSet } from './schemas.ts';

const isPlain = (path: string): boolean =>
  /^[^/].*\.ya?ml$/.test(path) && !path.split('/').some((part) => part.startsWith('.'));

/**
 * Whoever may apply decides what others write when they pull: nothing that a shell, ssh(1) or another
 * program reads. How the network's own file is called is up to who pulls it.
 * @throws api/strange-file
 */
export function requirePlainFiles({ entry, files }: FileSet): void {
  const file = Object.keys(files).find((path) => path !== entry && !isPlain(path));
  if (file !== undefined) throw apiErrors.error('api/strange-file', { file });
}
