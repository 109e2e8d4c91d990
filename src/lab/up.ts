import { allocate, emptyFacts, type Facts, type Ledger } from '#compile';
import type { Network } from '#spec';
import type { KeyPair } from '#wireguard';
import { keyOf } from './agent.ts';
import { counting, type Report } from './events.ts';
import { layHostsFile } from './hosts-file.ts';
import { inside, type Keeper, startKeeper } from './keeper.ts';
import { type Lab, modelOf, statesOf, stationsIn } from './lab.ts';
import { listenEverywhere } from './listening.ts';
import { freshRun, provideAgentHome } from './mounts.ts';
import { applyAll, busyWidth } from './passes.ts';
import { requirePrograms, requireWireguard } from './ready.ts';
import { claim, type LabRecord, labDir, remove, writeLab } from './registry.ts';
import { setPlainRoutes } from './routes.ts';
import { inParallel } from './run.ts';
import { undoOnSignal } from './signals.ts';
import type { StationClient } from './station/client.ts';
import { type Program, startStation } from './station/start.ts';
import { store } from './store.ts';
import { buildUnderlay } from './underlay/build.ts';
import type { Underlay } from './underlay/plan.ts';
import { underlayOf } from './underlay/underlay.ts';
import { bringUpUnmanaged, unmanagedKeys } from './unmanaged.ts';
import { withoutKeys } from './without-keys.ts';

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
  const states = statesOf(model);
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
