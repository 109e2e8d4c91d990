import type { FileSet } from '#api';
import { inParallel } from '#base';
import { allocate, type Ledger, settled } from '#compile';
import type { Network } from '#spec';
import { beginDirectly } from './direct/begin.ts';
import { counting, type Report } from './events.ts';
import { layHostsFile } from './hosts-file.ts';
import { inside, type Keeper, startKeeper } from './keeper.ts';
import { type Lab, stationsIn } from './lab.ts';
import { askForLeases, requireClients } from './leases.ts';
import { listenEverywhere } from './listening.ts';
import { freshRun, provideHomes } from './mounts.ts';
import { plug } from './plug.ts';
import { requirePrograms, requireResolver, requireVlans, requireWireguard } from './ready.ts';
import { claim, type LabRecord, labDir, remove, writeLab } from './registry.ts';
import { setPlainRoutes } from './routes.ts';
import { busyWidth } from './run.ts';
import { beginAtServer } from './server/begin.ts';
import { undoOnSignal } from './signals.ts';
import { type Program, startStation } from './station/start.ts';
import { buildUnderlay } from './underlay/build.ts';
import type { Underlay } from './underlay/plan.ts';
import { serverName } from './underlay/server.ts';
import { underlayOf } from './underlay/underlay.ts';
import { withoutKeys } from './without-keys.ts';

export interface UpOptions {
  readonly name: string;
  readonly network: Network;
  /** Of the network, for a server; without them the lab makes the states of its machines itself. */
  readonly files?: FileSet;
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
  const { name, network, file, files } = options;
  requirePrograms();
  requireResolver(network);
  requireClients(network);
  const server = files && { server: serverName(network) };
  const about = { name, network: network.name, file, ...server };
  const record = await claim(crypto.randomUUID(), about);
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
  const { files, program, ledger, report = () => undefined } = options;
  const network = withoutKeys(options.network);
  const dir = labDir(claimed.name);
  const given = allocate(network, ledger, 1).ledger;
  const underlay = underlayOf(settled(network, given), claimed.server);
  const keeper = await startKeeper(claimed.id);
  const record: LabRecord = { ...claimed, keeper: keeper.pid };
  await writeLab(record);
  await requireWireguard(keeper);
  await requireVlans(keeper, network);
  await layUnderlay(keeper, dir, underlay, report);
  const stations = await startStations({ keeper, dir, underlay, program, report });
  const world = { record, dir, keeper, underlay, stations };
  const beginning = { network, ledger, report };
  const lab = files
    ? await beginAtServer(world, { ...beginning, files })
    : await beginDirectly(world, beginning);
  await setPlainRoutes(lab);
  await askForLeases(lab, report);
  await listenEverywhere(lab);
  const complete: LabRecord = { ...record, stage: 'up' };
  await writeLab(complete);
  return { ...lab, record: complete };
}

async function layUnderlay(keeper: Keeper, dir: string, underlay: Underlay, report: Report) {
  const all = underlay.namespaces.length;
  report({ stage: 'underlay', done: 0, all });
  await freshRun(inside(keeper), dir);
  await provideHomes(inside(keeper), dir);
  await layHostsFile(keeper, dir, underlay);
  await buildUnderlay(keeper, underlay);
  await plug(keeper, underlay);
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
