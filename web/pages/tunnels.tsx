import { NativeSelect } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import type { MachineStatus, NetworkStatus, TunnelStatus, TunnelsStatus } from '#api';
import { roomOf } from '../data/columns.ts';
import { type Listed, leftOutIn } from '../data/left-out.ts';
import type { Grouping } from '../data/rows.ts';
import {
  bytes,
  duration,
  handshakeOf,
  lossOf,
  milliseconds,
  moodOfTunnel,
  percent,
  rate,
  readable,
  received,
  roundTripOf,
  sent,
  states,
} from '../data/words.ts';
import { LeftOutNote } from '../parts/left-out.tsx';
import { Link } from '../parts/link.tsx';
import { NoMachines, Pill } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { amendQuery, pathIn, queryOf } from '../route.ts';

const nameOf = ({ ends: [a, b] }: TunnelStatus): string => `${a.machine} ${b.machine}`;

/** Where packets of the first end come from, as the second tells it. */
const fromOf = ({ ends: [, b] }: TunnelStatus): string | undefined => b.sample?.endpoint;

/** Where the machines are, by their names. */
type Places = ReadonlyMap<string, MachineStatus>;

const overlayOf = (places: Places, machine: string): string | undefined =>
  places.get(machine)?.overlay.join(' ');

/** `least`: for an overlay address, rem. */
const columnsOf = (
  network: string,
  places: Places,
  least: number,
): readonly Column<TunnelStatus>[] => [
  {
    name: 'Between',
    least: 11,
    share: 2,
    value: nameOf,
    show: ({ ends: [a, b] }) => (
      <Link to={pathIn(network, 'tunnels', a.machine, b.machine)}>
        {a.machine} – {b.machine}
      </Link>
    ),
  },
  {
    name: 'State',
    least: 7,
    share: 0.6,
    value: ({ state }) => states.indexOf(state),
    show: ({ state }) => <Pill mood={moodOfTunnel[state]}>{state}</Pill>,
  },
  {
    name: 'Overlay',
    least: least * 2 + 0.8,
    share: 1,
    rank: 8,
    value: ({ ends: [a] }) => overlayOf(places, a.machine),
    show: ({ ends }) => (
      <code>{ends.map(({ machine }) => overlayOf(places, machine) ?? '?').join(' – ')}</code>
    ),
  },
  {
    name: 'Handshake',
    least: 5.4,
    share: 0.5,
    rank: 1,
    isNumber: true,
    value: handshakeOf,
    show: (tunnel) => {
      const seconds = handshakeOf(tunnel);
      return seconds === undefined ? '–' : duration(seconds);
    },
  },
  {
    name: 'Round trip',
    least: 4.5,
    share: 0.5,
    rank: 2,
    isNumber: true,
    value: roundTripOf,
    show: (tunnel) => milliseconds(roundTripOf(tunnel)),
  },
  {
    name: 'Loss',
    least: 2.6,
    share: 0.4,
    rank: 2,
    isNumber: true,
    value: lossOf,
    show: (tunnel) => percent(lossOf(tunnel)),
  },
  {
    name: 'Now',
    least: 4.5,
    share: 0.5,
    rank: 3,
    isNumber: true,
    value: ({ rate: now }) => now,
    show: ({ rate: now }) => rate(now),
  },
  {
    name: 'Sent',
    least: 4,
    share: 0.5,
    rank: 5,
    isNumber: true,
    value: sent,
    show: (tunnel) => bytes(sent(tunnel)),
  },
  {
    name: 'Received',
    least: 4.2,
    share: 0.5,
    rank: 5,
    isNumber: true,
    value: received,
    show: (tunnel) => bytes(received(tunnel)),
  },
  {
    name: 'From',
    least: 10.2,
    share: 1,
    rank: 7,
    value: fromOf,
    show: (tunnel) => <code>{fromOf(tunnel) ?? '–'}</code>,
  },
  {
    name: 'Why',
    least: 30,
    share: 3,
    rank: 9,
    isBelow: true,
    // Of one that is up it would repeat what the columns say.
    saysBelow: ({ state }) => state !== 'up',
    value: ({ why }) => readable(why),
    show: ({ why }) => <span className="dim">{readable(why)}</span>,
  },
];

/** All that one may look for: what stands in the columns, and the sites. */
const textOf = (places: Places, tunnel: TunnelStatus): string => {
  const ends = tunnel.ends.map(({ machine, sample }) => {
    const { site = '', overlay = [] } = places.get(machine) ?? {};
    return `${machine} ${site} ${overlay.join(' ')} ${sample?.endpoint ?? ''}`;
  });
  return `${ends.join(' ')} ${tunnel.state} ${tunnel.why}`;
};

const sayOf = (tunnels: readonly TunnelStatus[]): string => {
  const own = Map.groupBy(tunnels, ({ state }) => state);
  return states
    .flatMap((state) => (own.has(state) ? `${own.get(state)?.length} ${state}` : []))
    .join(', ');
};

const groupingsOf = (places: Places): readonly Grouping<TunnelStatus>[] => {
  const siteOf = (machine: string): string => places.get(machine)?.site ?? machine;
  return [
    { name: 'state', value: ({ state }) => state },
    {
      name: 'sites',
      value: ({ ends: [a, b] }) => {
        const [one, other] = [siteOf(a.machine), siteOf(b.machine)];
        if (one === other) return `within ${one}`;
        return one < other ? `${one} – ${other}` : `${other} – ${one}`;
      },
    },
  ];
};

/** The one that an address chooses; nothing: all of them. */
const stateIn = (path: string): string => {
  const wanted = queryOf(path).get('state');
  return states.find((state) => state === wanted) ?? '';
};

interface TunnelTableProps {
  readonly status: NetworkStatus;
  readonly label: string;
  readonly tunnels: Listed;
  readonly isMain?: boolean;
}

/** Tunnels, all of them or those of one state. */
export function TunnelTable({ status, label, tunnels: all, isMain = false }: TunnelTableProps) {
  const { network, machines } = status;
  const { columns, groupings, textIn } = useMemo(() => {
    const places = new Map(machines.map((machine) => [machine.name, machine]));
    const overlays = machines.map(({ overlay }) => overlay.join(' '));
    return {
      columns: columnsOf(network, places, roomOf(overlays, { least: 5, most: 12 })),
      groupings: groupingsOf(places),
      textIn: (tunnel: TunnelStatus) => textOf(places, tunnel),
    };
  }, [network, machines]);
  const [state, setState] = useState(() => (isMain ? stateIn(window.location.search) : ''));
  useEffect(() => {
    if (isMain) amendQuery({ state });
  }, [isMain, state]);
  const { leftOut, tunnels } = all;
  const rows = useMemo(
    () => (state === '' ? tunnels : tunnels.filter((one) => one.state === state)),
    [tunnels, state],
  );
  const further = leftOutIn(leftOut, (one) => state === '' || one === state);
  return (
    <>
      <LeftOutNote leftOut={further} are="not listed" />
      <Table
        {...{ label, rows, columns, groupings, sayOf, isMain }}
        keyOf={nameOf}
        textOf={textIn}
        none={
          further &&
          ((sought) => <NoneListed network={network} machines={machines} sought={sought} />)
        }
      >
        <NativeSelect
          size="xs"
          aria-label="State"
          value={state}
          data={[{ value: '', label: 'all states' }, ...states]}
          onChange={(event) => setState(event.currentTarget.value)}
        />
      </Table>
    </>
  );
}

interface NoneListedProps {
  readonly network: string;
  readonly machines: readonly MachineStatus[];
  readonly sought: string;
}

/** Where not all are listed: the way to those that somebody may mean who names one or two machines. */
function NoneListed({ network, machines, sought }: NoneListedProps) {
  const words = sought.split(/\s+/);
  const [one, other] = words.filter((word) => machines.some(({ name }) => name === word));
  if (one === undefined) return 'None of those that are listed fits.';
  const path = other === undefined ? ['machines', one] : ['tunnels', one, other];
  return (
    <p>
      None of those that are listed fits. Not all are:{' '}
      <Link to={pathIn(network, ...path)}>
        {other === undefined ? `all of ${one}` : `between ${one} and ${other}`}
      </Link>
    </p>
  );
}

interface TunnelsPageProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

export const TunnelsPage = ({ status, tunnels }: TunnelsPageProps) => (
  <>
    <h1>Tunnels</h1>
    {status.machines.length === 0 ? (
      <NoMachines network={status.network} />
    ) : (
      <TunnelTable status={status} label="tunnels" tunnels={tunnels} isMain />
    )}
  </>
);
