import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Finding, MachineStatus, NetworkStatus, Silence } from '#api';
import { byText, plainFinding } from '#base';
import type { Rotation } from '#compile';
import { silenceOf } from '../alerts/silence.ts';
import { serverErrors } from '../errors.ts';
import { segmentStatuses } from '../health/segments.ts';
import type { Hub } from '../hub/hub.ts';
import type { Present } from '../hub/whereabouts.ts';
import { JsonText } from '../json-text.ts';
import type { Card } from '../presence/card.ts';
import type { StoredMachine } from '../store/contract.ts';
import type { NamedMachine } from './names.ts';
import type { Snapshot } from './snapshot.ts';

/** What a status is told from. */
export interface Seen {
  readonly hub: Hub;
  readonly now: Date;
  /** The machine that the server runs on. */
  readonly server: string | undefined;
  readonly silences: readonly Silence[];
}

/** So many machines are told of in one turn of the event loop. */
const turn = 200;

/** The machines of a network: those of its file, and those that wait. */
export async function statusOf(snapshot: Snapshot, seen: Seen): Promise<JsonText<NetworkStatus>> {
  const { stored, approvals, held, takenBack, names, machines } = snapshot;
  const others = [...machines.keys()].filter((name) => !names.has(name));
  const all = [...names.keys(), ...others].sort(byText);
  const texts: string[] = [];
  for (let from = 0; from < all.length; from += turn) {
    const some = all.slice(from, from + turn);
    for (const name of some) texts.push(JSON.stringify(statusOfMachine(snapshot, seen, name)));
    await nextTurn();
  }
  const { network, revision, frozen } = stored;
  const news = { ...(held && { held }), ...(takenBack && { takenBack }) };
  const told = segmentStatuses(snapshot, seen.hub);
  const segments = told.length > 0 && { segments: told };
  const rest = { network, revision, frozen, approvals, ...news, ...segments };
  return JsonText.listing(rest, 'machines', texts);
}

export function statusOfMachine(snapshot: Snapshot, seen: Seen, name: string): MachineStatus {
  const { hub, now, server, silences } = seen;
  const { stored, names, machines } = snapshot;
  const record = machines.get(name);
  const named = names.get(name);
  const present = record && hub.present(record.identity);
  const { card, place } = present ?? {};
  const address = card?.address ?? named?.endpoint;
  const lastSeen = record && !card ? hub.lastSeen(record.identity) : undefined;
  const confirmed = present ? confirmedBy(present) : record?.confirmed;
  return {
    name,
    enrolment: named?.managed === false ? 'unmanaged' : (record?.enrolment ?? 'file'),
    ...(named?.site !== undefined && { site: named.site }),
    ...(named?.isHub && { hub: true }),
    ...((named?.isHub || name === server) && { isNeeded: true }),
    ...(named?.isGatewayOnly && { gatewayOnly: true }),
    connected: card !== undefined,
    ...(card && { since: card.since, version: card.program, ...upgradeOf(card) }),
    ...(lastSeen !== undefined && { lastSeen }),
    ...(place !== undefined && { server: place }),
    ...(address !== undefined && { address }),
    overlay: [...(named?.overlay ?? [])],
    ...memberOf(snapshot, named, now),
    ...(confirmed !== undefined && { confirmed }),
    ...(record?.enrolment === 'enrolled' && { wanted: stored.revision.number }),
    notes: [
      ...endNotes(named, now),
      ...notesOf(snapshot, hub, record, card),
      ...quietNotes(silenceOf(snapshot, silences, { machine: name }, now.toISOString())),
    ],
    failures: [...cloneFailures(name, card), ...(card?.failures ?? [])],
    ...(card?.warnings && { warnings: [...card.warnings] }),
  };
}

/** What is told of a member besides what is told of every machine. */
function memberOf({ invited }: Snapshot, named: NamedMachine | undefined, now: Date) {
  if (!named || named.site !== undefined) return {};
  const { name, person, expires, revoked, keys } = named;
  const until = invited.get(name);
  return {
    hasKey: keys?.['0'] !== undefined,
    ...(person !== undefined && { person }),
    ...(expires !== undefined && { expires }),
    ...(revoked !== undefined && { cutOff: revoked }),
    ...(until !== undefined && Date.parse(until) > now.getTime() && { invited: until }),
  };
}

function* cloneFailures(machine: string, card: Card | undefined): Iterable<Finding> {
  if (!card?.clone) return;
  const args = { machine, first: card.address, second: card.clone.address };
  yield plainFinding(serverErrors.error('server/two-machines', args));
}

/** Milliseconds before a member's end from which on it is told. */
const warnedBefore = 7 * 24 * 3600 * 1000;

function* endNotes(named: NamedMachine | undefined, now: Date): Iterable<string> {
  const { revoked, expires } = named ?? {};
  if (revoked === 'expired') yield `expired ${expires ?? ''}`.trim();
  else if (revoked !== undefined) yield revoked;
  else if (expires !== undefined && Date.parse(expires) - now.getTime() < warnedBefore) {
    yield `expires ${expires}`;
  }
}

function* quietNotes(silence: Silence | undefined): Iterable<string> {
  if (!silence) return;
  const { until, by, why } = silence;
  yield `silenced until ${until} by ${by}${why === undefined ? '' : `: ${why}`}`;
}

const upgradeOf = ({ install, upgrade }: Card) => ({
  upgradable: install !== undefined,
  ...(upgrade && { upgrade }),
});

/** A revision that left a machine as it was is confirmed with the one that it confirmed. */
const confirmedBy = ({ card, revision }: Present): number | undefined =>
  card.isConfirmed ? revision : card.confirmed;

/** In the order of weight. */
function* notesOf(
  { stored, names, held, turn }: Snapshot,
  hub: Hub,
  record: StoredMachine | undefined,
  card: Card | undefined,
): Iterable<string> {
  if (!record) return;
  if (card?.clone) yield `clone: the same identity at ${card.address} and ${card.clone.address}`;
  if (record.enrolment === 'enrolled' && !names.has(record.name)) yield 'not-in-file';
  for (const facility of card?.lacks ?? []) yield `needs-agent: ${facility}`;
  if (card?.isQuarantined || record.quarantined === stored.revision.number) yield 'quarantined';
  if (card?.paused !== undefined) yield `paused until ${card.paused}`;
  if (stored.frozen) yield 'frozen';
  yield* rotationNotes(turn?.rotation, record.name);
  if (held) yield `held: revision ${held.id.number}`;
  if (card && !card.isCurrent) yield 'behind';
}

function* rotationNotes(rotation: Rotation | undefined, name: string): Iterable<string> {
  if (rotation?.machine === name) yield `key changes: ${rotation.phase}`;
  if (rotation?.without.includes(name)) yield `left behind by the key of ${rotation.machine}`;
}
