import { inParallel } from '#base';
import type { Report } from '../events.ts';
import { type Lab, managedMachines, stationOf } from '../lab.ts';
import { busyWidth } from '../run.ts';
import { cleanUp } from './agent.ts';
import { applyAll } from './passes.ts';
import { storeStates } from './store.ts';

/** Brings the machines of a lab without a server to what they should be next. */
export async function applyDirectly(lab: Lab, next: Lab, report: Report): Promise<Lab> {
  report({ stage: 'states', done: next.states.size, all: next.states.size });
  await cleanUpStateless(lab, next);
  await storeStates(next);
  await applyAll(next, report);
  return next;
}

/** Hosts whose routes were the agent's, and are no more. */
async function cleanUpStateless(lab: Lab, next: Lab): Promise<void> {
  const stateless = managedMachines(lab).filter((name) => !next.states.has(name));
  await inParallel(stateless, busyWidth, (name) => cleanUp(stationOf(lab, name), lab.network.name));
}
