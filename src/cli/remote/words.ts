import type { DriftEntry, MachineStatus, NetworkStatus, Revision, SegmentStatus } from '#api';
import { columns } from '#lab';
import { paint } from '../output.ts';
import { fromNow } from '../times.ts';
import { gatewayOnlyLines } from './tunnels.ts';

const heads = (...names: readonly string[]): readonly string[] =>
  names.map((name) => paint('bold', name));

/** Revisions as lines, in the order given. */
export const revisionsText = (revisions: readonly Revision[]): string =>
  columns([
    heads('revision', 'when', 'who', 'what', 'why'),
    ...revisions.map((one) => [
      String(one.id.number),
      fromNow(one.at),
      one.author,
      `${one.kind}${one.state === 'applied' ? '' : paint('yellow', ` (${one.state})`)}`,
      one.why.split('\n', 1)[0] ?? '',
    ]),
  ]);

/** One revision and what it did to each machine. */
export const revisionText = (one: Revision): string =>
  [
    `revision ${one.id.number}, ${one.kind}, ${fromNow(one.at)} (${one.at}) by ${one.author}`,
    ...(one.why ? [one.why.replaceAll(/^/gm, '  ')] : []),
    ...stateLines(one),
    ...one.summary.map((line) => `  ${line}`),
  ].join('\n');

function stateLines({ state, approver, id: { number } }: Revision): readonly string[] {
  const waits = `  waits: \`hawser approve ${number}\` lets it go, \`hawser reject ${number}\` does not`;
  if (state === 'held') return [paint('yellow', waits)];
  if (state === 'rejected') return [paint('yellow', '  rejected')];
  if (state === 'overtaken') return [paint('yellow', '  waited until a later one came')];
  return approver === undefined ? [] : [`  approved by ${approver}`];
}

/** What each machine of a network is to its server. */
export const statusText = (status: NetworkStatus): string =>
  [
    `${status.network}: revision ${status.revision.number}${status.frozen ? paint('yellow', ', frozen') : ''}`,
    ...(status.held ? [revisionText(status.held)] : []),
    ...(status.takenBack ? [paint('yellow', status.takenBack.why)] : []),
    columns([
      heads('machine', 'is', 'overlay', 'from', 'revision', 'notes'),
      ...status.machines.map(machineRow),
    ]),
    ...gatewayOnlyLines(
      status.machines.filter(({ gatewayOnly }) => gatewayOnly).map(({ name }) => name),
    ),
    ...segmentLines(status.segments ?? []),
    ...findingLines(status.machines),
  ].join('\n');

/** What is wrong, once: of a conflict all gateways tell that see it. */
function findingLines(machines: readonly MachineStatus[]): readonly string[] {
  const all = machines.flatMap(({ name, failures, warnings = [] }) =>
    [...failures, ...warnings].map((finding) => ({ name, finding })),
  );
  const alike = Map.groupBy(all, ({ finding: { code, message } }) => `${code} ${message}`);
  return [...alike.values()].flatMap((same) => {
    const names = [...new Set(same.map(({ name }) => name))].join(', ');
    return same
      .slice(0, 1)
      .map(({ finding: { message, fix, code } }) => `${names}: ${message} [${code}]\n    ${fix}`);
  });
}

const machineRow = (machine: MachineStatus): readonly string[] => [
  machine.name,
  presence(machine),
  machine.overlay.join(' '),
  placeOf(machine),
  progress(machine),
  machine.notes.join(', '),
];

/** What there is to say of segments, each at each of its sites. */
const segmentLines = (segments: readonly SegmentStatus[]): readonly string[] =>
  segments.length === 0
    ? []
    : [
        '',
        columns([
          heads('segment', 'site', 'gateway', 'leases', 'machines here', 'elsewhere', 'dropped'),
          ...segments.map(segmentRow),
        ]),
      ];

function segmentRow({ segment, site, gateway, ...sample }: SegmentStatus): readonly string[] {
  const { leases = '', here = '', elsewhere = '', dropped } = sample;
  const drops = Object.entries(dropped ?? {}).filter(([, frames]) => frames > 0);
  const said = drops.map(([why, frames]) => `${why} ${frames}`).join(', ');
  const numbers = [leases, here, elsewhere].map(String);
  return [segment, site, gateway, ...numbers, dropped ? said : paint('dim', 'nobody tells')];
}

const placeOf = ({ address = '', server }: MachineStatus): string =>
  server === undefined ? address : `${address} at ${server}`;

function presence({ enrolment, connected, lastSeen, ...member }: MachineStatus): string {
  if (member.invited !== undefined && !member.hasKey) return paint('dim', 'invited');
  if (enrolment === 'unmanaged') return 'not ours to run';
  if (enrolment === 'file') return paint('dim', 'has not joined');
  if (enrolment === 'pending') return paint('yellow', 'waits for approval');
  if (connected) return paint('green', 'connected');
  return paint('red', lastSeen === undefined ? 'away' : `away, seen ${fromNow(lastSeen)}`);
}

function progress({ confirmed, wanted }: MachineStatus): string {
  if (wanted === undefined) return '';
  if (confirmed === wanted) return String(wanted);
  return paint('yellow', `${confirmed ?? 'none'}, should be ${wanted}`);
}

/** What differed on machines, and when. */
export const driftText = (entries: readonly DriftEntry[]): string =>
  entries.length === 0 ? 'nothing drifted' : entries.flatMap(driftLines).join('\n');

const driftLines = ({ machine, at, times, changes }: DriftEntry): readonly string[] => [
  `${machine}  ${fromNow(at)}${times > 1 ? `, ${times} times within a day` : ''}`,
  ...changes.map((change) => `  ${change}`),
];
