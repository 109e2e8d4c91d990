import { useMemo } from 'react';
import type { NetworkStatus, TunnelsStatus } from '#api';
import { type Finding, findingsOf } from '../data/findings.ts';
import { moodOfTunnel, plural, states } from '../data/words.ts';
import { Link } from '../parts/link.tsx';
import { Empty, Pill, Words } from '../parts/states.tsx';
import { pathIn } from '../route.ts';

interface OverviewProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

/** So many sentences of one kind are read; the tables have the others. */
const most = 12;

/** What is wrong now, first. */
export function Overview({ status, tunnels }: OverviewProps) {
  const findings = useMemo(() => findingsOf(status, tunnels), [status, tunnels]);
  const of = (mood: Finding['mood']) => findings.filter((one) => one.mood === mood);
  const [bad, warn, idle] = [of('bad'), of('warn'), of('idle')];
  return (
    <>
      <h1 className="hidden">Overview of {status.network}</h1>
      {bad.length === 0 && warn.length === 0 ? (
        <Well status={status} tunnels={tunnels} />
      ) : (
        <>
          <Findings title="Wrong now" findings={bad} />
          <Findings title="Needs a look" findings={warn} />
        </>
      )}
      <Counts status={status} tunnels={tunnels} />
      <Findings title="Not there yet" findings={idle} />
    </>
  );
}

function Well({ status: { machines, network }, tunnels: { counts } }: OverviewProps) {
  const connected = machines.filter((machine) => machine.connected).length;
  if (machines.length === 0) return <Empty>No machine is in {network} yet.</Empty>;
  return (
    <section className="well">
      <Pill mood="good">All is well</Pill>
      <p>
        {plural(connected, 'machine is', 'machines are')} connected,{' '}
        {plural(counts['up'] ?? 0, 'tunnel is', 'tunnels are')} up.
      </p>
    </section>
  );
}

interface FindingsProps {
  readonly title: string;
  readonly findings: readonly Finding[];
}

function Findings({ title, findings }: FindingsProps) {
  if (findings.length === 0) return null;
  const further = findings.length - most;
  return (
    <section className="card">
      <h2>
        {title} <span className="dim">{findings.length}</span>
      </h2>
      <ul className="findings">
        {findings.slice(0, most).map(({ key, mood, about, says, fix, to }) => (
          <li key={key} className={mood}>
            <span className="mark" aria-hidden="true" />
            <div>
              <Link to={to}>{about}</Link> {says}
              {fix !== undefined && (
                <div className="dim">
                  <Words text={fix} />
                </div>
              )}
            </div>
          </li>
        ))}
      </ul>
      {further > 0 && <p className="dim">and {further} more: see the tables.</p>}
    </section>
  );
}

function Counts({ status, tunnels }: OverviewProps) {
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
        <span className="bar" aria-hidden="true">
          {states.toReversed().map((state) => (
            <span
              key={state}
              className={moodOfTunnel[state]}
              style={{ flexGrow: tunnels.counts[state] ?? 0 }}
            />
          ))}
        </span>
      </Link>
      <div className="card count">
        <strong>{revision.number}</strong>
        <span className="dim">revision</span>
      </div>
    </section>
  );
}
