import { useMemo } from 'react';
import type { MachineStatus, NetworkStatus } from '#api';
import { roomOf } from '../data/columns.ts';
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

/** For overlay addresses, rem. */
export const overlayRoom = (machines: readonly MachineStatus[]): number =>
  roomOf(
    machines.map(({ overlay }) => overlay.join(' ')),
    { least: 7, most: 22 },
  );

/** What keeps it from being as it should; undefined if nothing does. */
const notesOf = ({ notes, failures }: MachineStatus): string | undefined => {
  const all = [...failures.map(({ code }) => code), ...notes];
  return all.length === 0 ? undefined : all.join(', ');
};

/** `least`: for overlay addresses, rem. */
const columnsOf = (network: string, least: number): readonly Column<MachineStatus>[] => [
  {
    name: 'Machine',
    least: 9,
    share: 1.4,
    value: ({ name }) => name,
    show: ({ name }) => <Link to={pathIn(network, 'machines', name)}>{name}</Link>,
  },
  {
    name: 'Is',
    least: 10.5,
    share: 1.2,
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
    least: 5,
    share: 0.8,
    rank: 2,
    value: ({ site }) => site,
    show: ({ site }) => site,
  },
  {
    name: 'Overlay',
    least,
    share: 1,
    rank: 3,
    value: ({ overlay }) => overlay[0],
    show: ({ overlay }) => <code>{overlay.join(' ')}</code>,
  },
  {
    name: 'From',
    least: 7,
    share: 1.2,
    rank: 5,
    value: ({ address }) => address,
    show: ({ address }) => <code>{address}</code>,
  },
  {
    name: 'Version',
    least: 4,
    share: 0.5,
    rank: 6,
    value: ({ version }) => version,
    show: ({ version }) => version,
  },
  {
    name: 'Revision',
    least: 8.2,
    share: 0.9,
    rank: 4,
    value: ({ confirmed }) => confirmed,
    show: revisionOf,
  },
  {
    name: 'Notes',
    least: 8,
    share: 1.5,
    rank: 1,
    isBelow: true,
    value: notesOf,
    show: notesOf,
  },
];

const textOf = (machine: MachineStatus): string => {
  const { name, site, overlay, address, notes, failures, version } = machine;
  const codes = failures.map(({ code }) => code);
  const { word } = presenceOf(machine);
  return [name, site, ...overlay, address, ...notes, ...codes, version, word].join(' ');
};

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
  const { network, machines } = status;
  const least = overlayRoom(machines);
  const columns = useMemo(() => columnsOf(network, least), [network, least]);
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
