import { allocate, type Ledger, type Plan, plan } from '#compile';
import type { Network } from '#spec';
import { cleanUp } from './agent.ts';
import { labErrors } from './errors.ts';
import type { Report } from './events.ts';
import { type Lab, modelOf, statesOf } from './lab.ts';
import { listenEverywhere } from './listening.ts';
import { applyAll, managedMachines } from './passes.ts';
import { writeLab } from './registry.ts';
import { dropPlainRoutes, setPlainRoutes } from './routes.ts';
import { inParallel } from './run.ts';
import type { StationClient } from './station/client.ts';
import type { Program } from './station/start.ts';
import { store } from './store.ts';
import { underlayDifference } from './underlay/compare.ts';
import { underlayOf } from './underlay/underlay.ts';
import { reimportUnmanaged } from './unmanaged.ts';
import { withoutKeys } from './without-keys.ts';

export interface ApplyOptions {
  readonly network: Network;
  /** Absolute path of the file it came from. */
  readonly file: string;
  readonly program: Program;
  readonly report?: Report;
}

/**
 * Makes a lab that is up what a changed file says: machines, keys and addresses given out stay, states
 * are compiled anew and applied by the agents. Typed again after a failure it goes on from there.
 * Throws `lab/needs-rebuild` before anything is done, and `compile/other-network`.
 */
export async function applyFile(
  lab: Lab,
  options: ApplyOptions,
): Promise<{ readonly lab: Lab; readonly changes: Plan }> {
  const { program, report = () => undefined } = options;
  const next = changed(lab, options);
  const changes = plan(lab.model, next.model);
  report({ stage: 'states', done: next.states.size, all: next.states.size });
  await dropPlainRoutes(lab, next);
  await setPlainRoutes(next);
  await reimportUnmanaged(lab, next);
  await cleanUpStateless(lab, next, program);
  await store(next);
  await writeLab(next.record);
  await applyAll(next, { program }, report);
  await listenEverywhere(next);
  return { lab: next, changes };
}

/** The lab as the changed file has it; nothing is done yet. */
function changed(lab: Lab, { network: given, file }: ApplyOptions): Lab {
  const network = withoutKeys(given);
  const { name } = lab.record;
  const underlay = underlayOf(network);
  const reason = underlayDifference(lab.underlay, underlay) ?? managedDifference(lab, network);
  if (reason !== undefined) throw labErrors.error('lab/needs-rebuild', { name, file, reason });
  const ledger: Ledger = allocate(network, lab.facts.ledger, 1).ledger;
  const facts = { ...lab.facts, ledger };
  const model = modelOf(network, facts);
  const record = { ...lab.record, file };
  return { ...lab, record, network, facts, model, states: statesOf(model) };
}

function managedDifference(lab: Lab, network: Network): string | undefined {
  const before = new Map(lab.network.members.map(({ name, managed }) => [name, managed]));
  const other = network.members.find(({ name, managed }) => before.get(name) !== managed);
  return other && `${other.name} would ${other.managed ? 'get' : 'lose'} its agent`;
}

/** Hosts whose routes were the agent's, and are no more. */
async function cleanUpStateless(lab: Lab, next: Lab, program: Program): Promise<void> {
  const stateless = managedMachines(lab).filter((name) => !next.states.has(name));
  await inParallel(stateless, 3, (name) =>
    cleanUp({ program }, lab.stations.get(name) as StationClient, lab.network.name),
  );
}
