import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import { markOf } from '../mark.ts';

/*
 * What a dnsmasq of ours reads and writes. It gives its rights away and then runs as nobody, so it must be
 * able to pass all folders on the way; others cannot list them.
 */

const folderOf = (runFolder: string, mark: string): string => join(runFolder, 'names', mark);

/** Each namespace of a network has one at most. */
export const serverMark = ({ network, namespace }: Pick<Context, 'network' | 'namespace'>) =>
  markOf(network, namespace === 'root' ? 'resolver' : `dhcp-${namespace}`);

const folder = (context: Context): string => folderOf(context.runFolder, serverMark(context));

/** dnsmasq reads what lies here, also when it changes; all but files that begin with a dot. */
export const tableFolder = (context: Context): string => join(folder(context), 'hosts');
export const tableFile = (context: Context): string => join(tableFolder(context), 'names');

/** Who has an address of its own by its MAC address; read again when it is told to. */
export const knownFile = (context: Context): string => join(folder(context), 'known');

/** Written by dnsmasq once it answers. */
export const pidFile = (context: Context): string => join(folder(context), 'pid');

export function makeFolder(context: Context): void {
  const table = tableFolder(context);
  mkdirSync(table, { recursive: true });
  for (const [path, mode] of [
    [context.runFolder, 0o711],
    [join(context.runFolder, 'names'), 0o711],
    [dirname(table), 0o755],
    [table, 0o755],
  ] as const) {
    chmodSync(path, mode);
  }
}

export const removeFolder = (context: Context): void =>
  rmSync(folder(context), { recursive: true, force: true });
