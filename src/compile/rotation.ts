import { formatEndpoint } from '#ip';
import type { Facts, MachineKeys, Rotation, RotationPhase } from './inputs.ts';
import { detourLane, laneOf } from './lanes.ts';
import { canLink, type Model, type Node } from './model.ts';
import { carriedPeers } from './project/peers.ts';

/** Machines that a rotation moves to the detour, sorted: peers of the machine on which an agent runs. */
export function partnersOf(model: Model, machine: string): readonly string[] {
  return peersOf(model, machine)
    .filter((node) => node.machine.managed)
    .map(({ name }) => name);
}

/** Peers of a machine that got their configuration as a file, sorted. */
export const fileHolders = (model: Model, machine: string): readonly string[] =>
  peersOf(model, machine)
    .filter((node) => !node.machine.managed)
    .map(({ name }) => name);

function peersOf(model: Model, machine: string): readonly Node[] {
  const node = model.nodesByName.get(machine);
  if (!node) return [];
  const peers = carriedPeers(model, node).map((peer) => peer.node);
  return peers.filter((peer) => canLink(node, peer));
}

/** A UDP port that has to be open for a detour, where others find it. */
export interface RotationPort {
  readonly machine: string;
  readonly port: number;
  /** `host:port`. */
  readonly endpoint: string;
}

/** Ports by which the detours of a machine come about: its own, if it can be found, else its partners'. */
export function rotationPorts(
  model: Model,
  machine: string,
  port?: number,
): readonly RotationPort[] {
  const own = portOf(model, machine, port);
  if (own.length > 0) return own;
  return partnersOf(model, machine).flatMap((name) => portOf(model, name, port));
}

/** The ports by which one partner of a rotation under way can find the other end, or be found. */
export const portsBetween = (model: Model, partner: string): readonly RotationPort[] =>
  [model.turn?.node.name ?? '', partner].flatMap((name) => portOf(model, name, model.turn?.port));

function portOf(model: Model, name: string, port: number | undefined): readonly RotationPort[] {
  const node = model.nodesByName.get(name);
  if (!node) return [];
  const { listenPort, endpoint } = laneOf(model, node, detourLane, port);
  return endpoint ? [{ machine: name, port: listenPort, endpoint: formatEndpoint(endpoint) }] : [];
}

const following: Readonly<Record<RotationPhase, RotationPhase | undefined>> = {
  prepare: 'detour',
  detour: 'moved',
  moved: 'rekey',
  rekey: 'prove',
  prove: 'back',
  back: 'linger',
  linger: undefined,
  return: undefined,
  now: undefined,
};

/** Without the keys of detours, which are good for one rotation. */
function withoutDetours(keys: Facts['keys']): Facts['keys'] {
  const lane = String(detourLane);
  return Object.fromEntries(
    Object.entries(keys).map(([name, own]): [string, MachineKeys] => {
      const { [lane]: _, ...rest } = own;
      return [name, rest];
    }),
  );
}

/** Facts in which a machine begins to change its key; keys of an earlier detour are forgotten. */
export const begun = (facts: Facts, rotation: Rotation): Facts => ({
  ...facts,
  keys: withoutDetours(facts.keys),
  rotation,
});

/** Facts in which no rotation is under way. */
export function ended({ rotation: _, ...facts }: Facts): Facts {
  return { ...facts, keys: withoutDetours(facts.keys) };
}

/** Facts in which a rotation has reached a phase, of which nobody has heard yet. */
export const inPhase = (
  facts: Facts,
  rotation: Rotation,
  phase: RotationPhase,
  at: string,
): Facts => ({ ...facts, rotation: { ...rotation, phase, since: at, reached: [] } });

/** Facts in which a rotation goes on, after all who take part have reached its phase; `at`: RFC 3339. */
export function advanced(facts: Facts, at: string): Facts {
  const { rotation } = facts;
  const next = rotation && following[rotation.phase];
  if (!next) return ended(facts);
  const retired = facts.keys[rotation.machine]?.['0'];
  const known = next === 'rekey' && retired !== undefined && { retired };
  return inPhase(facts, { ...rotation, ...known }, next, at);
}

/**
 * Whom a rotation waits for, sorted: the machine itself, and partners that are still there. Where the key
 * changes in place, only the machine.
 */
export function awaited({ inputs: { rotation }, turn }: Model): readonly string[] {
  if (!rotation || !turn) return [];
  if (turn.phase === 'linger') return [];
  if (turn.phase === 'now') return [turn.node.name];
  const names = [...turn.partners].filter(({ machine }) => machine.managed).map(({ name }) => name);
  const skipped = new Set(rotation.without);
  return [turn.node.name, ...names].filter((name) => !skipped.has(name)).sort();
}
