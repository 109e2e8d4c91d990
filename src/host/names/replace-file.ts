import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { hostErrors } from '../errors.ts';
import { syncFolder } from '../files.ts';

/** Bytes as characters, so that whatever others wrote comes back as it was. */
const encoding = 'latin1';

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** The text of a file that others write too; undefined where there is none. */
export function readShared(path: string): string | undefined {
  try {
    return readFileSync(path, encoding);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw notAccessible(path, error);
  }
}

const notAccessible = (file: string, cause: unknown): Error =>
  hostErrors.error('host/file-closed', { file, detail: (cause as Error).message }, { cause });

/** As others know it, and all of it: a disk that is almost full takes a part first. By the owner and the mode that it has, else by those of such files. */
function writeDraft(path: string, text: string, like: Stats | undefined): string {
  const draft = `${path}.hawser.new`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(fd, text, encoding);
    if (like && (like.uid !== process.getuid?.() || like.gid !== process.getgid?.())) {
      fchownSync(fd, like.uid, like.gid);
    }
    fchmodSync(fd, (like?.mode ?? 0o644) & 0o7777);
    fsyncSync(fd);
    return draft;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** In one go, whatever comes after: a shorter text is first drawn out with empty lines. */
function overwrite(fd: number, text: string, length: number): void {
  const bytes = Buffer.from(text.padEnd(length, '\n'), encoding);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, undefined, at);
  ftruncateSync(fd, text.length);
  fsyncSync(fd);
}

/** What there is no room for leaves the text that was there, for which there is. */
function writeInPlace(path: string, text: string): void {
  const before = readFileSync(path, encoding);
  const fd = openSync(path, 'r+');
  try {
    overwrite(fd, text, before.length);
  } catch (error) {
    overwrite(fd, before, before.length);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Where no file can be put into its place: it is a mount point, or only the file itself is open to us. Machines that
 * each have one laid over the same folder (as in a lab) take each other's drafts away: then there is none.
 */
const bound = new Set(['EBUSY', 'EXDEV', 'EPERM', 'EACCES', 'EROFS', 'ENOENT']);

/**
 * Gives a shared file another text: whole or not at all, where it is no mount point (as in containers);
 * undefined: removes it. @throws host/file-closed
 */
export function replaceShared(path: string, text: string | undefined): void {
  const like = statSync(path, { throwIfNoEntry: false });
  const target = like ? realpathSync(path) : path;
  try {
    if (text === undefined) rmSync(target, { force: true });
    else replace(target, text, like);
  } catch (error) {
    throw notAccessible(path, error);
  }
}

function replace(target: string, text: string, like: Stats | undefined): void {
  let draft: string | undefined;
  try {
    draft = writeDraft(target, text, like);
    renameSync(draft, target);
    syncFolder(dirname(target));
  } catch (error) {
    if (draft !== undefined) rmSync(draft, { force: true });
    if (!like || !bound.has(codeOf(error))) throw error;
    writeInPlace(target, text);
  }
}
