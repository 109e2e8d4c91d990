import { readFileSync, statSync } from 'node:fs';

/**
 * What may change on a machine though its kernel tells nobody: processes that end, files that others
 * write. Asked often, so it looks at nothing else.
 */
export class Vigil {
  readonly #processes = new Map<string, { readonly pid: number; readonly mark: string }>();
  readonly #files = new Map<string, string>();

  /** The process of a network that should go on; the mark stands on its command line. */
  process(network: string, pid: number, mark: string): void {
    this.#processes.set(network, { pid, mark });
  }

  forget(network: string): void {
    this.#processes.delete(network);
  }

  /** A file as it is now. */
  file(path: string): void {
    this.#files.set(path, signatureOf(path));
  }

  /** Whether all is as it was. */
  get holds(): boolean {
    for (const [path, signature] of this.#files) if (signatureOf(path) !== signature) return false;
    for (const { pid, mark } of this.#processes.values()) if (!lives(pid, mark)) return false;
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
