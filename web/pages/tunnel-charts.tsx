import { NativeSelect } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { TunnelHistory } from '#api';
import { rowsOf, type Span, spans, useTunnelHistory, type Values } from '../data/history.ts';
import { milliseconds, percent, rate, timeOf } from '../data/words.ts';
import { Chart } from '../parts/chart.tsx';
import { Failure, Loading } from '../parts/states.tsx';

interface TunnelChartsProps {
  readonly network: string;
  readonly ends: readonly [string, string];
}

/** How a tunnel went: round trips, loss and traffic. */
export default function TunnelCharts({ network, ends }: TunnelChartsProps) {
  const [span, setSpan] = useState<Span>('day');
  const { data, error, refetch } = useTunnelHistory(network, ends, span);
  return (
    <section className="card">
      <div className="tools">
        <h2>How it went</h2>
        <NativeSelect
          size="xs"
          aria-label="How far back"
          value={span}
          data={Object.keys(spans).map((value) => ({ value, label: `the last ${value}` }))}
          onChange={(event) => setSpan(event.currentTarget.value as Span)}
        />
      </div>
      {data ? (
        <Charts key={span} history={data} />
      ) : error ? (
        <Failure error={error} again={() => void refetch()} />
      ) : (
        <Loading what="how it went" />
      )}
    </section>
  );
}

/** Rows of the table that tells the same. */
const rows = 24;

const scaled = (values: Values, factor: number): Values =>
  values.map((value) => (value === null ? null : value * factor));

/** `lowest to highest, at last newest`, for who does not see the line. */
function summary(values: Values, format: (value: number | undefined) => string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'nothing is known';
  const [low, high] = known.reduce<readonly [number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, 0],
  );
  return `${format(low)} to ${format(high)}, at last ${format(known.at(-1))}`;
}

function Charts({ history }: { readonly history: TunnelHistory }) {
  const { machines, step } = history;
  const [first, second] = machines;
  const { times, there, back, rtt, loss } = useMemo(() => columnsOf(history), [history]);
  const toward = `${first} to ${second}`;
  const from = `${second} to ${first}`;
  if ([there, back, rtt, loss].every((values) => values.every((value) => value === null)))
    return <p className="dim">Nothing is known of that time yet: agents tell once a minute.</p>;
  return (
    <>
      <div className="charts">
        <figure>
          <figcaption>Round trip</figcaption>
          <Chart
            label={`Round trip: ${summary(rtt, milliseconds)}`}
            times={times}
            lines={[{ name: 'round trip', values: rtt, colour: '--link' }]}
            format={milliseconds}
            least={1}
          />
        </figure>
        <figure>
          <figcaption>Loss</figcaption>
          <Chart
            label={`Loss: ${summary(loss, percent)}`}
            times={times}
            lines={[{ name: 'loss', values: loss, colour: '--bad-fill' }]}
            format={percent}
            least={0.1}
          />
        </figure>
        <figure className="both">
          <figcaption>Traffic</figcaption>
          <Chart
            label={`Traffic, ${toward}: ${summary(there, rate)}; ${from}: ${summary(back, rate)}`}
            times={times}
            lines={[
              { name: toward, values: there, colour: '--link' },
              { name: from, values: back, colour: '--warn-fill' },
            ]}
            format={rate}
            least={1000}
          />
        </figure>
      </div>
      <details>
        <summary>As a table</summary>
        <div className="wide">
          <table className="plain">
            <caption className="dim">
              Means of equal times; each value is of {step === 10 ? '10 s' : '5 min'}.
            </caption>
            <thead>
              <tr>
                {['From', 'Round trip', 'Loss', toward, from].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rowsOf(times, [rtt, loss, there, back], rows).map(({ at, values }) => (
                <tr key={at}>
                  <td className="when">{timeOf(at * 1000)}</td>
                  {[milliseconds, percent, rate, rate].map((format, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                    <td key={index}>{format(values[index] ?? undefined)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function columnsOf({ from, step, there, back, rtt, loss }: TunnelHistory) {
  const start = Date.parse(from) / 1000;
  const times = rtt.map((_, index) => start + index * step);
  return { times, rtt, loss, there: scaled(there, 1 / step), back: scaled(back, 1 / step) };
}
