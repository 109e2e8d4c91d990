import type { Diagnostic } from '#base';
import { found } from '../errors.ts';
import type { FolderSeen } from '../facts.ts';

/** What the states of a large network take, several times. */
const leastBytes = 20 * 2 ** 20;
const leastFiles = 100;

/** Whether something can still be kept there, and nobody else reads it. */
export function folderFindings({
  path,
  freeBytes,
  freeFiles,
  open,
}: FolderSeen): readonly Diagnostic[] {
  const isFull = freeBytes < leastBytes || freeFiles < leastFiles;
  const args = { path, bytes: freeBytes, files: freeFiles };
  return [
    ...(isFull ? [found('doctor/folder-full', args)] : []),
    ...open.map((one) => found('doctor/folder-open', one)),
  ];
}
