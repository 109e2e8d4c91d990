import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '#host';
import { permitted } from './permitted.ts';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Files under one folder that only their owner may read: folders 0700, files 0600, whole or not there. */
export class PrivateFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The text of a file, undefined if there is none. @throws agent/not-permitted */
  read(name: string): string | undefined {
    try {
      const path = this.path(name);
      return permitted(path, () => readFileSync(path, 'utf8'));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  write(name: string, text: string): void {
    const path = this.path(name);
    permitted(path, () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      for (const folder of [this.folder, dirname(path)]) chmodSync(folder, 0o700);
      writeFileAtomically(path, text);
    });
  }

  /** Names of what lies in a folder below, none if there is no such folder. */
  list(name: string): readonly string[] {
    try {
      const path = this.path(name);
      return permitted(path, () => readdirSync(path).sort());
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  remove(name: string): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }
}
