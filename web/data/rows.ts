/** A column by which rows are ordered. */
export interface Order {
  readonly column: string;
  readonly isDown: boolean;
}

/** By which rows may be put together. */
export interface Grouping<Row> {
  readonly name: string;
  readonly value: (row: Row) => string;
}

type Value = string | number | undefined;

/** What stands in a line of a table: a row, or the head of those that follow. */
export type Item<Row> =
  | { readonly row: Row }
  | { readonly group: string; readonly rows: readonly Row[]; readonly isFolded: boolean };

const compare = (a: Value, b: Value): number => {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : 1;
};

/** The rows in whose text all the words are, of `a|b` the one or the other; `texts`: in small letters. */
export function found<Row>(
  rows: readonly Row[],
  texts: readonly string[],
  sought: string,
): readonly Row[] {
  const words = sought
    .toLowerCase()
    .split(/\s+/)
    .map((some) => some.split('|').filter(Boolean))
    .filter(({ length }) => length > 0);
  if (words.length === 0) return rows;
  return rows.filter((_, index) =>
    words.every((some) => some.some((word) => texts[index]?.includes(word))),
  );
}

/** Absent values come last upwards, and first downwards. */
export function ordered<Row>(
  rows: readonly Row[],
  value: (row: Row) => Value,
  isDown: boolean,
): readonly Row[] {
  const turn = isDown ? -1 : 1;
  const keyed = rows.map((row) => ({ row, value: value(row) }));
  return keyed.sort((a, b) => turn * compare(a.value, b.value)).map(({ row }) => row);
}

/** As people count. Made once: to make one takes as long as to sort by it. */
const { compare: byName } = new Intl.Collator('en', { numeric: true });

/** The groups by name, with numbers in them as people count, and in each the rows as they come; those of folded groups are left out. */
export function grouped<Row>(
  rows: readonly Row[],
  value: (row: Row) => string,
  folded: ReadonlySet<string>,
): readonly Item<Row>[] {
  const groups = Map.groupBy(rows, value);
  return [...groups.keys()].sort(byName).flatMap((group): readonly Item<Row>[] => {
    const own = groups.get(group) ?? [];
    const isFolded = folded.has(group);
    const head = { group, rows: own, isFolded };
    return isFolded ? [head] : [head, ...own.map((row) => ({ row }))];
  });
}
