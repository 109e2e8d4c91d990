import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cliErrors } from './errors.ts';

/**
 * Writes a file for everyone to read, whole or not at all; in a folder like /tmp what somebody put in the
 * place of its draft is not written to. @throws cli/write-failed
 */
export function writeShared(file: string, text: string | Buffer, mode = 0o644): void {
  const draft = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    rmSync(draft, { force: true });
    writeFileSync(draft, text, { mode, flag: 'wx' });
    renameSync(draft, file);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cliErrors.error('cli/write-failed', { file, reason: String(cause) }, { cause });
  }
}
