import { useMemo } from 'react';
import type { MachineStatus, NetworkStatus, TunnelsStatus } from '#api';
import { eventsAt } from '../data/events.ts';
import { ago, presenceOf, timeOf } from '../data/words.ts';
import { EventsOf } from '../parts/events.tsx';
import { Facts } from '../parts/facts.tsx';
import { Missing, Pill, Words } from '../parts/states.tsx';
import { TunnelTable } from './tunnels.tsx';

interface MachinePageProps {
  readonly name: string;
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

/** All that is known of one machine. */
export function MachinePage({ name, status, tunnels }: MachinePageProps) {
  const machine = status.machines.find((one) => one.name === name);
  const own = useMemo(
    () => tunnels.tunnels.filter(({ ends }) => ends.some((end) => end.machine === name)),
    [tunnels, name],
  );
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
      <TunnelTable status={status} label={`tunnels of ${name}`} tunnels={own} />
    </>
  );
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
