import {
  chmodSync,
  cpSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A folder under construction, all of whose files have one time and one of two modes. */
export class Tree {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
  }

  write(to: string, text: string, mode: 0o644 | 0o755 = 0o644): void {
    const path = join(this.path, to);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
  }

  copy(from: string, to: string, mode: 0o644 | 0o755 = 0o644): void {
    const path = join(this.path, to);
    mkdirSync(dirname(path), { recursive: true });
    cpSync(from, path);
    chmodSync(path, mode);
  }

  /** Paths of its files, sorted. */
  files(): readonly string[] {
    const entries = readdirSync(this.path, { recursive: true, encoding: 'utf8' });
    return entries.filter((path) => statSync(join(this.path, path)).isFile()).sort();
  }

  read(path: string): Buffer {
    return readFileSync(join(this.path, path));
  }

  /** Bytes of its files. */
  size(): number {
    return this.files().reduce((sum, path) => sum + statSync(join(this.path, path)).size, 0);
  }

  /** Gives everything in it this time (seconds since 1970), and folders one mode whatever the umask. */
  settle(time: number): void {
    const entries = readdirSync(this.path, { recursive: true, encoding: 'utf8' });
    for (const path of ['', ...entries.sort().reverse()].map((name) => join(this.path, name))) {
      if (statSync(path).isDirectory()) chmodSync(path, 0o755);
      lutimesSync(path, time, time);
    }
  }
}
