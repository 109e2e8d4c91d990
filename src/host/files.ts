import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a file of mode 0600 so that after a crash it holds the old text or the new, whole. */
export function writeFileAtomically(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  try {
    writeWhole(draft, text);
    renameSync(draft, path);
  } catch (error) {
    // Half a draft on a full disk would take room from what is to be written next.
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeWhole(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a file that everybody may read, whole or not at all; who watches its folder sees no draft. */
export function writePublicFile(path: string, text: string): void {
  const draft = join(dirname(path), `.${basename(path)}`);
  writeFileSync(draft, text);
  chmodSync(draft, 0o644);
  renameSync(draft, path);
}
