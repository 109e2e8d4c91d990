import { NativeSelect, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  memo,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { margins, type Placing, placed, type Sized, templateOf } from '../data/columns.ts';
import { found, type Grouping, grouped, type Item, type Order, ordered } from '../data/rows.ts';
import { amendQuery, queryOf } from '../route.ts';
import { Empty } from './states.tsx';

/** A column of a table. */
export interface Column<Row> extends Sized<Column<Row>> {
  readonly name: string;
  /** By which rows are sorted; absent values come last. */
  readonly value: (row: Row) => string | number | undefined;
  readonly show: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** Whether a row says it in a second line; each does unless this says otherwise. */
  readonly saysBelow?: (row: Row) => boolean;
}

interface TableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** Text in which is sought. */
  readonly textOf: (row: Row) => string;
  readonly groupings?: readonly Grouping<Row>[];
  /** What the head of a group says of its rows. */
  readonly sayOf?: (rows: readonly Row[]) => ReactNode;
  /** It is what its page is about: what is chosen stands in the address, for others and for the way back. */
  readonly isMain?: boolean;
  /** What is said where there is no row, or none fits what is sought; where it is absent, that. */
  readonly none?: ((sought: string) => ReactNode) | undefined;
  /** What else chooses rows. */
  readonly children?: ReactNode;
}

/** Pixels, of rows of so many lines. */
const heights = [36, 56, 72] as const;
/** Of letters in a second line, rem. */
const perLetter = 0.42;

const saidBelow = <Row,>(row: Row, below: readonly Column<Row>[]): readonly Column<Row>[] =>
  below.filter(({ saysBelow }) => saysBelow?.(row) ?? true);

/** Pixels of a row, with what it has to say in further lines of so many rem. */
function heightIn<Row>(item: Item<Row> | undefined, below: readonly Column<Row>[], room: number) {
  if (item === undefined || !('row' in item)) return heights[0];
  const said = saidBelow(item.row, below);
  const letters = said.map(({ value }) => String(value(item.row) ?? '').length);
  const length = Math.max(0, ...letters) * perLetter;
  if (length === 0) return heights[0];
  return length > room ? heights[2] : heights[1];
}

/** The columns that an element has room for, as long as it is so wide. */
function usePlaced<Row>(
  box: RefObject<HTMLElement | null>,
  columns: readonly Column<Row>[],
): Placing<Column<Row>> & { readonly room: number } {
  const [room, setRoom] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const look = (): void => setRoom(element.clientWidth / rem);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  const placing = useMemo(() => placed(columns, room), [columns, room]);
  return { ...placing, room };
}

interface Choice {
  readonly sought: string;
  readonly order: Order | undefined;
  /** Name of a grouping, or nothing. */
  readonly by: string;
}

function choiceIn(query: URLSearchParams): Choice {
  const [, down, column] = /^(-?)(.+)$/.exec(query.get('sort') ?? '') ?? [];
  const order = column === undefined ? undefined : { column, isDown: down === '-' };
  return { sought: query.get('has') ?? '', order, by: query.get('by') ?? '' };
}

/** What somebody chose; where the table is its page's own, the address tells it. */
function useChoice(isMain: boolean) {
  const [choice, setChoice] = useState(() =>
    choiceIn(isMain ? queryOf(window.location.search) : new URLSearchParams()),
  );
  useEffect(() => {
    const { sought, order, by } = choice;
    const sort = order && `${order.isDown ? '-' : ''}${order.column}`;
    if (isMain) amendQuery({ has: sought, sort: sort ?? '', by });
  }, [isMain, choice]);
  const choose = (some: Partial<Choice>): void => setChoice({ ...choice, ...some });
  return { ...choice, choose };
}

const unfolded: ReadonlySet<string> = new Set();

/** Rows that sort, filter and group; only those that can be seen are in the document, however many there are. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, rows, columns: all, keyOf, textOf, groupings = [], sayOf, none, children } = props;
  const box = useRef<HTMLDivElement>(null);
  const { columns, below, room } = usePlaced(box, all);
  const { sought, order, by, choose } = useChoice(props.isMain === true);
  const [folded, setFolded] = useState(unfolded);
  const isSought = sought !== '';
  const texts = useMemo(
    () => (isSought ? rows.map((row) => textOf(row).toLowerCase()) : []),
    [rows, textOf, isSought],
  );
  const shown = useMemo(() => {
    const some = found(rows, texts, sought);
    const column = all.find(({ name }) => name === order?.column);
    return column ? ordered(some, column.value, order?.isDown === true) : some;
  }, [rows, texts, all, sought, order]);
  const grouping = groupings.find(({ name }) => name === by);
  const items = useMemo(
    () =>
      grouping ? grouped(shown, grouping.value, folded) : shown.map((row): Item<Row> => ({ row })),
    [shown, grouping, folded],
  );
  const fold = (group: string): void => {
    const rest = new Set(folded);
    if (!rest.delete(group)) rest.add(group);
    setFolded(rest);
  };
  const heightOf = useCallback(
    (index: number) => heightIn(items[index], below, room - margins),
    [items, below, room],
  );
  // Heights are taken anew where keys are made by another function.
  const keyAt = useCallback((index: number) => `${index} ${heightOf(index)}`, [heightOf]);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: heightOf,
    getItemKey: keyAt,
    overscan: 12,
    useFlushSync: false,
  });
  const style = { '--columns': templateOf(columns) } as React.CSSProperties;
  return (
    <div className="tabled">
      <div className="tools">
        <TextInput
          size="xs"
          className="seek"
          aria-label={`Filter ${label}`}
          placeholder={`Filter ${label}`}
          value={sought}
          onChange={(event) => choose({ sought: event.currentTarget.value })}
        />
        {children}
        {groupings.length > 0 && (
          <NativeSelect
            size="xs"
            aria-label="Group"
            value={by}
            data={[
              { value: '', label: 'not grouped' },
              ...groupings.map(({ name }) => ({ value: name, label: `by ${name}` })),
            ]}
            onChange={(event) => {
              choose({ by: event.currentTarget.value });
              setFolded(unfolded);
            }}
          />
        )}
        <span className="dim" role="status">
          {shown.length === rows.length ? rows.length : `${shown.length} of ${rows.length}`}
        </span>
      </div>
      {/* biome-ignore lint/a11y: a region that scrolls is reached by keys */}
      <div className="scroller" ref={box} tabIndex={0} role="region" aria-label={label}>
        <div role="table" aria-label={label} aria-rowcount={items.length + 1} style={style}>
          <div role="rowgroup" className="heads">
            <div role="row" aria-rowindex={1} className="row">
              {columns.map((column) => (
                <Head
                  key={column.name}
                  column={column}
                  order={order}
                  onOrder={(next) => choose({ order: next })}
                />
              ))}
            </div>
          </div>
          <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start, size }) => {
              const item = items[index] as Item<Row>;
              const at = { index, start, size };
              return 'row' in item ? (
                <Line key={keyOf(item.row)} row={item.row} {...{ columns, below, ...at }} />
              ) : (
                <GroupHead
                  key={`group ${item.group}`}
                  {...{ ...at, ...item, onFold: fold }}
                  says={sayOf?.(item.rows)}
                />
              );
            })}
          </div>
        </div>
      </div>
      {shown.length === 0 && (
        <Empty>{none?.(sought) ?? (rows.length === 0 ? 'There are none.' : 'None fits.')}</Empty>
      )}
    </div>
  );
}

interface Placed {
  readonly index: number;
  /** Pixels from the first row. */
  readonly start: number;
  /** Pixels. */
  readonly size: number;
}

interface LineProps<Row> extends Placed, Placing<Column<Row>> {
  readonly row: Row;
}

const styleAt = ({ start, size }: Placed) => ({
  height: size,
  transform: `translateY(${start}px)`,
});

/** What is in sight already is not drawn again while others come. */
const Line = memo(LineOf) as typeof LineOf;

function LineOf<Row>({ row, columns, below, ...at }: LineProps<Row>) {
  return (
    <div role="row" className="row" aria-rowindex={at.index + 2} style={styleAt(at)}>
      {columns.map(({ name, value, show, isNumber }) => (
        <div role="cell" key={name} className={classOf(isNumber)} title={wordsOf(value(row))}>
          {show(row)}
        </div>
      ))}
      {at.size > heights[0] &&
        saidBelow(row, below).map(({ name, value, show }) => (
          <div role="cell" key={name} className="cell below" title={wordsOf(value(row))}>
            {show(row)}
          </div>
        ))}
    </div>
  );
}

interface GroupHeadProps<Row> extends Placed {
  readonly group: string;
  readonly rows: readonly Row[];
  readonly isFolded: boolean;
  readonly says: ReactNode;
  readonly onFold: (group: string) => void;
}

/** Folds what is under it, and unfolds it again. */
function GroupHead<Row>({ group, rows, isFolded, says, ...rest }: GroupHeadProps<Row>) {
  return (
    <div role="row" className="row group" aria-rowindex={rest.index + 2} style={styleAt(rest)}>
      <div role="cell" className="cell">
        <button type="button" aria-expanded={!isFolded} onClick={() => rest.onFold(group)}>
          <span aria-hidden="true">{isFolded ? '▸' : '▾'}</span> {group}{' '}
          <span className="dim">{says ?? rows.length}</span>
        </button>
      </div>
    </div>
  );
}

/** What is cut for want of room is read whole by pointing at it. */
const wordsOf = (value: string | number | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

const classOf = (isNumber = false): string => (isNumber ? 'cell number' : 'cell');

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly order: Order | undefined;
  readonly onOrder: (order: Order | undefined) => void;
}

/** Sorts upwards, then downwards, then not. */
function Head<Row>({ column: { name, isNumber }, order, onOrder }: HeadProps<Row>) {
  const isOwn = order?.column === name;
  const sorted = order?.isDown ? 'descending' : 'ascending';
  const next = !isOwn
    ? { column: name, isDown: false }
    : order.isDown
      ? undefined
      : { column: name, isDown: true };
  return (
    <div role="columnheader" aria-sort={isOwn ? sorted : 'none'} className={classOf(isNumber)}>
      <button type="button" onClick={() => onOrder(next)}>
        {name}
        <span aria-hidden="true">{isOwn ? (order.isDown ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </div>
  );
}
