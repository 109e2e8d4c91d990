import { useEffect, useMemo } from 'react';
import type { NetworkStatus, SessionInfo, TunnelState, TunnelsStatus } from '#api';
import { type Finding, findingsOf, isWrong, wellSaid } from '../data/findings.ts';
import { leftOutIn } from '../data/left-out.ts';
import { useLive } from '../data/live.ts';
import { useMonitors, useNetworks, useStatus, useTunnels } from '../data/queries.ts';
import { moodOfTunnel, plural, states, wordOfTunnel } from '../data/words.ts';
import { LogoutButton, SchemeButton } from '../parts/account.tsx';
import { Link } from '../parts/link.tsx';
import { Empty, Failure, Loading, Pill } from '../parts/states.tsx';
import { pathIn } from '../route.ts';

interface NetworksPageProps {
  readonly session: SessionInfo;
  readonly onOnly: (name: string) => void;
}

/** Where a server has several networks, one is chosen. */
export function NetworksPage({ session, onOnly }: NetworksPageProps) {
  const { data, error, refetch } = useNetworks();
  const only = data?.length === 1 ? data[0]?.network : undefined;
  useEffect(() => {
    if (only !== undefined) onOnly(only);
  }, [only, onOnly]);
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  if (!data || only !== undefined) return <Loading page="Networks" what="the networks" />;
  return (
    <div className="frame">
      <header>
        <span className="brand">Hawser</span>
        <div className="who">
          <span className="dim name" title={session.role}>
            {session.name}
          </span>
          <SchemeButton />
          <LogoutButton />
        </div>
      </header>
      <main id="page">
        <h1>Networks</h1>
        {data.length === 0 && <Empty>This server has none yet.</Empty>}
        {data.length > 0 && (
          <ul className="items card">
            {data.map(({ network, revision }) => (
              <li key={network}>
                <h2 className="headline">
                  <Link to={pathIn(network)}>{network}</Link>
                  <span className="dim">revision {revision.number}</span>
                </h2>
                <Within network={network} />
              </li>
            ))}
          </ul>
        )}
      </main>
    </div>
  );
}

const asking = <p className="dim">Asking how it is …</p>;

/** How a network is, as its own overview says it: counted, and the worst of what is wrong in a sentence. */
function Within({ network }: { readonly network: string }) {
  useLive(network);
  const status = useStatus(network);
  const tunnels = useTunnels(network);
  if (status.data && tunnels.data) return <How status={status.data} tunnels={tunnels.data} />;
  const isUnknown = status.error !== null || tunnels.error !== null;
  return isUnknown ? <p className="dim">How it is cannot be told now.</p> : asking;
}

interface HowProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

function How({ status, tunnels }: HowProps) {
  const { counts } = tunnels;
  const { network, machines } = status;
  const { data, error } = useMonitors(network, 'brief');
  const findings = useMemo(
    () => findingsOf(status, tunnels, data?.monitors ?? []),
    [status, tunnels, data],
  );
  const joined = machines.filter(({ enrolment }) => enrolment === 'enrolled');
  const connected = joined.filter((machine) => machine.connected).length;
  return (
    <>
      <p className="details">
        <span>
          {connected} of {plural(joined.length, 'machine')} connected
        </span>
        {states.toReversed().map(
          (state) =>
            counts[state] !== undefined && (
              <Pill key={state} mood={moodOfTunnel[state]}>
                {plural(counts[state], 'tunnel')} {wordOfTunnel(state)}
              </Pill>
            ),
        )}
      </p>
      <Worst
        {...{ network, findings }}
        isEmpty={machines.length === 0}
        isAsked={!data && !error}
        isAllTold={data !== undefined}
        isWhole={!leftOutIn(tunnels.leftOut, isWrongState)}
      />
    </>
  );
}

interface WorstProps {
  readonly network: string;
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly isEmpty: boolean;
  /** Of services nothing is known yet. */
  readonly isAsked: boolean;
  readonly isAllTold: boolean;
  /** Every tunnel with which something is wrong is among those that were told. */
  readonly isWhole: boolean;
}

/** Of tunnels that are left out, whether anything is wrong with them. */
const isWrongState = (state: TunnelState): boolean =>
  moodOfTunnel[state] === 'bad' || moodOfTunnel[state] === 'warn';

function Worst({ network, findings, isEmpty, isAsked, isAllTold, isWhole }: WorstProps) {
  const wrong = findings.filter(isWrong);
  const [worst] = wrong;
  if (isEmpty) return <p className="dim">No machine is in it yet.</p>;
  if (!worst && isAsked) return asking;
  if (!worst) return <Pill mood="good">{wellSaid(findings, isAllTold)}</Pill>;
  return (
    <ul className="findings">
      <li className={worst.mood}>
        <span className="mark" aria-hidden="true" />
        <div>
          <Link to={worst.to}>{worst.about}</Link> {worst.says}
          {wrong.length > 1 && (
            <>
              , and{' '}
              <Link to={pathIn(network)}>
                {isWhole ? '' : 'at least '}
                {wrong.length - 1} more
              </Link>
            </>
          )}
        </div>
      </li>
    </ul>
  );
}
