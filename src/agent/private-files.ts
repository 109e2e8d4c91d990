import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '#host';
import { permitted } from './permitted.ts';

const isOf = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException).code === code;

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
      if (isOf(error, 'ENOENT')) return undefined;
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

  /** Writes a file unless there is one by now: of two that do so at once, one wins. */
  writeNew(name: string, text: string): void {
    const draft = `${name}.${process.pid}`;
    this.write(draft, text);
    try {
      linkSync(this.path(draft), this.path(name));
    } catch (error) {
      if (!isOf(error, 'EEXIST')) throw error;
    } finally {
      this.remove(draft);
    }
  }

  rename(from: string, to: string): void {
    const path = this.path(to);
    permitted(path, () => renameSync(this.path(from), path));
  }

  /** Names of what lies in a folder below, none if there is no such folder. */
  list(name: string): readonly string[] {
    try {
      const path = this.path(name);
      return permitted(path, () => readdirSync(path).sort());
    } catch (error) {
      if (isOf(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** A file or a folder, if it is there. */
  remove(name: string): void {
    const path = this.path(name);
    permitted(path, () => rmSync(path, { recursive: true, force: true }));
  }
}
