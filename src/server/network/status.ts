import type { MachineStatus, NetworkStatus } from '#api';
import { by } from '#base';
import { formatEndpoint } from '#ip';
import type { Connection } from '../hub/connection.ts';
import type { Hub } from '../hub/hub.ts';
import type { StoredMachine } from '../store/contract.ts';
import type { Snapshot } from './snapshot.ts';

/** The machines of a network: those of its file, and those that wait. */
export function statusOf(snapshot: Snapshot, hub: Hub): NetworkStatus {
  const { stored, compiled, machines } = snapshot;
  const named = [...compiled.model.nodes.map(({ name }) => name), ...agentHosts(snapshot)];
  const others = [...machines.keys()].filter((name) => !compiled.has(name));
  return {
    network: stored.network,
    revision: stored.revision,
    frozen: stored.frozen,
    machines: [...named, ...others]
      .map((name) => statusOfMachine(snapshot, hub, name))
      .sort(by(({ name }) => name)),
  };
}

const agentHosts = ({ compiled }: Snapshot): readonly string[] =>
  [...compiled.model.hostsByName.values()]
    .filter(({ routes }) => routes === 'agent')
    .map(({ name }) => name);

function statusOfMachine(snapshot: Snapshot, hub: Hub, name: string): MachineStatus {
  const { stored, compiled, machines } = snapshot;
  const record = machines.get(name);
  const node = compiled.model.nodesByName.get(name);
  const connection = record && hub.of(record.identity);
  const endpoint = node?.machine.endpoint;
  const address = connection?.wire.address ?? (endpoint && formatEndpoint(endpoint));
  const confirmed = confirmedBy(record, connection, stored.revision.number);
  return {
    name,
    enrolment: node?.machine.managed === false ? 'unmanaged' : (record?.enrolment ?? 'file'),
    connected: connection !== undefined,
    ...(connection && { since: connection.since, version: connection.hello.program }),
    ...(address !== undefined && { address }),
    overlay: (node?.overlay ?? []).map(String),
    ...(confirmed !== undefined && { confirmed }),
    ...(record?.enrolment === 'enrolled' && { wanted: stored.revision.number }),
    notes: [...notesOf(snapshot, hub, record, connection)],
    failures: [...(connection?.failures ?? [])],
  };
}

/** A revision that left a machine as it was is confirmed with the one that it confirmed. */
function confirmedBy(
  record: StoredMachine | undefined,
  connection: Connection | undefined,
  now: number,
): number | undefined {
  return connection?.isConfirmed ? now : (connection?.confirmed ?? record?.confirmed);
}

/** In the order of weight. */
function* notesOf(
  { stored, compiled, held }: Snapshot,
  hub: Hub,
  record: StoredMachine | undefined,
  connection: Connection | undefined,
): Iterable<string> {
  if (!record) return;
  const clone = hub.cloneOf(record.identity);
  if (clone !== undefined) {
    yield `clone: the same identity at ${connection?.wire.address ?? 'another place'} and ${clone}`;
  }
  if (record.enrolment === 'enrolled' && !compiled.has(record.name)) yield 'not-in-file';
  for (const facility of connection?.lacks ?? []) yield `needs-agent: ${facility}`;
  if (connection?.quarantined !== undefined || record.quarantined === stored.revision.number) {
    yield 'quarantined';
  }
  if (connection?.paused !== undefined) yield `paused until ${connection.paused}`;
  if (stored.frozen) yield 'frozen';
  if (held) yield `held: revision ${held.id.number}`;
  if (connection && !connection.isCurrent) yield 'behind';
}
