import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Package } from '#api';

/** 0.10.0 comes after 0.9.0. */
const order = new Intl.Collator('en', { numeric: true });

/** Of two versions the newer one; the second, where they are the same. */
export const newerOf = (a: string, b: string): string => (order.compare(a, b) > 0 ? a : b);

type Named = Omit<Package, 'sha256'>;

const pattern =
  /^hawser_(?<version>\d[\w.+~-]*)_(?:(?<deb>[a-z0-9]+)\.deb|linux-(?<archive>[a-z0-9]+)\.tar\.gz)$/;

function parseName(name: string): Named | undefined {
  const { version, deb, archive } = pattern.exec(name)?.groups ?? {};
  const architecture = deb ?? archive;
  if (version === undefined || architecture === undefined) return undefined;
  return { name, version, architecture, kind: deb === undefined ? 'archive' : 'deb' };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** The folder on the server's own disk from which machines are given Hawser. */
export class PackageFolder {
  readonly #path: string | undefined;
  /** By path, size and time: a sum is computed once. */
  readonly #sums = new Map<string, Promise<string>>();

  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** The packages of the one version that is handed out, the newest; none where the folder is missing. */
  async list(): Promise<readonly Package[]> {
    const named = (await this.#names()).flatMap((name) => parseName(name) ?? []);
    const newest = named
      .map(({ version }) => version)
      .sort(order.compare)
      .at(-1);
    const current = named.filter(({ version }) => version === newest);
    return Promise.all(
      current.map(async (one) => ({ ...one, sha256: await this.#sumOf(one.name) })),
    );
  }

  /** Whether there is any. */
  async some(): Promise<boolean> {
    return (await this.#names()).some((name) => parseName(name));
  }

  /** A package's place and size in bytes; undefined for what is none. */
  async find(name: string): Promise<{ readonly path: string; readonly size: number } | undefined> {
    if (!parseName(name) || !(await this.#names()).includes(name)) return undefined;
    const path = this.#pathOf(name);
    return { path, size: (await stat(path)).size };
  }

  #pathOf(name: string): string {
    return join(this.#path ?? '', name);
  }

  async #names(): Promise<readonly string[]> {
    if (this.#path === undefined) return [];
    try {
      return (await readdir(this.#path)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async #sumOf(name: string): Promise<string> {
    const path = this.#pathOf(name);
    const { size, mtimeMs } = await stat(path);
    const key = `${name} ${size} ${mtimeMs}`;
    const sum = this.#sums.get(key) ?? sha256Of(path);
    this.#sums.set(key, sum);
    return sum;
  }
}
