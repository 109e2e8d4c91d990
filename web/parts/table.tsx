import { TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useMemo, useRef, useState } from 'react';
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
  /** What else chooses rows. */
  readonly children?: ReactNode;
}

interface Order {
  readonly column: string;
  readonly isDown: boolean;
}

/** Pixels, as style.css has it. */
const rowHeight = 36;

const compare = (a: string | number | undefined, b: string | number | undefined): number => {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : 1;
};

/** The rows that hold the text, in an order. */
function useShown<Row>({ rows, columns, textOf }: TableProps<Row>, sought: string, order?: Order) {
  return useMemo(() => {
    const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
    const holds = (row: Row): boolean => {
      const text = textOf(row).toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const found = words.length === 0 ? rows : rows.filter(holds);
    const column = columns.find(({ name }) => name === order?.column);
    if (!column) return found;
    const turn = order?.isDown ? -1 : 1;
    const keyed = found.map((row) => ({ row, value: column.value(row) }));
    return keyed.sort((a, b) => turn * compare(a.value, b.value)).map(({ row }) => row);
  }, [rows, columns, textOf, sought, order]);
}

/** Rows that sort and filter; only those that can be seen are in the document, however many there are. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, rows, columns, keyOf, children } = props;
  const [sought, setSought] = useState('');
  const [order, setOrder] = useState<Order>();
  const shown = useShown(props, sought, order);
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
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
          onChange={(event) => setSought(event.currentTarget.value)}
        />
        {children}
        <span className="dim" role="status">
          {shown.length === rows.length ? rows.length : `${shown.length} of ${rows.length}`}
        </span>
      </div>
      {/* biome-ignore lint/a11y: a region that scrolls is reached by keys */}
      <div className="scroller" ref={box} tabIndex={0} role="region" aria-label={label}>
        <div role="table" aria-label={label} aria-rowcount={shown.length + 1} style={style}>
          <div role="rowgroup" className="heads">
            <div role="row" aria-rowindex={1} className="row">
              {columns.map((column) => (
                <Head key={column.name} column={column} order={order} onOrder={setOrder} />
              ))}
            </div>
          </div>
          <div role="rowgroup" className="body" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const row = shown[index] as Row;
              return (
                <Line key={keyOf(row)} row={row} columns={columns} index={index} start={start} />
              );
            })}
          </div>
        </div>
      </div>
      {shown.length === 0 && <Empty>{rows.length === 0 ? 'There are none.' : 'None fits.'}</Empty>}
    </div>
  );
}

interface LineProps<Row> {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  readonly index: number;
  /** Pixels from the first row. */
  readonly start: number;
}

/** What is in sight already is not drawn again while others come. */
const Line = memo(LineOf) as typeof LineOf;

function LineOf<Row>({ row, columns, index, start }: LineProps<Row>) {
  return (
    <div
      role="row"
      className="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${start}px)` }}
    >
      {columns.map(({ name, show, isExtra, isNumber }) => (
        <div role="cell" key={name} className={classOf(isExtra, isNumber)}>
          {show(row)}
        </div>
      ))}
    </div>
  );
}

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
