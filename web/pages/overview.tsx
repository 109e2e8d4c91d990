import { useMemo } from 'react';
import type { MonitorStatus, NetworkStatus, TunnelsStatus } from '#api';
import { useEvents } from '../data/events.ts';
import {
  type Finding,
  findingsOf,
  foremost,
  isWrong,
  type Table,
  wellSaid,
} from '../data/findings.ts';
import { sparkOf, useThroughput } from '../data/history.ts';
import { type LeftOut, leftOutIn } from '../data/left-out.ts';
import { useMonitors } from '../data/queries.ts';
import {
  type Mood,
  moodOfMonitor,
  moodOfTunnel,
  moods,
  plural,
  rate,
  states,
} from '../data/words.ts';
import { EventList } from '../parts/events.tsx';
import { LeftOutNote } from '../parts/left-out.tsx';
import { Link } from '../parts/link.tsx';
import { Loading, NoMachines, Pill, Words } from '../parts/states.tsx';
import { pathIn } from '../route.ts';

interface OverviewProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

const none: readonly MonitorStatus[] = [];

/** What is wrong now, first. */
export function Overview({ status, tunnels }: OverviewProps) {
  const { data, error } = useMonitors(status.network, 'brief');
  const monitors = data?.monitors ?? none;
  const findings = useMemo(
    () => findingsOf(status, tunnels, monitors),
    [status, tunnels, monitors],
  );
  const of = (mood: Finding['mood']) => ({
    network: status.network,
    findings: findings.filter((one) => one.mood === mood),
    leftOut: leftOutIn(tunnels.leftOut, (state) => moodOfTunnel[state] === mood),
  });
  return (
    <>
      <h1 className="hidden">Overview of {status.network}</h1>
      {findings.some(isWrong) ? (
        <>
          <Findings title="Wrong now" {...of('bad')} />
          <Findings title="Needs a look" {...of('warn')} />
        </>
      ) : (
        <Well
          {...{ status, tunnels }}
          said={data || error ? wellSaid(findings, data !== undefined) : undefined}
        />
      )}
      <Counts status={status} tunnels={tunnels} monitors={monitors} />
      <Findings title="Nobody tells" {...of('untold')} />
      <Findings title="Not there yet" {...of('idle')} />
      <Lately network={status.network} />
    </>
  );
}

/** Events that one reads at a glance. */
const last = 6;

/** Undisturbed where a server has none to tell. */
function Lately({ network }: { readonly network: string }) {
  const { data = [] } = useEvents(network, {}, { limit: last });
  if (data.length === 0) return null;
  return (
    <section className="card">
      <h2>Lately</h2>
      <EventList network={network} events={data} />
      <p>
        <Link to={pathIn(network, 'events')}>All events</Link>
      </p>
    </section>
  );
}

interface WellProps extends OverviewProps {
  /** Undefined: of services nothing is known yet. */
  readonly said: string | undefined;
}

function Well({ status: { machines, network }, tunnels: { counts }, said }: WellProps) {
  const connected = machines.filter((machine) => machine.connected).length;
  if (machines.length === 0) return <NoMachines network={network} />;
  if (said === undefined) return <Loading what="the services" />;
  return (
    <section className="well">
      <Pill mood="good">{said}</Pill>
      <p>
        {plural(connected, 'machine is', 'machines are')} connected,{' '}
        {plural(counts['up'] ?? 0, 'tunnel is', 'tunnels are')} up.
      </p>
    </section>
  );
}

/** One, and several. */
const words: Readonly<Record<Table, readonly [string, string]>> = {
  platform: ['service', 'services'],
  machines: ['machine', 'machines'],
  tunnels: ['tunnel', 'tunnels'],
};

interface FindingsProps {
  readonly network: string;
  readonly title: string;
  readonly findings: readonly Finding[];
  /** Of which nothing is known but that they are so, too. */
  readonly leftOut: LeftOut;
}

function Findings({ network, title, findings, leftOut }: FindingsProps) {
  if (findings.length === 0) return null;
  const { told, further } = foremost(network, findings);
  return (
    <section className="card">
      <h2>
        {title} <span className="dim">{findings.length}</span>
      </h2>
      <ul className="findings">
        {told.map(({ key, mood, about, says, fix, to, events }) => (
          <li key={key} className={mood}>
            <span className="mark" aria-hidden="true" />
            <div>
              <Link to={to}>{about}</Link> {says}{' '}
              {events !== undefined && (
                <Link to={events} className="aside" label={`events of ${about}`}>
                  events
                </Link>
              )}
              {fix !== undefined && (
                <div className="dim">
                  <Words text={fix} />
                </div>
              )}
            </div>
          </li>
        ))}
      </ul>
      {further.length > 0 && (
        <p className="dim">
          and {findings.length - told.length} more, in the tables:{' '}
          {further.map(({ table, count, to }, at) => (
            <span key={table}>
              {at > 0 && ', '}
              <Link to={to}>{plural(count, ...words[table])}</Link>
            </span>
          ))}
        </p>
      )}
      <LeftOutNote leftOut={leftOut} are="neither told of nor listed" />
    </section>
  );
}

interface CountsProps extends OverviewProps {
  readonly monitors: readonly MonitorStatus[];
}

function Counts({ status, tunnels, monitors }: CountsProps) {
  const { network, machines, revision } = status;
  const ours = machines.filter(({ enrolment }) => enrolment === 'enrolled');
  const connected = ours.filter((machine) => machine.connected).length;
  const total = Object.values(tunnels.counts).reduce((sum, count) => sum + count, 0);
  return (
    <section className="counts" aria-label="Counts">
      <Link to={pathIn(network, 'machines')} className="card count">
        <strong>
          {connected} <small>of {ours.length}</small>
        </strong>
        <span className="dim">machines connected</span>
      </Link>
      <Link to={pathIn(network, 'tunnels')} className="card count">
        <strong>
          {tunnels.counts['up'] ?? 0} <small>of {total}</small>
        </strong>
        <span className="dim">tunnels up</span>
        <Shares of={states.map((state) => [moodOfTunnel[state], tunnels.counts[state] ?? 0])} />
      </Link>
      {monitors.length > 0 && (
        <Link to={pathIn(network, 'platform')} className="card count">
          <strong>
            {monitors.filter(({ state }) => state === 'up').length}{' '}
            <small>of {monitors.length}</small>
          </strong>
          <span className="dim">services up</span>
          <Shares of={monitors.map(({ state }) => [moodOfMonitor[state], 1])} />
        </Link>
      )}
      <Carried network={network} />
      <div className="card count">
        <strong>{revision.number}</strong>
        <span className="dim">revision</span>
      </div>
    </section>
  );
}

/** Steps of the end that not all have told of yet, and of the minute before. */
const untold = 9;
const minute = 6;

/** What all tunnels carry together, of about a minute ago; and the hour before as a line. */
function Carried({ network }: { readonly network: string }) {
  const { data } = useThroughput(network);
  const told = data?.bytes.slice(0, -untold) ?? [];
  const last = told.slice(-minute).filter((one) => one !== null);
  if (!data || last.length === 0) return null;
  const mean = last.reduce((sum, one) => sum + one, 0) / last.length / data.step;
  const most = Math.max(...told.map((one) => one ?? 0), 1);
  return (
    <div className="card count">
      <strong>{rate(mean)}</strong>
      <span className="dim">through all tunnels</span>
      <svg
        className="spark"
        viewBox={`0 0 ${told.length} 30`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`In the last hour at most ${rate(most / data.step)}`}
      >
        <path d={sparkOf(told.map((one) => one && one / most))} vectorEffect="non-scaling-stroke" />
      </svg>
    </div>
  );
}

/** How many are how, as parts of a bar: the good first. */
function Shares({ of }: { readonly of: readonly (readonly [Mood, number])[] }) {
  const own = new Map<Mood, number>();
  for (const [mood, count] of of) own.set(mood, (own.get(mood) ?? 0) + count);
  return (
    <span className="bar" aria-hidden="true">
      {moods
        .toReversed()
        .filter((mood) => (own.get(mood) ?? 0) > 0)
        .map((mood) => (
          <span key={mood} className={mood} style={{ flexGrow: own.get(mood) }} />
        ))}
    </span>
  );
}
