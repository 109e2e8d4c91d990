import { useMemo } from 'react';
import type { MachineStatus, NetworkStatus } from '#api';
import type { Grouping } from '../data/rows.ts';
import { ago, presenceOf } from '../data/words.ts';
import { Link } from '../parts/link.tsx';
import { NoMachines, Pill } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { pathIn } from '../route.ts';

const revisionOf = ({ confirmed, wanted }: MachineStatus): string => {
  if (wanted === undefined) return '';
  return confirmed === wanted ? String(wanted) : `${confirmed ?? 'none'}, should be ${wanted}`;
};

const seenOf = ({ connected, lastSeen }: MachineStatus): string =>
  connected || lastSeen === undefined ? '' : `, seen ${ago(lastSeen)}`;

const columnsOf = (network: string): readonly Column<MachineStatus>[] => [
  {
    name: 'Machine',
    width: 'minmax(9rem, 1.4fr)',
    value: ({ name }) => name,
    show: ({ name }) => <Link to={pathIn(network, 'machines', name)}>{name}</Link>,
  },
  {
    name: 'Is',
    width: 'minmax(9.5rem, 1.2fr)',
    value: (machine) => presenceOf(machine).word,
    show: (machine) => {
      const { word, mood } = presenceOf(machine);
      return (
        <Pill mood={mood}>
          {word}
          {seenOf(machine)}
        </Pill>
      );
    },
  },
  {
    name: 'Site',
    width: 'minmax(5rem, .8fr)',
    isExtra: true,
    value: ({ site }) => site,
    show: ({ site }) => site,
  },
  {
    name: 'Overlay',
    width: 'minmax(7rem, 1fr)',
    isExtra: true,
    value: ({ overlay }) => overlay[0],
    show: ({ overlay }) => <code>{overlay.join(' ')}</code>,
  },
  {
    name: 'From',
    width: 'minmax(7rem, 1.2fr)',
    isExtra: true,
    value: ({ address }) => address,
    show: ({ address }) => <code>{address}</code>,
  },
  {
    name: 'Version',
    width: 'minmax(4rem, .5fr)',
    isExtra: true,
    value: ({ version }) => version,
    show: ({ version }) => version,
  },
  {
    name: 'Revision',
    width: 'minmax(4rem, .9fr)',
    isExtra: true,
    value: ({ confirmed }) => confirmed,
    show: revisionOf,
  },
  {
    name: 'Notes',
    width: 'minmax(6rem, 1.5fr)',
    isExtra: true,
    value: ({ notes, failures }) =>
      notes.length + failures.length === 0 ? undefined : notes.join(),
    show: ({ notes, failures }) => [...failures.map(({ code }) => code), ...notes].join(', '),
  },
];

const textOf = ({ name, site = '', overlay, address = '', notes, ...rest }: MachineStatus) =>
  [
    name,
    site,
    ...overlay,
    address,
    ...notes,
    ...rest.failures.map(({ code }) => code),
    rest.version,
    presenceOf({ name, site, overlay, address, notes, ...rest }).word,
  ].join(' ');

const groupings: readonly Grouping<MachineStatus>[] = [
  { name: 'site', value: ({ site }) => site ?? 'of no site' },
  { name: 'state', value: (machine) => presenceOf(machine).word },
  { name: 'version', value: ({ version }) => version ?? 'none' },
];

const sayOf = (machines: readonly MachineStatus[]): string => {
  const words = Map.groupBy(machines, (machine) => presenceOf(machine).word);
  return [...words].map(([word, own]) => `${own.length} ${word}`).join(', ');
};

export function MachinesPage({ status }: { readonly status: NetworkStatus }) {
  const columns = useMemo(() => columnsOf(status.network), [status.network]);
  const { network, machines } = status;
  if (machines.length === 0) {
    return (
      <>
        <h1>Machines</h1>
        <NoMachines network={network} />
      </>
    );
  }
  return (
    <>
      <h1>Machines</h1>
      <Table
        label="machines"
        rows={machines}
        columns={columns}
        keyOf={({ name }) => name}
        textOf={textOf}
        groupings={groupings}
        sayOf={sayOf}
        isMain
      />
    </>
  );
}
