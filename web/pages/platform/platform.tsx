import type { MonitorStatus } from '#api';
import { useMonitors } from '../../data/queries.ts';
import { ago, moodOfMonitor } from '../../data/words.ts';
import { Link } from '../../parts/link.tsx';
import { Empty, Failure, Loading, Missing, Pill } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { pathIn } from '../../route.ts';
import { JobManagers } from './job-managers.tsx';
import { Objects } from './objects.tsx';
import { Schedulers } from './schedulers.tsx';

interface PlatformPageProps {
  readonly network: string;
  /** The one service to show. */
  readonly only: string | undefined;
}

/** The services that machines look at, and all that name servers know of platforms. */
export default function PlatformPage({ network, only }: PlatformPageProps) {
  const { data, error, refetch } = useMonitors(network, 'all');
  if (!data) {
    if (error)
      return <Failure page={only ?? 'Platform'} error={error} again={() => void refetch()} />;
    return <Loading page={only ?? 'Platform'} what="the services" />;
  }
  const { monitors } = data;
  if (only !== undefined) {
    const one = monitors.find(({ name }) => name === only);
    if (!one) return <Missing>The file names no service {only}.</Missing>;
    return (
      <>
        <h1>{one.name}</h1>
        <Lead monitor={one} />
        <h2 className="hidden">What it knows</h2>
        <Known monitor={one} />
      </>
    );
  }
  return (
    <>
      <h1>Platform</h1>
      {monitors.length === 0 ? (
        <HowToBegin network={network} />
      ) : (
        <Services network={network} monitors={monitors} />
      )}
      {monitors
        .filter(({ platform }) => platform !== undefined)
        .map((monitor) => (
          <section key={monitor.name} aria-label={monitor.name}>
            <h2 className="part">
              <Link to={pathIn(network, 'platform', monitor.name)}>{monitor.name}</Link>
            </h2>
            <Known monitor={monitor} />
          </section>
        ))}
    </>
  );
}

const HowToBegin = ({ network }: { readonly network: string }) => (
  <Empty>
    <p>
      Nobody looks at a service yet. <Link to={pathIn(network, 'file')}>The file</Link> can name
      some:
    </p>
    {/* biome-ignore lint/a11y: a region that scrolls is reached by keys */}
    <pre className="sample" tabIndex={0} role="region" aria-label="An example">
      {`monitors:
  db: { type: tcp, host: worker-1, port: 5432 }
  web: { type: http, url: "http://192.168.66.11:8080/" }
  mupif: { type: pyro, nameserver: "172.22.2.1:10000" }`}
    </pre>
  </Empty>
);

function Lead({ monitor: { state, why, type, target, from, took, since, at } }: KnownProps) {
  return (
    <p className="lead">
      <Pill mood={moodOfMonitor[state]}>{state}</Pill>
      {why !== undefined && `${why}. `}
      <span className="dim">
        {type} at <code>{target}</code>, seen from {from}
        {took !== undefined && `, answers in ${took} ms`}
        {since !== undefined && `, so for ${ago(since).replace(' ago', '')}`}
        {at !== undefined && `, looked at ${ago(at)}`}
      </span>
    </p>
  );
}

interface KnownProps {
  readonly monitor: MonitorStatus;
}

/** What a name server knows, and what those say for themselves whom it names. */
function Known({ monitor: { name, platform, type } }: KnownProps) {
  if (!platform) {
    if (type !== 'pyro') return null;
    return <Empty>What it knows of the platform cannot be asked for now.</Empty>;
  }
  const { jobManagers, schedulers, objects, leftOut = {} } = platform;
  return (
    <>
      <JobManagers managers={jobManagers} more={leftOut.jobManagers} />
      {schedulers.length > 0 && <Schedulers schedulers={schedulers} more={leftOut.schedulers} />}
      <Objects of={name} objects={objects} more={leftOut.objects} />
    </>
  );
}

const columnsOf = (network: string): readonly Column<MonitorStatus>[] => [
  {
    name: 'Service',
    least: 7,
    share: 1,
    value: ({ name }) => name,
    show: ({ name }) => <Link to={pathIn(network, 'platform', name)}>{name}</Link>,
  },
  {
    name: 'Is',
    least: 6.5,
    share: 0.6,
    value: ({ state }) => Object.keys(moodOfMonitor).indexOf(state),
    show: ({ state }) => <Pill mood={moodOfMonitor[state]}>{state}</Pill>,
  },
  {
    name: 'Type',
    least: 3,
    share: 0.4,
    rank: 6,
    value: ({ type }) => type,
    show: ({ type }) => type,
  },
  {
    name: 'Looks at',
    least: 14,
    share: 1.6,
    rank: 2,
    value: ({ target }) => target,
    show: ({ target }) => <code>{target}</code>,
  },
  {
    name: 'From',
    least: 5,
    share: 0.8,
    rank: 4,
    value: ({ from }) => from,
    show: ({ from }) => <Link to={pathIn(network, 'machines', from)}>{from}</Link>,
  },
  {
    name: 'Answers in',
    least: 5.2,
    share: 0.5,
    rank: 5,
    isNumber: true,
    value: ({ took }) => took,
    show: ({ took }) => (took === undefined ? '–' : `${took} ms`),
  },
  {
    name: 'Since',
    least: 6,
    share: 0.6,
    rank: 3,
    value: ({ since }) => since,
    show: ({ since }) => (since === undefined ? '–' : ago(since)),
  },
  {
    name: 'Why',
    least: 18,
    share: 2,
    rank: 1,
    isBelow: true,
    value: ({ why }) => why,
    show: ({ why }) => <span className="dim">{why}</span>,
  },
];

interface ServicesProps {
  readonly network: string;
  readonly monitors: readonly MonitorStatus[];
}

const Services = ({ network, monitors }: ServicesProps) => (
  <Table
    label="services"
    rows={monitors}
    columns={columnsOf(network)}
    keyOf={({ name }) => name}
    textOf={({ name, state, type, target, from, why = '' }) =>
      [name, state, type, target, from, why].join(' ')
    }
    isMain
  />
);
