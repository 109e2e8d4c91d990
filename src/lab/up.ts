import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allocate, emptyFacts, type Facts, type Ledger, machinesOf, project } from '#compile';
import type { Machine, Network } from '#spec';
import type { KeyPair } from '#wireguard';
import { type Agent, applyState, keyOf } from './agent.ts';
import { labErrors } from './errors.ts';
import { counting, type Report } from './events.ts';
import { freeze } from './freeze.ts';
import { fillHostsFile, layHostsFile } from './hosts-file.ts';
import { inside, type Keeper, startKeeper } from './keeper.ts';
import { type Lab, modelOf, statePath, stationNamed, stationsIn } from './lab.ts';
import { listenEverywhere } from './listening.ts';
import { freshRun, provideAgentHome } from './mounts.ts';
import { requirePrograms, requireWireguard } from './ready.ts';
import { claim, type LabRecord, labDir, remove, writeLab } from './registry.ts';
import { setPlainRoutes } from './routes.ts';
import { inParallel } from './run.ts';
import { undoOnSignal } from './signals.ts';
import type { StationClient } from './station/client.ts';
import { type Program, startStation } from './station/start.ts';
import { buildUnderlay } from './underlay/build.ts';
import type { Underlay } from './underlay/plan.ts';
import { underlayOf } from './underlay/underlay.ts';
import { bringUpUnmanaged, unmanagedKeys } from './unmanaged.ts';

export interface UpOptions {
  readonly name: string;
  readonly network: Network;
  /** Addresses that were given out already. */
  readonly ledger: Ledger;
  /** Absolute path of the file it came from. */
  readonly file: string;
  readonly program: Program;
  readonly report?: Report;
}

/** How much is done at a time where each task is a process that keeps a core busy. */
const busyWidth = 3;

/**
 * Builds a whole network on this machine, up to the point where tunnels can shake hands. On failure
 * nothing of it is left. Throws `lab/...`.
 */
export async function up(options: UpOptions): Promise<Lab> {
  const { name, network, file } = options;
  requirePrograms();
  const record = await claim(crypto.randomUUID(), { name, network: network.name, file });
  const undo = () => remove({ name, status: 'building', record });
  const building = build(record, options);
  const signals = undoOnSignal(building, undo);
  try {
    return await building;
  } catch (error) {
    await undo();
    throw error;
  } finally {
    await signals.release();
  }
}

async function build(claimed: LabRecord, options: UpOptions): Promise<Lab> {
  const { program, ledger, report = () => undefined } = options;
  const network = withoutKeys(options.network);
  const dir = labDir(claimed.name);
  const underlay = underlayOf(network);
  const keeper = await startKeeper(claimed.id);
  const record: LabRecord = { ...claimed, keeper: keeper.pid };
  await writeLab(record);
  await requireWireguard(keeper);
  await layUnderlay(keeper, dir, underlay, report);
  const stations = await startStations({ keeper, dir, underlay, program, report });
  const found = await gatherFacts({ network, ledger, underlay, stations, program, report });
  const { facts, privateKeys } = found;
  const model = modelOf(network, facts);
  const states = new Map(machinesOf(model).map((name) => [name, project(model, name)]));
  const lab = { record, dir, keeper, network, facts, model, underlay, stations, states };
  await store(lab);
  report({ stage: 'states', done: states.size, all: states.size });
  return configure(lab, privateKeys, options);
}

/** From machines that run to a network that is what its file says. */
async function configure(
  lab: Lab,
  privateKeys: ReadonlyMap<string, KeyPair>,
  { program, report = () => undefined }: UpOptions,
): Promise<Lab> {
  await setPlainRoutes(lab);
  await applyAll(lab, { program }, report);
  await bringUpUnmanaged(lab, privateKeys);
  await listenEverywhere(lab);
  const record: LabRecord = { ...lab.record, stage: 'up' };
  await writeLab(record);
  return { ...lab, record };
}

/** Keys in the file belong to machines elsewhere; those of the lab make their own. */
function withoutKeys(network: Network): Network {
  const strip = ({ publicKey: _, ...machine }: Machine): Machine => machine;
  return {
    ...network,
    sites: network.sites.map((site) => ({
      ...site,
      gateways: site.gateways.map(strip),
      nodes: site.nodes.map(strip),
    })),
    members: network.members.map(strip),
  };
}

async function layUnderlay(keeper: Keeper, dir: string, underlay: Underlay, report: Report) {
  const all = underlay.namespaces.length;
  report({ stage: 'underlay', done: 0, all });
  await freshRun(inside(keeper), dir);
  await provideAgentHome(inside(keeper), dir);
  await layHostsFile(keeper, dir);
  await buildUnderlay(keeper, underlay);
  report({ stage: 'underlay', done: all, all });
}

interface Starting {
  readonly keeper: Keeper;
  readonly dir: string;
  readonly underlay: Underlay;
  readonly program: Program;
  readonly report: Report;
}

async function startStations({ keeper, dir, underlay, program, report }: Starting) {
  const stations = stationsIn(dir, underlay);
  const said = counting(report, 'machines', stations.size);
  await inParallel([...stations.values()], busyWidth, async (station) => {
    await startStation(station, { keeper, labDir: dir, program });
    said(station.name);
  });
  return stations;
}

interface Gathering {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly underlay: Underlay;
  readonly stations: ReadonlyMap<string, StationClient>;
  readonly program: Program;
  readonly report: Report;
}

/** The four inputs besides the file: addresses given out, keys born on their machines, MTUs seen. */
async function gatherFacts({ network, underlay, stations, program, report, ...given }: Gathering) {
  const { ledger } = allocate(network, given.ledger, 1);
  const own = unmanagedKeys(network);
  const managed = underlay.stations.filter(
    ({ name, kind }) => kind !== 'host' && kind !== 'pod' && !own.has(name),
  );
  const said = counting(report, 'keys', managed.length);
  const made = await inParallel(managed, busyWidth, async ({ name }) => {
    const key = await keyOf({ program }, stations.get(name) as StationClient, network.name);
    said(name);
    return [name, { '0': key }] as const;
  });
  const exported = [...own].map(([name, { publicKey }]) => [name, { '0': publicKey }] as const);
  const mtu = underlay.stations
    .filter(({ kind }) => kind !== 'host' && kind !== 'pod')
    .map((station) => [station.name, station.mtu] as const);
  const facts: Facts = {
    ...emptyFacts,
    ledger,
    keys: Object.fromEntries([...made, ...exported]),
    observations: { ...emptyFacts.observations, mtu: Object.fromEntries(mtu) },
  };
  return { facts, privateKeys: own };
}

async function store({ dir, network, facts, underlay, model, states }: Lab): Promise<void> {
  await mkdir(join(dir, 'states'), { mode: 0o700 });
  await writeFile(join(dir, 'network.json'), freeze(network));
  await writeFile(join(dir, 'facts.json'), JSON.stringify(facts));
  for (const [name, state] of states) {
    await writeFile(statePath(dir, name), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  }
  await fillHostsFile(dir, underlay, model);
}

/** Machines that run our agent, with a state of their own. */
export const managedMachines = (lab: Pick<Lab, 'network' | 'states'>): readonly string[] => {
  const unmanaged = new Set(lab.network.members.filter((m) => !m.managed).map((m) => m.name));
  return [...lab.states.keys()].filter((name) => !unmanaged.has(name));
};

/**
 * Those with an endpoint first: a handshake that finds nobody is not tried again for five seconds
 * (WireGuard, section 6.1).
 */
async function applyAll(lab: Lab, agent: Agent, report: Report): Promise<void> {
  const machines = managedMachines(lab);
  const said = counting(report, 'apply', machines.length);
  const called = machines.filter((name) => lab.model.nodesByName.get(name)?.machine.endpoint);
  const callers = machines.filter((name) => !called.includes(name));
  for (const wave of [called, callers]) {
    await inParallel(wave, busyWidth, async (name) => {
      await applyState(agent, lab.stations.get(name) as StationClient, statePath(lab.dir, name));
      said(name);
    });
  }
}

/**
 * One pass of the agent, on one machine or on all that run one; gives what each printed. Throws
 * `lab/unknown-machine`, `lab/not-managed`.
 */
export async function reconcile(
  lab: Lab,
  program: Program,
  machine?: string,
): Promise<readonly { readonly machine: string; readonly said: string }[]> {
  const managed = managedMachines(lab);
  if (machine !== undefined && !managed.includes(machine)) {
    const { kind } = stationNamed(lab, machine).plan;
    const reason = kind === 'member' ? "the file says 'managed: false'" : `it is a plain ${kind}`;
    throw labErrors.error('lab/not-managed', { machine, reason, managed: managed.join(', ') });
  }
  return inParallel(machine === undefined ? managed : [machine], busyWidth, async (each) => {
    const station = lab.stations.get(each) as StationClient;
    const said = await applyState({ program }, station, statePath(lab.dir, each));
    return { machine: each, said };
  });
}
