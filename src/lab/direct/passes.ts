import { type Agent, applyState } from './agent.ts';
import { labErrors } from './errors.ts';
import { counting, type Report } from './events.ts';
import { type Lab, statePath, stationNamed } from './lab.ts';
import { inParallel } from './run.ts';
import type { StationClient } from './station/client.ts';
import type { Program } from './station/start.ts';

/** How much is done at a time where each task is a process that keeps a core busy. */
export const busyWidth = 3;

/** Machines that run our agent, with a state of their own. */
export const managedMachines = (lab: Pick<Lab, 'network' | 'states'>): readonly string[] => {
  const unmanaged = new Set(lab.network.members.filter((m) => !m.managed).map((m) => m.name));
  return [...lab.states.keys()].filter((name) => !unmanaged.has(name));
};

/**
 * Those with an endpoint first: a handshake that finds nobody is not tried again for five seconds
 * (WireGuard, section 6.1).
 */
export async function applyAll(lab: Lab, agent: Agent, report: Report): Promise<void> {
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
