import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A backup for whoever asks over the network: it is written here first, so that it is whole or an error. */
export async function backupBytes(write: (file: string) => Promise<void>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-backup-'));
  try {
    const file = join(folder, 'backup');
    await write(file);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
