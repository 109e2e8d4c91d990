import { NativeSelect } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { MachineStatus, NetworkStatus, TunnelStatus, TunnelsStatus } from '#api';
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
  received,
  roundTripOf,
  sent,
  states,
} from '../data/words.ts';
import { Link } from '../parts/link.tsx';
import { Pill } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { pathIn } from '../route.ts';

const nameOf = ({ ends: [a, b] }: TunnelStatus): string => `${a.machine} ${b.machine}`;

/** Overlay addresses by machine. */
type Overlays = ReadonlyMap<string, string>;

const columnsOf = (network: string, overlays: Overlays): readonly Column<TunnelStatus>[] => [
  {
    name: 'Between',
    width: 'minmax(13rem, 2fr)',
    value: nameOf,
    show: ({ ends: [a, b] }) => (
      <Link to={pathIn(network, 'tunnels', a.machine, b.machine)}>
        {a.machine} – {b.machine}
      </Link>
    ),
  },
  {
    name: 'State',
    width: 'minmax(5.2rem, .6fr)',
    value: ({ state }) => states.indexOf(state),
    show: ({ state }) => <Pill mood={moodOfTunnel[state]}>{state}</Pill>,
  },
  {
    name: 'Overlay',
    width: 'minmax(10.4rem, 1fr)',
    isExtra: true,
    value: ({ ends: [a] }) => overlays.get(a.machine),
    show: ({ ends }) => (
      <code>{ends.map(({ machine }) => overlays.get(machine) ?? '?').join(' – ')}</code>
    ),
  },
  {
    name: 'Handshake',
    width: 'minmax(5.4rem, .5fr)',
    isExtra: true,
    isNumber: true,
    value: handshakeOf,
    show: (tunnel) => {
      const seconds = handshakeOf(tunnel);
      return seconds === undefined ? '–' : duration(seconds);
    },
  },
  {
    name: 'Round trip',
    width: 'minmax(4.5rem, .5fr)',
    isExtra: true,
    isNumber: true,
    value: roundTripOf,
    show: (tunnel) => milliseconds(roundTripOf(tunnel)),
  },
  {
    name: 'Loss',
    width: 'minmax(2.6rem, .4fr)',
    isExtra: true,
    isNumber: true,
    value: lossOf,
    show: (tunnel) => percent(lossOf(tunnel)),
  },
  {
    name: 'Now',
    width: 'minmax(4.5rem, .5fr)',
    isExtra: true,
    isNumber: true,
    value: ({ rate: now }) => now,
    show: ({ rate: now }) => rate(now),
  },
  {
    name: 'Sent',
    width: 'minmax(4rem, .5fr)',
    isExtra: true,
    isNumber: true,
    value: sent,
    show: (tunnel) => bytes(sent(tunnel)),
  },
  {
    name: 'Received',
    width: 'minmax(4.2rem, .5fr)',
    isExtra: true,
    isNumber: true,
    value: received,
    show: (tunnel) => bytes(received(tunnel)),
  },
  {
    name: 'From',
    width: 'minmax(9.7rem, 1fr)',
    isExtra: true,
    value: ({ ends: [a, b] }) => b.sample?.endpoint ?? a.sample?.endpoint,
    show: ({ ends: [a, b] }) => <code>{b.sample?.endpoint ?? a.sample?.endpoint ?? '–'}</code>,
  },
  {
    name: 'Why',
    width: 'minmax(0, 1fr)',
    isExtra: true,
    value: ({ why }) => why,
    show: ({ why }) => <span className="dim">{why}</span>,
  },
];

const textOf = (tunnel: TunnelStatus): string => `${nameOf(tunnel)} ${tunnel.state} ${tunnel.why}`;

const sayOf = (tunnels: readonly TunnelStatus[]): string => {
  const own = Map.groupBy(tunnels, ({ state }) => state);
  return states
    .flatMap((state) => (own.has(state) ? `${own.get(state)?.length} ${state}` : []))
    .join(', ');
};

const groupingsOf = (machines: readonly MachineStatus[]): readonly Grouping<TunnelStatus>[] => {
  const sites = new Map(machines.map(({ name, site }) => [name, site ?? name]));
  const siteOf = (machine: string): string => sites.get(machine) ?? machine;
  return [
    { name: 'state', value: ({ state }) => state },
    {
      name: 'sites',
      value: ({ ends }) => {
        const own = ends.map(({ machine }) => siteOf(machine)).sort();
        return own[0] === own[1] ? `within ${own[0]}` : own.join(' – ');
      },
    },
  ];
};

interface TunnelTableProps {
  readonly status: NetworkStatus;
  readonly label: string;
  readonly tunnels: readonly TunnelStatus[];
  readonly isMain?: boolean;
}

/** Tunnels, all of them or those of one state. */
export function TunnelTable({ status, label, tunnels, isMain = false }: TunnelTableProps) {
  const { network, machines } = status;
  const columns = useMemo(() => {
    const overlays = new Map(machines.map(({ name, overlay }) => [name, overlay.join(' ')]));
    return columnsOf(network, overlays);
  }, [network, machines]);
  const groupings = useMemo(() => groupingsOf(machines), [machines]);
  const [state, setState] = useState('');
  const rows = useMemo(
    () => (state === '' ? tunnels : tunnels.filter((one) => one.state === state)),
    [tunnels, state],
  );
  return (
    <Table {...{ label, rows, columns, textOf, groupings, sayOf, isMain }} keyOf={nameOf}>
      <NativeSelect
        size="xs"
        aria-label="State"
        value={state}
        data={[{ value: '', label: 'all states' }, ...states]}
        onChange={(event) => setState(event.currentTarget.value)}
      />
    </Table>
  );
}

interface TunnelsPageProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

export const TunnelsPage = ({ status, tunnels }: TunnelsPageProps) => (
  <>
    <h1>Tunnels</h1>
    <TunnelTable status={status} label="tunnels" tunnels={tunnels.tunnels} isMain />
  </>
);
