import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import { markOf } from '../mark.ts';

/*
 * What a resolver reads and writes. dnsmasq gives its rights away and then runs as nobody, so it must be
 * able to pass all folders on the way; others cannot list them.
 */

const folderOf = (runFolder: string, mark: string): string => join(runFolder, 'names', mark);

export const resolverMark = ({ network }: Pick<Context, 'network'>): string =>
  markOf(network, 'resolver');

const resolverFolder = (context: Context): string =>
  folderOf(context.runFolder, resolverMark(context));

/** dnsmasq reads what lies here, also when it changes; all but files that begin with a dot. */
export const tableFolder = (context: Context): string => join(resolverFolder(context), 'hosts');
export const tableFile = (context: Context): string => join(tableFolder(context), 'names');

/** Written by dnsmasq once it answers. */
export const pidFile = (context: Context): string => join(resolverFolder(context), 'pid');

export function makeResolverFolder(context: Context): void {
  const table = tableFolder(context);
  mkdirSync(table, { recursive: true });
  for (const [folder, mode] of [
    [context.runFolder, 0o711],
    [join(context.runFolder, 'names'), 0o711],
    [dirname(table), 0o755],
    [table, 0o755],
  ] as const) {
    chmodSync(folder, mode);
  }
}

export const removeResolverFolder = (context: Context): void =>
  rmSync(resolverFolder(context), { recursive: true, force: true });
