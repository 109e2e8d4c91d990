import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Secret } from '#base';
import type { Store } from '../store/index.ts';
import type { WriteBackup } from './calls.ts';

export interface BackupPlan {
  readonly folder: string;
  /** Milliseconds from one to the next. */
  readonly every: number;
  /** How many are kept; older ones of this folder are removed. */
  readonly keep: number;
  readonly passphrase: Secret;
}

export interface BackupsInit {
  readonly plan: BackupPlan;
  readonly write: WriteBackup;
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
}

/** How often is looked whether it is time, in milliseconds: clocks of machines that sleep jump. */
const lookEvery = 60_000;
const setting = 'backup/last';
const never = new Date(0).toISOString();
const ours = /^hawser-\d{4}-\d\d-\d\dT[\d-]+Z\.backup$/;

/** Makes backups as long as it is open; of several servers on one database, one of them each time. */
export class Backups {
  readonly #init: BackupsInit;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(init: BackupsInit) {
    this.#init = init;
    this.#timer = setInterval(() => void this.look(), lookEvery).unref();
    void this.look();
  }

  /** Makes a backup if it is time; gives its file. What goes wrong is logged, and tried at the next look. */
  look(): Promise<string | undefined> {
    this.#looking = this.#looking.then(() => this.#make());
    return this.#looking;
  }

  async #make(): Promise<string | undefined> {
    const { plan, clock, log } = this.#init;
    try {
      const last = await this.#claim();
      if (last === undefined) return undefined;
      const name = `hawser-${clock().toISOString().slice(0, 19).replaceAll(':', '-')}Z.backup`;
      const file = join(plan.folder, name);
      await this.#write(file, last);
      await this.#removeOld(name);
      log.info({ file }, 'made a backup');
      return file;
    } catch (error) {
      log.error({ err: error }, 'no backup could be made');
      return undefined;
    }
  }

  async #write(file: string, last: string): Promise<void> {
    const { plan, store, write } = this.#init;
    try {
      await mkdir(plan.folder, { recursive: true, mode: 0o700 });
      await write(file, plan.passphrase);
    } catch (error) {
      await store.write((tx) => tx.putSetting(setting, last));
      throw error;
    }
  }

  /** When the last one was made, if it is time for another: then no other server makes it. */
  async #claim(): Promise<string | undefined> {
    const { plan, store, clock } = this.#init;
    const now = clock();
    // One that was made in the future comes from a clock that was wrong.
    const isDue = (last: string): boolean =>
      Math.abs(now.getTime() - Date.parse(last)) >= plan.every;
    if (!isDue((await store.read((tx) => tx.setting(setting))) ?? never)) return undefined;
    return store.write(async (tx) => {
      const last = (await tx.setting(setting)) ?? never;
      if (!isDue(last)) return undefined;
      await tx.putSetting(setting, now.toISOString());
      return last;
    });
  }

  /** Names tell their age; the one that was just made stays, whatever the clock said of the others. */
  async #removeOld(made: string): Promise<void> {
    const { folder, keep } = this.#init.plan;
    const others = (await readdir(folder)).filter((name) => ours.test(name) && name !== made);
    const surplus = Math.max(0, others.length - keep + 1);
    for (const name of others.toSorted().slice(0, surplus)) await rm(join(folder, name));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
