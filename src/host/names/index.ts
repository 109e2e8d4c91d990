import { type Diagnostic, HawserError } from '#base';
import { Address } from '#ip';
import { type Change, type NameItem, putItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { reload } from '../dnsmasq/process.ts';
import { hostErrors } from '../errors.ts';
import { together } from '../failure.ts';
import { editsOf } from '../pick.ts';
import { books, hostsFile, hostsMark } from './books.ts';
import { type Entry, shadowed } from './hosts-file.ts';
import { readShared } from './replace-file.ts';

/** The names that a machine finds in its /etc/hosts, and those that its resolver answers with. */
export const names: LinuxFacility = {
  name: 'names',
  v: 1,

  async observe(context) {
    const found = books(context).flatMap((book) =>
      book.read().map((entry): NameItem => ({ place: book.place, ...entry })),
    );
    return (into) => {
      for (const item of found) putItem(into, 'names', item);
    };
  },

  establish: (context, changes) => rewrite(context, changes, 'keeps'),
  withdraw: (context, changes) => rewrite(context, changes, 'goes'),
};

const goes = ({ kind }: Change): boolean => kind === 'remove';

async function rewrite(context: Context, changes: readonly Change[], what: 'keeps' | 'goes') {
  const edits = editsOf(changes, 'names').filter((change) => goes(change) === (what === 'goes'));
  const byPlace = Map.groupBy(edits, ({ id }) =>
    id.startsWith('resolver') ? 'resolver' : 'hosts file',
  );
  const failures = await Promise.all(
    books(context).map(async (book) => {
      const own = byPlace.get(book.place) ?? [];
      return together(own, async () => {
        book.write(edited(book.read(), own));
        if (book.place === 'resolver') await reload(context);
      });
    }),
  );
  return failures.flat();
}

type NameEdits = ReturnType<typeof editsOf<'names'>>;

/** What a book holds with these edits, sorted by address. */
function edited(entries: readonly Entry[], edits: NameEdits): readonly Entry[] {
  const all = new Map(entries.map((entry) => [entry.address, entry]));
  for (const edit of edits) {
    if (edit.kind === 'remove') all.delete(edit.before.address);
    else all.set(edit.after.address, edit.after);
  }
  const keyed = [...all.values()].map((entry) => ({ entry, key: Address.tryParse(entry.address) }));
  return keyed
    .sort((a, b) => (a.key && b.key ? a.key.compare(b.key) : Number(!!b.key) - Number(!!a.key)))
    .map(({ entry }) => entry);
}

/** Names that this machine's own lines give to others: a person should know. */
export function shadowedNames(context: Context): readonly Diagnostic[] {
  const wanted = [...context.wanted.names.values()].filter(({ place }) => place === 'hosts file');
  if (wanted.length === 0) return [];
  const file = hostsFile(context);
  try {
    return shadowed(readShared(file) ?? '', hostsMark(context), wanted).map((found) =>
      hostErrors.diagnostic('host/name-taken', { ...found, file }, { severity: 'warning' }),
    );
  } catch (error) {
    if (error instanceof HawserError) return [];
    throw error;
  }
}
