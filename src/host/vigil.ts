import { readFileSync, statSync } from 'node:fs';

/**
 * What may change on a machine though its kernel tells nobody: processes that end, files that others
 * write. Asked often, so it looks at nothing else.
 */
export class Vigil {
  /** By their marks. */
  readonly #processes = new Map<string, number>();
  readonly #files = new Map<string, string>();

  /** A process that should go on; the mark stands on its command line. */
  process(mark: string, pid: number): void {
    this.#processes.set(mark, pid);
  }

  forget(mark: string): void {
    this.#processes.delete(mark);
  }

  /** A file as it is now. */
  file(path: string): void {
    this.#files.set(path, signatureOf(path));
  }

  /** Whether all is as it was. */
  get holds(): boolean {
    for (const [path, signature] of this.#files) if (signatureOf(path) !== signature) return false;
    for (const [mark, pid] of this.#processes) if (!lives(pid, mark)) return false;
    return true;
  }
}

function signatureOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : '';
}

function lives(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(mark);
  } catch {
    return false;
  }
}
