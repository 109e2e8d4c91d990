import type { Scheduler } from '#api';
import { type Mood, moodOfMonitor, plural } from '../../data/words.ts';
import { Copyable } from '../../parts/copyable.tsx';
import { Pill } from '../../parts/states.tsx';

interface SchedulersProps {
  readonly schedulers: readonly Scheduler[];
  /** How many there are besides, which nobody asked. */
  readonly more?: number | undefined;
}

/** Schedulers: how many tasks are how, what ran last, and the hours of two days. */
export const Schedulers = ({ schedulers, more }: SchedulersProps) => (
  <>
    {schedulers.map((scheduler) => (
      <section className="card" key={`${scheduler.name} ${scheduler.uri}`}>
        <One scheduler={scheduler} />
      </section>
    ))}
    {more !== undefined && <p className="dim">and {plural(more, 'more scheduler')}, not asked</p>}
  </>
);

function One({ scheduler }: { readonly scheduler: Scheduler }) {
  const { name, uri, state, why, counts, load, last, hours } = scheduler;
  const stats = Object.entries(counts).map(([what, count]) => [what, String(count)] as const);
  const all = [...stats, ...(load === undefined ? [] : [['load', `${load} %`] as const])];
  return (
    <>
      <h3>
        {name} <Pill mood={moodOfMonitor[state]}>{state}</Pill>
      </h3>
      <div className="dim details">
        <Copyable text={uri} what={`the address of ${name}`} />
        {why !== undefined && <span>{why}</span>}
      </div>
      {all.length > 0 && (
        <dl className="stats">
          {all.map(([what, value]) => (
            <div key={what}>
              <dt className="dim">{what}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <div className="hours">
        {Object.entries(hours).map(([what, bars]) => (
          <Hours key={what} what={what} bars={bars} />
        ))}
      </div>
      {last.length > 0 && <Executions last={last} />}
    </>
  );
}

interface HoursProps {
  readonly what: string;
  /** By the hour, the present one last. */
  readonly bars: readonly number[];
}

const height = 30;

function Hours({ what, bars }: HoursProps) {
  const most = Math.max(...bars);
  const unit = what === 'load' ? ' %' : '';
  const sum = bars.reduce((all, bar) => all + bar, 0);
  const says =
    what === 'load'
      ? `load in the last ${bars.length} hours: ${most} % at most`
      : `${what} in the last ${bars.length} hours: ${sum}, ${most} in an hour at most`;
  return (
    <figure>
      <figcaption>
        {what} <span className="dim">{what === 'load' ? `up to ${most} %` : sum}</span>
      </figcaption>
      <svg viewBox={`0 0 ${bars.length * 4} ${height}`} preserveAspectRatio="none" role="img">
        <title>{says}</title>
        {bars.map((bar, index) => {
          const high = most <= 0 ? 0 : Math.max(0, bar / most) * height;
          const hour = bars.length - 1 - index;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place
            <g key={index}>
              <title>{`${hour === 0 ? 'this hour' : `${hour} h ago`}: ${bar}${unit}`}</title>
              <rect className="hit" x={index * 4} y={0} width={4} height={height} />
              <rect x={index * 4} y={height - high} width={3} height={high} />
            </g>
          );
        })}
      </svg>
      <div className="dim ends" aria-hidden="true">
        <span>{bars.length} h ago</span>
        <span>now</span>
      </div>
    </figure>
  );
}

function moodOf(status: string): Mood {
  if (/finish/i.test(status)) return 'good';
  return /fail|error/i.test(status) ? 'bad' : 'idle';
}

/** As the platform writes it, without what is smaller than a second. */
const time = (text: string): string =>
  text
    .replace(/T/, ' ')
    .replace(/\.\d+/, '')
    .replace(/^None$/, '–');

const Executions = ({ last }: { readonly last: Scheduler['last'] }) => (
  // biome-ignore lint/a11y: a region that scrolls is reached by keys
  <div className="wide" tabIndex={0} role="region" aria-label="Last executions">
    <table className="plain">
      <thead>
        <tr>
          {['Last executions', 'Workflow', 'Is', 'Began', 'Ended'].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {last.map(({ id, workflow, status, started, finished }) => (
          <tr key={`${id} ${started}`}>
            <td>
              <code>{id}</code>
            </td>
            <td>{workflow}</td>
            <td>
              <Pill mood={moodOf(status)}>{status}</Pill>
            </td>
            <td className="when">{time(started)}</td>
            <td className="when">{time(finished)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
