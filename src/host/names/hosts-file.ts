import type { NameItem } from '#state';
import { hostErrors } from '../errors.ts';

/*
 * The lines that a network has in a hosts file (hosts(5)): a block between two marks. All else in the
 * file is somebody else's, and stays byte for byte.
 */

/** A line: an address and its names. */
export type Entry = Omit<NameItem, 'place'>;

const remark = '# Kept by Hawser: what is changed between these two marks is put back.';

/** What the first mark remembers, so that the file can become again what it was. */
const notes = { line: 'the line before had no end', file: 'there was no file before' } as const;

const beginOf = (mark: string, note: string): string =>
  `# BEGIN ${mark}${note === '' ? '' : ` (${note})`}\n`;
const endOf = (mark: string): string => `# END ${mark}\n`;

/** Never reaches over the mark of another block. */
const blocksOf = (mark: string): RegExp =>
  new RegExp(
    `^# BEGIN ${mark}(?: \\((?<note>[^)\\n]*)\\))?\\n(?<lines>(?:(?!# (?:BEGIN|END) hawser:).*\\n)*)# END ${mark}(?:\\n|$)`,
    'gm',
  );

const marksOf = (mark: string): RegExp => new RegExp(`^# (?:BEGIN|END) ${mark}(?= |$)`, 'm');

/** Lines as entries; one that is none becomes an entry that nobody can want. */
export const readEntries = (text: string): readonly Entry[] =>
  text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.trim().split(/\s+/);
    return address === '' || line === remark ? [] : [{ address, names }];
  });

export const writeEntries = (entries: readonly Entry[]): string =>
  entries.map(({ address, names }) => `${address}\t${names.join(' ')}\n`).join('');

/** What stands between the marks. */
export const entriesIn = (text: string, mark: string): readonly Entry[] =>
  [...text.matchAll(blocksOf(mark))].flatMap(({ groups }) => readEntries(groups?.['lines'] ?? ''));

/** Names of the networks that have a block. */
export const networksIn = (text: string): readonly string[] =>
  [...text.matchAll(/^# BEGIN hawser:([^:\s]+):hosts(?= |$)/gm)].map(([, network = '']) => network);

/** The file without the block: what others wrote. @throws host/hosts-file-damaged */
export function withoutBlock(text: string, mark: string, file: string): string | undefined {
  const found = [...text.matchAll(blocksOf(mark))];
  const rest = text.replaceAll(blocksOf(mark), '');
  if (marksOf(mark).test(rest)) throw hostErrors.error('host/hosts-file-damaged', { file, mark });
  const made = found.map(({ groups }) => groups?.['note']);
  if (made.includes(notes.file) && rest === '') return undefined;
  const [last] = found.slice(-1);
  const isLast = last !== undefined && last.index + last[0].length === text.length;
  return made.includes(notes.line) && isLast ? rest.replace(/\n$/, '') : rest;
}

/**
 * The file with these entries in its block: where it was, else at the end. `text`: undefined where there
 * is no file. @throws host/hosts-file-damaged
 */
export function withBlock(
  text: string | undefined,
  mark: string,
  entries: readonly Entry[],
  file: string,
): string | undefined {
  if (entries.length === 0) return withoutBlock(text ?? '', mark, file);
  const inside = `${remark}\n${writeEntries(entries)}`;
  const block = (note: string): string => `${beginOf(mark, note)}${inside}${endOf(mark)}`;
  if (text === undefined) return block(notes.file);
  const rest = text.replaceAll(blocksOf(mark), '');
  if (marksOf(mark).test(rest)) throw hostErrors.error('host/hosts-file-damaged', { file, mark });
  const [first] = text.matchAll(blocksOf(mark));
  if (first) {
    const at = first.index;
    return `${rest.slice(0, at)}${block(first.groups?.['note'] ?? '')}${rest.slice(at)}`;
  }
  const isOpen = text !== '' && !text.endsWith('\n');
  return `${text}${isOpen ? '\n' : ''}${block(isOpen ? notes.line : '')}`;
}

/** Bare names that other lines of the file give to other addresses: those win, as they come first. */
export function shadowed(
  text: string,
  mark: string,
  entries: readonly Entry[],
): readonly { readonly name: string; readonly address: string }[] {
  const others = new Map(
    readEntries(text.replaceAll(blocksOf(mark), '').replaceAll(/#.*$/gm, '')).flatMap(
      ({ address, names }) => names.map((name) => [name, address] as const),
    ),
  );
  const own = Map.groupBy(
    entries.flatMap(({ address, names }) => names.map((name) => ({ name, address }))),
    ({ name }) => name,
  );
  return [...own].flatMap(([name, same]) => {
    const address = others.get(name);
    if (address === undefined || same.some((one) => one.address === address)) return [];
    return [{ name, address }];
  });
}
