import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Facts, link, type Model, machinesOf, project } from '#compile';
import type { Network } from '#spec';
import type { HostState } from '#state';
import { labErrors } from './errors.ts';
import { thaw } from './freeze.ts';
import { findKeeper, type Keeper } from './keeper.ts';
import { requirePrograms } from './ready.ts';
import { type LabRecord, type Listed, labDir, listLabs } from './registry.ts';
import type { StationClient } from './station/client.ts';
import { stationAt } from './station/start.ts';
import { hint } from './suggest.ts';
import type { Station, Underlay } from './underlay/plan.ts';
import { underlayOf } from './underlay/underlay.ts';

/** A lab that is up, with all that follows from its file. */
export interface Lab {
  readonly record: LabRecord;
  readonly dir: string;
  readonly keeper: Keeper;
  readonly network: Network;
  readonly facts: Facts;
  readonly model: Model;
  readonly underlay: Underlay;
  readonly stations: ReadonlyMap<string, StationClient>;
  readonly states: ReadonlyMap<string, HostState>;
}

/** Names the revision that a lab's states belong to. */
export const labEpoch = 'lab';

export const modelOf = (network: Network, facts: Facts): Model =>
  link({ ...facts, network, epoch: labEpoch, rev: 1 });

/** The states of all machines that have one. */
export const statesOf = (model: Model): ReadonlyMap<string, HostState> =>
  new Map(machinesOf(model).map((name) => [name, project(model, name)]));

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

/** Opens a lab that is up. Throws as `pickLab`, and `lab/broken`. */
export async function openLab(name?: string): Promise<Lab> {
  requirePrograms();
  const { name: found, record, status } = await pickLab(name);
  const keeper = record && findKeeper(record.id, record.keeper);
  if (!record || !keeper || status !== 'up') {
    throw labErrors.error('lab/broken', { name: found, status });
  }
  const dir = labDir(found);
  const network = thaw(await readFile(join(dir, 'network.json'), 'utf8'));
  const facts = JSON.parse(await readFile(join(dir, 'facts.json'), 'utf8')) as Facts;
  const underlay = underlayOf(network);
  return {
    record,
    dir,
    keeper,
    network,
    facts,
    model: modelOf(network, facts),
    underlay,
    stations: stationsIn(dir, underlay),
    states: await readStates(dir),
  };
}

export const statePath = (dir: string, machine: string): string =>
  join(dir, 'states', `${machine}.json`);

async function readStates(dir: string): Promise<ReadonlyMap<string, HostState>> {
  const files = await readdir(join(dir, 'states'));
  const states = await Promise.all(
    files.toSorted().map(async (file) => {
      const text = await readFile(join(dir, 'states', file), 'utf8');
      return JSON.parse(text) as HostState;
    }),
  );
  return new Map(states.map((state) => [state.machine, state]));
}

/** A station by name. Throws `lab/unknown-machine`. */
export function stationNamed(lab: Lab, machine: string): { plan: Station; client: StationClient } {
  const plan = lab.underlay.stations.find((station) => station.name === machine);
  const client = lab.stations.get(machine);
  if (plan && client) return { plan, client };
  const names = lab.underlay.stations.map((station) => station.name);
  const { name } = lab.record;
  throw labErrors.error('lab/unknown-machine', { name, machine, hint: hint(machine, names) });
}
