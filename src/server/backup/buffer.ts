import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorePlace } from '../store/index.ts';
import { type BackupInit, writeBackup } from './write.ts';

/** A backup for whoever asks over the network: it is written here first, so that it is whole or an error. */
export async function backupBytes(place: StorePlace, init: BackupInit): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-backup-'));
  try {
    const file = join(folder, 'backup');
    await writeBackup(place, file, init);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
