import { lazy, Suspense } from 'react';
import type { MachineStatus, NetworkStatus, TunnelEnd, TunnelPlan, TunnelStatus } from '#api';
import { eventsAt, eventsOfOne, useEvents } from '../data/events.ts';
import { useTunnelPlan } from '../data/meant.ts';
import { useTunnelsOf } from '../data/queries.ts';
import { sinceOf } from '../data/since.ts';
import {
  ago,
  bytes,
  duration,
  milliseconds,
  moodOfTunnel,
  percent,
  readable,
  timeOf,
} from '../data/words.ts';
import { Copyable } from '../parts/copyable.tsx';
import { EventsOf } from '../parts/events.tsx';
import { Facts } from '../parts/facts.tsx';
import { Link } from '../parts/link.tsx';
import { Failure, Loading, Missing, Pill } from '../parts/states.tsx';
import { pathIn } from '../route.ts';

const TunnelCharts = lazy(async () => import('./tunnel-charts.tsx'));

interface TunnelPageProps {
  readonly ends: readonly [string, string];
  readonly status: NetworkStatus;
}

/** The tunnel between two machines, if there is one. */
export function TunnelPage(props: TunnelPageProps) {
  const { ends, status } = props;
  const areKnown = ends.every((end) => status.machines.some(({ name }) => name === end));
  return areKnown && ends[0] !== ends[1] ? <Found {...props} /> : <None ends={ends} />;
}

const None = ({ ends: [a, b] }: Pick<TunnelPageProps, 'ends'>) => (
  <Missing>
    There is no tunnel between {a} and {b}.
  </Missing>
);

/** It alone is asked for: a list of all may leave it out. */
function Found({ ends, status }: TunnelPageProps) {
  const { data, error, refetch } = useTunnelsOf(status.network, ends);
  const page = ends.join(' – ');
  if (!data && error) return <Failure page={page} error={error} again={() => void refetch()} />;
  if (!data) return <Loading page={page} what={`the tunnel between ${ends.join(' and ')}`} />;
  const [tunnel] = data.tunnels;
  return tunnel ? <Tunnel {...{ ends, status, tunnel }} /> : <None ends={ends} />;
}

interface TunnelProps extends TunnelPageProps {
  readonly tunnel: TunnelStatus;
}

/** One tunnel, as both its ends have it, and as they are to have it. */
function Tunnel({ ends, status, tunnel }: TunnelProps) {
  const { network } = status;
  const [first, second] = ends;
  const plan = useTunnelPlan(network, ends, status.revision.number);
  const [a, b] = tunnel.ends;
  const names = [a.machine, b.machine] as const;
  const common = { network, status, plan: plan.data };
  return (
    <>
      <h1>
        {a.machine} – {b.machine}
      </h1>
      <p className="lead">
        <Pill mood={moodOfTunnel[tunnel.state]}>{tunnel.state}</Pill> {readable(tunnel.why)}
        <Since network={network} ends={names} state={tunnel.state} />
      </p>
      <div className="pair">
        <End {...common} end={a} other={b} />
        <End {...common} end={b} other={a} />
      </div>
      <Suspense fallback={<Loading what="how it went" />}>
        <TunnelCharts key={`${a.machine} ${b.machine}`} network={network} ends={names} />
      </Suspense>
      <EventsOf
        network={network}
        machine={a.machine}
        other={b.machine}
        to={eventsAt(network, { machine: first, other: second })}
      />
      <p>
        <Link
          to={`${pathIn(network, 'trace')}?${new URLSearchParams({ from: first, to: second })}`}
        >
          Follow a packet from {first} to {second}
        </Link>
      </p>
    </>
  );
}

interface SinceProps {
  readonly network: string;
  readonly ends: readonly [string, string];
  readonly state: TunnelStatus['state'];
}

/** Since when it is as it is: by what happened last. */
function Since({ network, ends: [a, b], state }: SinceProps) {
  const { data = [] } = useEvents(network, { machine: a, other: b }, { limit: eventsOfOne });
  const since = sinceOf(state, data);
  if (!since) return null;
  return (
    <span className="dim" title={timeOf(since.at)}>
      ; {since.words} {ago(since.at)}
    </span>
  );
}

interface EndProps {
  readonly network: string;
  readonly status: NetworkStatus;
  readonly end: TunnelEnd;
  readonly other: TunnelEnd;
  readonly plan: TunnelPlan | undefined;
}

const before = (seconds: number | undefined): string =>
  seconds === undefined ? 'never' : `${duration(seconds)} ago`;

function End({ network, status, end: { machine, sample, behind }, other, plan }: EndProps) {
  const known = status.machines.find(({ name }) => name === machine);
  const meant = plan?.ends.find((end) => end.machine === machine);
  return (
    <section className="card">
      <h2>
        <Link to={pathIn(network, 'machines', machine)}>{machine}</Link>
      </h2>
      {sample ? (
        <Facts
          facts={{
            [`Hears ${other.machine} from`]: <code>{sample.endpoint ?? 'nowhere'}</code>,
            Handshake: before(sample.handshake),
            'Heard last': before(sample.heard),
            ...probed(sample.probe),
            Received: bytes(sample.rx),
            Sent: bytes(sample.tx),
          }}
        />
      ) : (
        <p className="dim">Nobody there tells of this tunnel.</p>
      )}
      {behind && <Behind behind={behind} other={other.machine} />}
      {meant && <Meant end={meant} machine={known} />}
    </section>
  );
}

interface BehindProps {
  readonly behind: NonNullable<TunnelEnd['behind']>;
  readonly other: string;
}

/** How the hosts behind a gateway answer the other end through it. */
function Behind({ behind, other }: BehindProps) {
  const asked = Object.entries(behind).map(
    ([host, { through }]) => [host, answered(through)] as const,
  );
  return (
    <>
      <h3>Behind it, for {other}</h3>
      {asked.length > 0 ? (
        <Facts facts={Object.fromEntries(asked)} />
      ) : (
        <p className="dim">Gateway only: its site has no hosts, and names nothing to be asked.</p>
      )}
    </>
  );
}

function answered(probe: NonNullable<TunnelEnd['sample']>['probe']): string {
  if (!probe) return 'not asked';
  if (probe.answered === undefined) return 'has never answered';
  if (probe.mute) return `has not answered for ${duration(probe.answered)}`;
  return `answers after ${milliseconds(probe.rtt)}`;
}

const probed = (probe: NonNullable<TunnelEnd['sample']>['probe']) =>
  probe && {
    'Round trip': `${milliseconds(probe.rtt)}${probe.usual === undefined ? '' : `, usually ${milliseconds(probe.usual)}`}`,
    Loss: percent(probe.loss),
    ...(probe.hole !== undefined && { 'Too large': `packets of ${probe.hole} bytes` }),
  };

interface MeantProps {
  readonly end: TunnelPlan['ends'][number];
  readonly machine: MachineStatus | undefined;
}

/** Enough of a key to tell it from others. */
const shortKey = 12;

const Meant = ({ end, machine }: MeantProps) => (
  <>
    <h3>By the file</h3>
    <Facts
      facts={{
        Overlay: machine && <code>{machine.overlay.join(' ')}</code>,
        'Public key':
          end.publicKey === undefined ? (
            'not known yet'
          ) : (
            <Copyable
              text={end.publicKey}
              short={`${end.publicKey.slice(0, shortKey)}…`}
              what={`the public key of ${end.machine}`}
            />
          ),
        Interface: `${end.interface}${end.port === 0 ? '' : `, UDP port ${end.port}`}`,
        Calls: end.endpoint === undefined ? 'waits to be called' : <code>{end.endpoint}</code>,
        Keepalive: end.keepalive === 0 ? 'none' : `every ${end.keepalive} s`,
        'Allowed IPs': <code>{end.allowedIps.join(' ')}</code>,
      }}
    />
  </>
);
