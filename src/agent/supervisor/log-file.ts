import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes of the file that is written to, and how many full ones are kept beside it. */
export const logLimit = 2 << 20;
const kept = 2;

/** A log of bounded size: FILE, before it FILE.1 and FILE.2. A disk that is full costs lines, no more. */
export class LogFile {
  readonly #path: string;
  readonly #limit: number;
  #fd: number | undefined;
  #size = 0;

  constructor(path: string, limit = logLimit) {
    this.#path = path;
    this.#limit = limit;
  }

  write(text: string | Buffer): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    try {
      if (this.#size > 0 && this.#size + bytes.length > this.#limit) this.#turnOver();
      this.#fd ??= this.#open();
      this.#size += writeSync(this.#fd, bytes);
    } catch {
      // Whoever watches over the agent must not end for want of room.
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const fd = openSync(this.#path, 'a', 0o600);
    this.#size = fstatSync(fd).size;
    return fd;
  }

  #turnOver(): void {
    this.close();
    this.#size = 0;
    const old = (number: number): string => (number === 0 ? this.#path : `${this.#path}.${number}`);
    rmSync(old(kept), { force: true });
    for (let number = kept; number > 0; number--) move(old(number - 1), old(number));
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
