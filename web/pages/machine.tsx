import type { MachineStatus, NetworkStatus } from '#api';
import { eventsAt } from '../data/events.ts';
import { useTunnelsOf } from '../data/queries.ts';
import { ago, presenceOf, timeOf } from '../data/words.ts';
import { EventsOf } from '../parts/events.tsx';
import { Facts } from '../parts/facts.tsx';
import { Failure, Loading, Missing, Pill, Words } from '../parts/states.tsx';
import { TunnelTable } from './tunnels.tsx';

interface MachinePageProps {
  readonly name: string;
  readonly status: NetworkStatus;
}

/** All that is known of one machine. */
export function MachinePage({ name, status }: MachinePageProps) {
  const machine = status.machines.find((one) => one.name === name);
  if (!machine) return <Missing>There is no machine {name} in this network.</Missing>;
  return (
    <>
      <h1>{name}</h1>
      <Card machine={machine} />
      <EventsOf
        network={status.network}
        machine={name}
        to={eventsAt(status.network, { machine: name })}
      />
      <h2>Tunnels</h2>
      <Tunnels name={name} status={status} />
    </>
  );
}

/** Those of the machine alone are asked for: a list of all may leave some of them out. */
function Tunnels({ name, status }: MachinePageProps) {
  const { data, error, refetch } = useTunnelsOf(status.network, [name]);
  const what = `tunnels of ${name}`;
  if (data) return <TunnelTable status={status} label={what} tunnels={data} />;
  if (error) return <Failure error={error} again={() => void refetch()} />;
  return <Loading what={what} />;
}

function Card({ machine }: { readonly machine: MachineStatus }) {
  const { word, mood } = presenceOf(machine);
  const { connected, since, lastSeen, overlay, address, server, site, hub, version } = machine;
  const { confirmed, wanted, notes, failures, upgrade, gatewayOnly } = machine;
  return (
    <section className="card">
      <Facts
        facts={{
          Is: (
            <Pill mood={mood}>
              {word}
              {connected && since !== undefined ? ` since ${timeOf(since)}` : ''}
              {!connected && lastSeen !== undefined ? `, seen ${ago(lastSeen)}` : ''}
            </Pill>
          ),
          Overlay: <code>{overlay.join(' ')}</code>,
          From: address === undefined ? undefined : <code>{address}</code>,
          'Connected to': server,
          Site: site === undefined ? undefined : `${site}${hub ? ' (hub)' : ''}`,
          'Behind it': gatewayOnly
            ? 'Gateway only: its site has no hosts, and names nothing to be asked.'
            : undefined,
          Version: version,
          Upgrade: upgrade && `to ${upgrade.version}: ${upgrade.outcome}`,
          Revision:
            wanted === undefined
              ? undefined
              : confirmed === wanted
                ? wanted
                : `${confirmed ?? 'none'}, should be ${wanted}`,
          Notes: notes.join(', '),
        }}
      />
      {failures.length > 0 && (
        <ul className="findings">
          {failures.map(({ code, message, fix }) => (
            <li key={code} className="bad">
              <span className="mark" aria-hidden="true" />
              <div>
                {message} <code>{code}</code>
                <div className="dim">
                  <Words text={fix} />
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
