import { HawserError } from '#base';
import { runProcess } from '#host';
import { askAgent } from './daemon/control.ts';
import { type Started, type StartOptions, startAgent } from './start.ts';
import { defaultStateFolder } from './store.ts';
import { endProcess } from './supervisor/end.ts';
import { type ProcessId, processId } from './supervisor/process-id.ts';
import { supervisionOf } from './supervisor/record.ts';
import { isActive, isUnit, unitName } from './unit.ts';

/** Who has to be told to end: the supervisor, which ends its agent; else the agent that answers. */
async function inCharge(stateDir: string): Promise<ProcessId | undefined> {
  const supervisor = supervisionOf(stateDir);
  if (supervisor) return supervisor;
  try {
    return processId((await askAgent(stateDir, { do: 'status' })).pid);
  } catch (error) {
    if (error instanceof HawserError && error.code === 'agent/not-running') return undefined;
    throw error;
  }
}

/**
 * Ends the agent of this machine, and whoever would start it again. What it made stays.
 * @returns whether there was one
 * @throws agent/does-not-end, agent/not-permitted
 */
export async function stopAgent(stateDir = defaultStateFolder): Promise<boolean> {
  if (isUnit(stateDir) && (await isActive(unitName))) {
    await runProcess(['systemctl', 'stop', unitName]);
    return true;
  }
  const one = await inCharge(stateDir);
  if (one) await endProcess(one);
  return one !== undefined;
}

/** Ends the agent if there is one, and starts it, of this program's version. @throws as both */
export async function restartAgent(options: StartOptions): Promise<Started> {
  await stopAgent(options.stateDir);
  return startAgent(options);
}
