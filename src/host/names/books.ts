import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NameItem } from '#state';
import type { Context } from '../context.ts';
import { makeFolder, tableFile } from '../dnsmasq/folder.ts';
import { writePublicFile } from '../files.ts';
import { markOf } from '../mark.ts';
import { type Entry, entriesIn, readEntries, withBlock, writeEntries } from './hosts-file.ts';
import { readShared, replaceShared } from './replace-file.ts';

/** Where names of a network stand on a machine. */
export interface Book {
  readonly place: NameItem['place'];
  read(): readonly Entry[];
  write(entries: readonly Entry[]): void;
}

export const hostsMark = ({ network }: Context): string => markOf(network, 'hosts');
export const hostsFile = ({ etc }: Context): string => join(etc, 'hosts');

const isInFile = ({ place }: NameItem): boolean => place === 'hosts file';

const hostsBook = (context: Context): Book => {
  const [file, mark] = [hostsFile(context), hostsMark(context)];
  return {
    place: 'hosts file',
    read: () => {
      if ([...context.wanted.names.values()].some(isInFile)) context.vigil.file(file);
      return entriesIn(readShared(file) ?? '', mark);
    },
    write: (entries) => {
      const text = withBlock(readShared(file), mark, entries, file);
      replaceShared(file, text);
      context.vigil.file(file);
    },
  };
};

const resolverBook = (context: Context): Book => ({
  place: 'resolver',
  read: () => readEntries(readShared(tableFile(context)) ?? ''),
  write: (entries) => {
    if (entries.length === 0) return rmSync(tableFile(context), { force: true });
    makeFolder(context);
    writePublicFile(tableFile(context), writeEntries(entries));
  },
});

/** Only the agent's own namespace is a machine of its own to people. */
export const books = (context: Context): readonly Book[] => [
  ...(context.namespace === 'root' ? [hostsBook(context)] : []),
  resolverBook(context),
];
