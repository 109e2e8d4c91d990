import { inParallel } from '#base';
import { requireManaged } from '../drills.ts';
import { counting, type Report } from '../events.ts';
import { inWaves, type Lab, managedMachines, statePath, stationOf } from '../lab.ts';
import { busyWidth } from '../run.ts';
import { applyState } from './agent.ts';

/** Brings every machine to its state. */
export async function applyAll(lab: Lab, report: Report): Promise<void> {
  const machines = managedMachines(lab);
  const said = counting(report, 'apply', machines.length);
  for (const wave of inWaves(lab, machines)) {
    await inParallel(wave, busyWidth, async (name) => {
      await applyState(stationOf(lab, name), statePath(lab.dir, name));
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
  machine?: string,
): Promise<readonly { readonly machine: string; readonly said: string }[]> {
  if (machine !== undefined) requireManaged(lab, machine);
  const machines = machine === undefined ? managedMachines(lab) : [machine];
  return inParallel(machines, busyWidth, async (each) => {
    const said = await applyState(stationOf(lab, each), statePath(lab.dir, each));
    return { machine: each, said };
  });
}
