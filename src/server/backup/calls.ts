import { Secret } from '#base';
import type { StorePlace } from '../store/index.ts';
import type { Caller } from '../thread/calls.ts';
import { writeBackup } from './write.ts';

/** A backup to be written, as plain data. */
export interface BackupWanted {
  readonly place: StorePlace;
  readonly file: string;
  readonly passphrase: string;
  /** When it is made, RFC 3339. */
  readonly at: string;
}

export type BackupCalls = ReturnType<typeof backupCalls>;

/** The store is read, compressed and encrypted in a thread of its own. */
export const backupCalls = () => ({
  write: async ({ place, file, passphrase, at }: BackupWanted): Promise<void> =>
    writeBackup(place, file, { passphrase: new Secret(passphrase), clock: () => new Date(at) }),
});

/** Writes a backup under a passphrase. @throws server/store-unreadable, server/disk-full */
export type WriteBackup = (file: string, passphrase: Secret) => Promise<void>;

/** Each backup has a thread of its own, for as long as it is written. */
export const backupsOf =
  (place: StorePlace, clock: () => Date, thread: () => Caller<BackupCalls>): WriteBackup =>
  async (file, passphrase) => {
    const writer = thread();
    try {
      const at = clock().toISOString();
      await writer.call('write', { place, file, passphrase: passphrase.reveal(), at });
    } finally {
      await writer.close();
    }
  };
