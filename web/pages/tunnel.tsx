import type { TunnelEnd, TunnelsStatus } from '#api';
import { bytes, duration, moodOfTunnel } from '../data/words.ts';
import { Facts } from '../parts/facts.tsx';
import { Link } from '../parts/link.tsx';
import { Missing, Pill } from '../parts/states.tsx';
import { pathIn } from '../route.ts';

interface TunnelPageProps {
  readonly ends: readonly [string, string];
  readonly tunnels: TunnelsStatus;
}

/** One tunnel, as both its ends have it. */
export function TunnelPage({ ends, tunnels: { network, tunnels } }: TunnelPageProps) {
  const [first, second] = ends;
  const tunnel = tunnels.find((one) => {
    const [a, b] = one.ends.map(({ machine }) => machine);
    return (a === first && b === second) || (a === second && b === first);
  });
  if (!tunnel) {
    return (
      <Missing>
        There is no tunnel between {first} and {second}.
      </Missing>
    );
  }
  const [a, b] = tunnel.ends;
  return (
    <>
      <h1>
        {a.machine} – {b.machine}
      </h1>
      <p className="lead">
        <Pill mood={moodOfTunnel[tunnel.state]}>{tunnel.state}</Pill> {tunnel.why}
      </p>
      <div className="pair">
        <End network={network} end={a} other={b} />
        <End network={network} end={b} other={a} />
      </div>
    </>
  );
}

interface EndProps {
  readonly network: string;
  readonly end: TunnelEnd;
  readonly other: TunnelEnd;
}

const before = (seconds: number | undefined): string =>
  seconds === undefined ? 'never' : `${duration(seconds)} ago`;

function End({ network, end: { machine, sample }, other }: EndProps) {
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
            Received: bytes(sample.rx),
            Sent: bytes(sample.tx),
          }}
        />
      ) : (
        <p className="dim">Nobody there tells of this tunnel.</p>
      )}
    </section>
  );
}
