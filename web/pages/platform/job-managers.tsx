import type { JobManager, PyroJob } from '#api';
import { duration, moodOfMonitor, plural } from '../../data/words.ts';
import { Copyable } from '../../parts/copyable.tsx';
import { Pill } from '../../parts/states.tsx';

interface JobManagersProps {
  readonly managers: readonly JobManager[];
  /** How many there are besides, which nobody asked. */
  readonly more?: number | undefined;
}

/** Job managers and their load at a glance, and each job with the end of its log. */
export function JobManagers({ managers, more }: JobManagersProps) {
  if (managers.length === 0) {
    return <p className="card dim">No job manager is registered at its name server.</p>;
  }
  const running = managers.reduce((sum, one) => sum + (one.running ?? 0), 0);
  const room = managers.reduce((sum, one) => sum + (one.max ?? 0), 0);
  return (
    <section className="card">
      <h3>
        Job managers{' '}
        <span className="dim">
          {managers.filter(({ state }) => state === 'up').length} of {managers.length} up,{' '}
          {plural(running, 'job runs', 'jobs run')}
          {room > 0 && ` of at most ${room}`}
        </span>
      </h3>
      <ul className="items">
        {managers.map((manager) => (
          <Manager key={`${manager.name} ${manager.uri}`} manager={manager} />
        ))}
      </ul>
      {more !== undefined && <p className="dim">and {more} more, not asked</p>}
    </section>
  );
}

function Manager({ manager }: { readonly manager: JobManager }) {
  const { name, uri, state, why, signature, running, max, total, jobs } = manager;
  return (
    <li>
      <div className="headline">
        <strong>{name}</strong>
        <Pill mood={moodOfMonitor[state]}>
          {state === 'down' ? 'down, still registered' : state}
        </Pill>
        {running !== undefined && <Load running={running} max={max} />}
        {total !== undefined && <span className="dim">{total} in total</span>}
      </div>
      <div className="dim details">
        {signature !== undefined && <span>{signature}</span>}
        <Copyable text={uri} what={`the address of ${name}`} />
        {why !== undefined && <span>{why}</span>}
      </div>
      {jobs.length > 0 && (
        <ul className="jobs" aria-label={`Jobs of ${name}`}>
          {jobs.map((job) => (
            <Job key={job.key} job={job} />
          ))}
        </ul>
      )}
      {running !== undefined && running > jobs.length && (
        <p className="dim">and {running - jobs.length} more</p>
      )}
    </li>
  );
}

interface LoadProps {
  readonly running: number;
  readonly max: number | undefined;
}

function Load({ running, max }: LoadProps) {
  if (max === undefined || max <= 0) return <span>{running} running</span>;
  const share = Math.min(1, running / max);
  return (
    <span className="load">
      <span className="gauge" aria-hidden="true">
        <span className={share === 1 ? 'warn' : 'good'} style={{ width: `${share * 100}%` }} />
      </span>
      {running} of {max} running
    </span>
  );
}

function Job({ job: { key, user, running, uri, tail } }: { readonly job: PyroJob }) {
  const line = (
    <>
      <code>{key}</code>
      <span>{user}</span>
      <span className="number">{running === undefined ? '' : duration(running)}</span>
      <span className="dim">{tail === undefined ? 'no log' : 'log'}</span>
    </>
  );
  return (
    <li>
      {tail === undefined ? (
        <div className="job">{line}</div>
      ) : (
        <details>
          <summary className="job">{line}</summary>
          {uri !== undefined && <Copyable text={uri} what={`the address of ${key}`} />}
          {/* biome-ignore lint/a11y: a region that scrolls is reached by keys */}
          <pre className="log" tabIndex={0} role="region" aria-label={`Log of ${key}`}>
            {tail === '' ? 'It has written nothing yet.' : tail}
          </pre>
        </details>
      )}
    </li>
  );
}
