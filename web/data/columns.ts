/** What of a column counts for where it has its place; lengths in rem. */
export interface Sized<Column> {
  /** What it needs to be read. */
  readonly least: number;
  /** Its share of what room there is beyond, by parts. */
  readonly share: number;
  /** Columns of higher ranks give way first, and of one rank the last; without one it stays. */
  readonly rank?: number;
  /** What stands in its place once it gives way. */
  readonly instead?: Column;
  /** Once it gives way it is a second line of those rows that have something to say there. */
  readonly isBelow?: boolean;
}

/** Between columns, rem, as style.css has it. */
const gap = 0.75;
/** At both ends of a row together. */
export const margins = 2;

/** Of the letters of codes and addresses, rem. */
const perLetter = 0.5;

const needOf = (columns: readonly Sized<unknown>[]): number =>
  columns.reduce((sum, { least }) => sum + least + gap, margins - gap);

/** What has its own column, and what is told in a second line. */
export interface Placing<Column> {
  readonly columns: readonly Column[];
  readonly below: readonly Column[];
}

/** The columns that so many rem have room for. */
export function placed<Column extends Sized<Column>>(
  all: readonly Column[],
  room: number,
): Placing<Column> {
  let columns = [...all];
  while (needOf(columns) > room) {
    const first = columns.reduce<Column | undefined>(
      (found, one) => ((one.rank ?? -1) >= (found?.rank ?? 0) ? one : found),
      undefined,
    );
    if (!first) break;
    const { instead } = first;
    columns = columns.flatMap((one) => (one !== first ? [one] : instead ? [instead] : []));
  }
  const below = all.filter((one) => one.isBelow === true && !columns.includes(one));
  return { columns, below };
}

/** As CSS grids write it. */
export const templateOf = (columns: readonly Sized<unknown>[]): string =>
  columns.map(({ least, share }) => `minmax(${least}rem, ${share}fr)`).join(' ');

/** rem that the longest of some addresses takes, within bounds: names and networks of two families differ much. */
export const roomOf = (
  texts: Iterable<string>,
  { least, most }: { readonly least: number; readonly most: number },
): number => {
  let longest = 0;
  for (const { length } of texts) longest = Math.max(longest, length);
  return Math.min(most, Math.max(least, Math.ceil(longest * perLetter * 2) / 2));
};
