import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { Values } from '../data/history.ts';
import { timeOf } from '../data/words.ts';

interface Line {
  readonly name: string;
  readonly values: Values;
  /** A colour of style.css. */
  readonly colour: `--${string}`;
}

interface ChartProps {
  /** What it shows, in a sentence for who does not see it. */
  readonly label: string;
  /** Seconds since 1970, for each value. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number | undefined) => string;
  /** The least that the upper end of the scale is. */
  readonly least: number;
}

const height = 150;

const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const axis = { stroke: () => colourOf('--dim'), font: '11px system-ui, sans-serif' };
const grid = { stroke: () => colourOf('--line'), width: 1 };

/**
 * Of ticks so many seconds apart: what they say, and a second line where another year or day, or for seconds another
 * minute, begins; in uPlot's order, and as `timeOf` writes times.
 */
const timeLabels = [
  [365 * 86_400, '{YYYY}', null, null, null, null, null, null, 1],
  [86_400, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
  [1, ':{ss}', '\n{HH}:{mm}', null, '\n{HH}:{mm}', null, '\n{HH}:{mm}', null, 1],
] satisfies uPlot.Axis.Values;

const optionsOf = ({ lines, format, least }: ChartProps, width: number): uPlot.Options => ({
  ...{ width, height, cursor: { sync: { key: 'tunnel' }, drag: { x: false, y: false } } },
  scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, least)] } },
  axes: [
    { ...axis, grid: { show: false }, ticks: { show: false }, values: [...timeLabels] },
    {
      ...{ ...axis, grid, ticks: { show: false }, size: 68, space: 32 },
      values: (_, all) => all.map((value) => format(value)),
    },
  ],
  series: [
    { value: (_, at) => (at === null ? '' : timeOf(at * 1000)) },
    ...lines.map(({ name, colour }) => ({
      ...{ label: name, width: 1.5, points: { show: false } },
      stroke: () => colourOf(colour),
      value: (_: uPlot, value: number | null) => format(value ?? undefined),
    })),
  ],
});

/** Lines over time. What was not told is a gap. */
export function Chart(props: ChartProps) {
  const { label, times, lines } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const first = useRef(props);
  const data = [times, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const made = new uPlot(optionsOf(first.current, host.clientWidth), latest.current, host);
    chart.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height }));
    sized.observe(host);
    // A canvas does not take over other colours by itself.
    const coloured = new MutationObserver(() => made.redraw(true, true));
    coloured.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      sized.disconnect();
      coloured.disconnect();
      made.destroy();
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines are made anew each time, their values are not
  useEffect(() => chart.current?.setData(latest.current), [times, ...lines.map((l) => l.values)]);
  return <div className="chart" role="img" aria-label={label} ref={place} />;
}
