import { useQuery } from '@tanstack/react-query';
import type { PublicStatus } from '#api';
import { moodOfNetwork, moodOfShare } from '../data/published.ts';
import { at } from '../data/queries.ts';
import { ask } from '../data/server.ts';
import {
  ago,
  type Mood,
  moodOfMonitor,
  moodOfTunnel,
  plural,
  states,
  wordOfTunnel,
} from '../data/words.ts';
import { Empty, Failure, Loading, Pill, Reconnecting } from '../parts/states.tsx';

/** Milliseconds between questions. */
const askEvery = 2000;

/** By the worst that there is. */
const headlines: Readonly<Record<Mood, string>> = {
  bad: 'Something is not as it should be',
  warn: 'Something needs a look',
  untold: 'All is well, as far as anybody tells',
  ...{ idle: 'All is well', good: 'All is well' },
};

/** How a network is, for everybody in it: no login, no names of people. */
export default function StatusPage({ network }: { readonly network: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['public', network],
    queryFn: async () => ask<PublicStatus>(at(network, 'public')),
    refetchInterval: askEvery,
  });
  return (
    <div className="frame guest">
      <header>
        <span className="brand">Hawser</span>
        <span className="network">{network}</span>
        <Reconnecting isShown={data !== undefined && error !== null} />
      </header>
      <main id="page">
        {data && <Shown status={data} />}
        {!data && error && <Failure page={network} error={error} again={() => void refetch()} />}
        {!data && !error && <Loading page={network} what={network} />}
      </main>
    </div>
  );
}

function Shown({ status }: { readonly status: PublicStatus }) {
  const { machines, sites, tunnels, monitors } = status;
  const worst = states.filter((state) => (tunnels[state] ?? 0) > 0);
  const mood = moodOfNetwork(status);
  return (
    <>
      <section className="card">
        <h1>
          <Pill mood={mood === 'idle' ? 'good' : mood}>{headlines[mood]}</Pill>
        </h1>
        <ul className="plain">
          <li>
            <Pill mood={moodOfShare(machines)}>
              {machines.connected} of {plural(machines.total, 'machine')} connected
            </Pill>
          </li>
          {worst.map((state) => (
            <li key={state}>
              <Pill mood={moodOfTunnel[state]}>
                {plural(tunnels[state] ?? 0, 'tunnel')} {wordOfTunnel(state)}
              </Pill>
            </li>
          ))}
        </ul>
      </section>
      {sites.length > 0 && (
        <section className="card">
          <h2>Sites</h2>
          <ul className="plain">
            {sites.map(({ name, ...share }) => (
              <li key={name}>
                <Pill mood={moodOfShare(share)}>{name}</Pill>{' '}
                <span className="dim">
                  {share.connected} of {share.total} connected
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="card">
        <h2>Services</h2>
        {monitors.length === 0 && <Empty>The network’s file names none.</Empty>}
        <ul className="plain">
          {monitors.map((monitor) => (
            <Service key={monitor.name} monitor={monitor} />
          ))}
        </ul>
      </section>
    </>
  );
}

function Service({ monitor }: { readonly monitor: PublicStatus['monitors'][number] }) {
  const { name, state, since, jobManagers = [], schedulers = [] } = monitor;
  return (
    <li>
      <Pill mood={moodOfMonitor[state]}>
        {name} is {state}
      </Pill>{' '}
      {since !== undefined && <span className="dim">for {ago(since).replace(/ ago$/, '')}</span>}
      {jobManagers.length + schedulers.length > 0 && (
        <ul className="plain inner">
          {jobManagers.map((one) => (
            <li key={one.name}>
              <Pill mood={moodOfMonitor[one.state]}>{one.name}</Pill>{' '}
              <span className="dim">
                {one.max === undefined ? one.state : `${one.running ?? 0} of ${one.max} jobs`}
              </span>
            </li>
          ))}
          {schedulers.map((one) => (
            <li key={one.name}>
              <Pill mood={moodOfMonitor[one.state]}>{one.name}</Pill>{' '}
              <span className="dim">
                {Object.entries(one.counts)
                  .map(([what, count]) => `${count} ${what}`)
                  .join(', ')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
