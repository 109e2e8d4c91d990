import { readFile, writeFile } from 'node:fs/promises';
import { HawserError } from '#base';
import { hostErrors } from '../errors.ts';
import type { Run } from '../run.ts';

/** Sysctls of one namespace; paths are below /proc/sys, values without surrounding white space. */
export interface Kernel {
  /** Values of those that exist. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  write(path: string, value: string): Promise<void>;
}

const root = '/proc/sys';
const plain = (text: string): string => text.trim().replace(/\s+/g, ' ');
const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

async function readOne(path: string): Promise<readonly [string, string][]> {
  try {
    return [[path, plain(await readFile(`${root}/${path}`, 'utf8'))]];
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** The kernel as this process sees it: no program is run. */
export const directKernel = (onWrite: () => void): Kernel => ({
  async read(paths) {
    return new Map((await Promise.all(paths.map(readOne))).flat());
  },
  async write(path, value) {
    onWrite();
    try {
      await writeFile(`${root}/${path}`, value);
    } catch (cause) {
      const args = { argv: `write ${root}/${path}`, exit: 'an error' };
      const stderr = (cause as Error).message;
      throw hostErrors.error('host/command-failed', { ...args, stderr }, { cause });
    }
  },
});

/** `path:value` lines of the files that exist; where one does not, grep ends with 2. */
const grepAll = (run: Run, paths: readonly string[]): Promise<string> =>
  run('read', ['grep', '-s', '-H', '', ...paths.map((path) => `${root}/${path}`)], {
    exits: [0, 1, 2],
  });

/** The kernel as programs in another namespace see it. */
export const enteredKernel = (run: Run): Kernel => ({
  async read(paths) {
    if (paths.length === 0) return new Map();
    const lines = (await grepAll(run, paths)).split('\n');
    return new Map(
      lines.flatMap((line) => {
        const at = line.indexOf(':');
        if (at < 0) return [];
        return [[line.slice(root.length + 1, at), plain(line.slice(at + 1))] as const];
      }),
    );
  },
  async write(path, value) {
    await run('write', ['tee', `${root}/${path}`], { stdin: value });
  },
});

/** Whether an error says that the sysctl went away with its device. */
export const isGone = (error: unknown): boolean =>
  error instanceof HawserError && /ENOENT|No such file/.test(error.message);
