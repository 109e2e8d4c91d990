import { formatEndpoint } from '#ip';
import { vxlanPort } from '#spec';
import type { Facts, MachineKeys, Rotation, RotationPhase } from './inputs.ts';
import { detourLane, laneOf, mainLane, otherHome } from './lanes.ts';
import { canLink, type Model, type Node } from './model.ts';
import { carriedPeers } from './project/peers.ts';
import { segmentsAt } from './project/segments/place.ts';

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
  /** Whether the machine keeps it, or needs it for the detour only. */
  readonly stays: boolean;
}

/**
 * Ports that a rotation needs: for detours the machine's own, if it can be found, else its partners'; and one
 * that the new key is for where the old one has to stay.
 */
export function rotationPorts(
  model: Model,
  machine: string,
  port?: number,
): readonly RotationPort[] {
  const node = model.nodesByName.get(machine);
  if (!node) return [];
  const partners = partnersOf(model, machine);
  const own = partners.length > 0 ? portOf(model, machine, detourLane, port) : [];
  const meanwhile =
    own.length > 0 ? own : partners.flatMap((name) => portOf(model, name, detourLane, port));
  const isBeside = fileHolders(model, machine).length > 0;
  return [...meanwhile, ...(isBeside ? portOf(model, machine, otherHome(node.home)) : [])];
}

/** The ports by which one partner of a rotation and the machine find each other in its phase. */
export function portsBetween(model: Model, partner: string): readonly RotationPort[] {
  const { turn } = model;
  if (!turn) return [];
  const { node, beside, port } = turn;
  if (turn.phase === 'prove') return portOf(model, node.name, beside ?? node.home);
  return [node.name, partner].flatMap((name) => portOf(model, name, detourLane, port));
}

function portOf(
  model: Model,
  name: string,
  number: number,
  port?: number,
): readonly RotationPort[] {
  const node = model.nodesByName.get(name);
  if (!node) return [];
  const { listenPort, endpoint } = laneOf(model, node, number, port);
  const stays = number !== detourLane;
  return endpoint
    ? [{ machine: name, port: listenPort, endpoint: formatEndpoint(endpoint), stays }]
    : [];
}

/** Who of those that make the detour has a port already, for a tunnel that it has or is about to get, or for VXLAN. */
export function portHolder(model: Model, machine: string, port: number): string | undefined {
  const isBeside = fileHolders(model, machine).length > 0;
  const taken = (name: string): boolean => {
    const node = model.nodesByName.get(name);
    if (!node) return false;
    if (port === vxlanPort && segmentsAt(model, node).length > 0) return true;
    const homes = [node.home, ...(isBeside && name === machine ? [otherHome(node.home)] : [])];
    return homes.some((home) => laneOf(model, node, home).listenPort === port);
  };
  return [machine, ...partnersOf(model, machine)].find(taken);
}

const following: Readonly<Record<RotationPhase, RotationPhase | undefined>> = {
  prepare: 'detour',
  detour: 'moved',
  moved: 'rekey',
  rekey: 'prove',
  prove: 'back',
  back: 'linger',
  linger: undefined,
  files: undefined,
  undo: 'return',
  return: undefined,
  now: undefined,
};

/** Keys of usual tunnels alone: those of detours, and of lanes begun beside, are good for one rotation. */
const usualKeys = ({ keys, homes = {} }: Facts): Facts['keys'] =>
  Object.fromEntries(
    Object.entries(keys).map(([name, own]): [string, MachineKeys] => {
      const lane = String(homes[name] ?? mainLane);
      const key = own[lane];
      return [name, key === undefined ? {} : { [lane]: key }];
    }),
  );

/** Facts in which a machine begins to change its key; keys of an earlier detour are forgotten. */
export const begun = (facts: Facts, rotation: Rotation): Facts => ({
  ...facts,
  keys: usualKeys(facts),
  rotation,
});

/** Facts in which no rotation is under way. */
export const ended = ({ rotation: _, ...facts }: Facts): Facts => ({
  ...facts,
  keys: usualKeys(facts),
});

/** The lane of a machine's usual tunnel. */
export const homeIn = ({ homes = {} }: Pick<Facts, 'homes'>, machine: string): number =>
  homes[machine] ?? mainLane;

/** Facts in which the tunnel beside has become the machine's usual one. */
function settled(facts: Facts, { machine }: Rotation): Facts {
  const { [machine]: home = mainLane, ...others } = facts.homes ?? {};
  const next = otherHome(home);
  const homes = { ...others, ...(next !== mainLane && { [machine]: next }) };
  const { homes: _, ...rest } = facts;
  return ended(Object.keys(homes).length > 0 ? { ...rest, homes } : rest);
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
  if (!rotation) return ended(facts);
  const { phase, machine, files = [] } = rotation;
  if (phase === 'files') return settled(facts, rotation);
  const next = phase === 'linger' && files.length > 0 ? 'files' : following[phase];
  if (!next) return ended(facts);
  const retired = facts.keys[machine]?.[homeIn(facts, machine)];
  const known = next === 'rekey' && files.length === 0 && retired !== undefined && { retired };
  return inPhase(facts, { ...rotation, ...known }, next, at);
}

/**
 * Whom a rotation waits for, sorted: the machine itself, and partners that are still there. Where the key
 * changes in place, only the machine; in the end those who have the old key in a file.
 */
export function awaited({ inputs: { rotation }, turn, nodesByName }: Model): readonly string[] {
  if (!rotation || !turn) return [];
  const skipped = new Set(rotation.without);
  const wait = (names: readonly string[]) => names.filter((name) => !skipped.has(name)).sort();
  if (turn.phase === 'linger') return wait(turn.beside === undefined ? [] : [turn.node.name]);
  if (turn.phase === 'now') return [turn.node.name];
  if (turn.phase === 'files')
    return wait(
      (rotation.files ?? []).filter((name) => nodesByName.get(name)?.publicKey !== undefined),
    );
  const names = [...turn.partners].filter(({ machine }) => machine.managed).map(({ name }) => name);
  return wait([turn.node.name, ...names]);
}
