import { NativeSelect, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { found, type Grouping, grouped, type Item, type Order, ordered } from '../data/rows.ts';
import { amendQuery, queryOf } from '../route.ts';
import { Empty } from './states.tsx';

/** A column of a table. */
export interface Column<Row> {
  readonly name: string;
  /** By which rows are sorted; absent values come last. */
  readonly value: (row: Row) => string | number | undefined;
  readonly show: (row: Row) => ReactNode;
  /** Its share of the width, as CSS grids write it. */
  readonly width: string;
  /** Left out where there is little room. */
  readonly isExtra?: boolean;
  readonly isNumber?: boolean;
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
  /** What else chooses rows. */
  readonly children?: ReactNode;
}

/** Pixels, as style.css has it. */
const rowHeight = 36;

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

const none: ReadonlySet<string> = new Set();

/** Rows that sort, filter and group; only those that can be seen are in the document, however many there are. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, rows, columns, keyOf, textOf, groupings = [], sayOf, children } = props;
  const { sought, order, by, choose } = useChoice(props.isMain === true);
  const [folded, setFolded] = useState(none);
  const isSought = sought !== '';
  const texts = useMemo(
    () => (isSought ? rows.map((row) => textOf(row).toLowerCase()) : []),
    [rows, textOf, isSought],
  );
  const shown = useMemo(() => {
    const some = found(rows, texts, sought);
    const column = columns.find(({ name }) => name === order?.column);
    return column ? ordered(some, column.value, order?.isDown === true) : some;
  }, [rows, texts, columns, sought, order]);
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
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    useFlushSync: false,
  });
  const template = (isWide: boolean): string =>
    columns
      .filter(({ isExtra }) => isWide || !isExtra)
      .map(({ width }) => width)
      .join(' ');
  const style = { '--wide': template(true), '--narrow': template(false) } as React.CSSProperties;
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
              setFolded(none);
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
            {virtual.getVirtualItems().map(({ index, start }) => {
              const item = items[index] as Item<Row>;
              const at = { index, start };
              return 'row' in item ? (
                <Line key={keyOf(item.row)} row={item.row} columns={columns} {...at} />
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
      {shown.length === 0 && <Empty>{rows.length === 0 ? 'There are none.' : 'None fits.'}</Empty>}
    </div>
  );
}

interface Placed {
  readonly index: number;
  /** Pixels from the first row. */
  readonly start: number;
}

interface LineProps<Row> extends Placed {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
}

const styleAt = (start: number) => ({ transform: `translateY(${start}px)` });

/** What is in sight already is not drawn again while others come. */
const Line = memo(LineOf) as typeof LineOf;

function LineOf<Row>({ row, columns, index, start }: LineProps<Row>) {
  return (
    <div role="row" className="row" aria-rowindex={index + 2} style={styleAt(start)}>
      {columns.map(({ name, value, show, isExtra, isNumber }) => (
        <div
          role="cell"
          key={name}
          className={classOf(isExtra, isNumber)}
          title={wordsOf(value(row))}
        >
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
    <div
      role="row"
      className="row group"
      aria-rowindex={rest.index + 2}
      style={styleAt(rest.start)}
    >
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

const classOf = (isExtra = false, isNumber = false): string =>
  `cell${isExtra ? ' extra' : ''}${isNumber ? ' number' : ''}`;

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly order: Order | undefined;
  readonly onOrder: (order: Order | undefined) => void;
}

/** Sorts upwards, then downwards, then not. */
function Head<Row>({ column: { name, isExtra, isNumber }, order, onOrder }: HeadProps<Row>) {
  const isOwn = order?.column === name;
  const sorted = order?.isDown ? 'descending' : 'ascending';
  const next = !isOwn
    ? { column: name, isDown: false }
    : order.isDown
      ? undefined
      : { column: name, isDown: true };
  return (
    <div
      role="columnheader"
      aria-sort={isOwn ? sorted : 'none'}
      className={classOf(isExtra, isNumber)}
    >
      <button type="button" onClick={() => onOrder(next)}>
        {name}
        <span aria-hidden="true">{isOwn ? (order.isDown ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </div>
  );
}
