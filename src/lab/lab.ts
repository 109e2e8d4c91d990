import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RevisionId } from '#api';
import { type Facts, link, type Model, machinesOf, project } from '#compile';
import type { Network } from '#spec';
import type { HostState } from '#state';
import { labErrors } from './errors.ts';
import { thaw } from './freeze.ts';
import { findKeeper, type Keeper } from './keeper.ts';
import { requirePrograms } from './ready.ts';
import { type LabRecord, type Listed, labDir, listLabs } from './registry.ts';
import { storedTruth } from './server/truth.ts';
import type { StationClient } from './station/client.ts';
import { stationAt } from './station/start.ts';
import { hint } from './suggest.ts';
import type { Station, Underlay } from './underlay/plan.ts';
import { underlayOf } from './underlay/underlay.ts';

/** What a lab is made of: machines that run, and the cables between them. */
export interface World {
  readonly record: LabRecord;
  readonly dir: string;
  readonly keeper: Keeper;
  readonly underlay: Underlay;
  readonly stations: ReadonlyMap<string, StationClient>;
}

/** What its machines should be: the file, and what is known besides. */
export interface Truth {
  readonly network: Network;
  readonly facts: Facts;
  readonly revision: RevisionId;
}

/** A lab that is up, with all that follows from its truth. */
export interface Lab extends World {
  readonly network: Network;
  readonly facts: Facts;
  readonly model: Model;
  /** Of its own machines: somebody else may have joined meanwhile. */
  readonly states: ReadonlyMap<string, HostState>;
}

/** Names the states of a lab without a server. */
export const ownRevision: RevisionId = { epoch: 'lab', number: 1 };

export function labOf(world: World, { network, facts, revision }: Truth): Lab {
  const model = link({ ...facts, network, epoch: revision.epoch, rev: revision.number });
  const named = machinesOf(model).filter((name) => world.stations.has(name));
  const states = new Map(named.map((name) => [name, project(model, name)]));
  const stations = new Map(
    [...world.stations].map(([name, one]) => [name, placed(one, states.get(name))]),
  );
  return { ...world, stations, network, facts, model, states };
}

/** Where the network of a machine is what it listens and sends from. */
function placed({ space: _, ...client }: StationClient, state?: HostState): StationClient {
  const [first] = Object.values(state?.tunnels ?? {});
  const space = first?.livesIn ?? 'root';
  return space === 'root' ? client : { ...client, space };
}

/** Machines that run our agent, with a state of their own. */
export const managedMachines = ({ network, states }: Lab): readonly string[] => {
  const unmanaged = new Set(network.members.filter((m) => !m.managed).map((m) => m.name));
  return [...states.keys()].filter((name) => !unmanaged.has(name));
};

/** Machines that others can call before those that only call: a call that finds nobody is repeated after five seconds (WireGuard, section 6.1). */
export function inWaves(
  { model }: Lab,
  machines: readonly string[],
): readonly (readonly string[])[] {
  const isCalled = (name: string) => model.nodesByName.get(name)?.machine.endpoint !== undefined;
  return [machines.filter(isCalled), machines.filter((name) => !isCalled(name))];
}

/** Stations that are part of the network, as it is now: they listen, and are measured. */
export const inNetwork = ({ underlay, model }: Lab): readonly Station[] => {
  const isKnown = (name: string) => model.nodesByName.has(name) || model.hostsByName.has(name);
  return underlay.stations.filter(({ name, node = name }) => isKnown(node));
};

export const stationsIn = (dir: string, underlay: Underlay): ReadonlyMap<string, StationClient> =>
  new Map(underlay.stations.map(({ name }, index) => [name, stationAt(dir, name, index)]));

/** The lab of that name, or the only one. Throws `lab/none`, `lab/unknown`, `lab/which`. */
export async function pickLab(name?: string): Promise<Listed> {
  const labs = await listLabs();
  const names = labs.map((lab) => lab.name);
  if (name !== undefined) {
    const lab = labs.find((other) => other.name === name);
    if (lab) return lab;
    throw labErrors.error('lab/unknown', { name, hint: hint(name, names) });
  }
  if (labs.length > 1) throw labErrors.error('lab/which', { names: names.join(', ') });
  if (labs[0] === undefined) throw labErrors.error('lab/none', {});
  return labs[0];
}

/** Opens a lab that is up. Throws as `pickLab`, `lab/broken`, and as the store of its server. */
export async function openLab(name?: string): Promise<Lab> {
  requirePrograms();
  const { name: found, record, status } = await pickLab(name);
  const keeper = record && findKeeper(record.id, record.keeper);
  if (!record || !keeper || status !== 'up') {
    throw labErrors.error('lab/broken', { name: found, status });
  }
  const dir = labDir(found);
  const built = thaw(await readFile(join(dir, 'network.json'), 'utf8'));
  const underlay = underlayOf(built, record.server);
  const world = { record, dir, keeper, underlay, stations: stationsIn(dir, underlay) };
  if (record.server !== undefined) return labOf(world, await storedTruth(world));
  const facts = JSON.parse(await readFile(join(dir, 'facts.json'), 'utf8')) as Facts;
  return labOf(world, { network: built, facts, revision: ownRevision });
}

export const statePath = (dir: string, machine: string): string =>
  join(dir, 'states', `${machine}.json`);

/** The station of a machine that is known to be there. */
export const stationOf = ({ stations }: Pick<World, 'stations'>, name: string): StationClient =>
  stations.get(name) as StationClient;

/** A station by name. Throws `lab/unknown-machine`. */
export function stationNamed(lab: Lab, machine: string): { plan: Station; client: StationClient } {
  const plan = lab.underlay.stations.find((station) => station.name === machine);
  const client = lab.stations.get(machine);
  if (plan && client) return { plan, client };
  const names = lab.underlay.stations.map((station) => station.name);
  const { name } = lab.record;
  throw labErrors.error('lab/unknown-machine', { name, machine, hint: hint(machine, names) });
}
