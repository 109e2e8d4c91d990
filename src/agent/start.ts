import { setTimeout as sleep } from 'node:timers/promises';
import { HawserError } from '#base';
import { askAgent } from './daemon/control.ts';
import { agentErrors } from './errors.ts';
import { defaultStateFolder } from './store.ts';
import { endProcess } from './supervisor/end.ts';
import { supervisionOf } from './supervisor/record.ts';
import { agentLog, startSupervisor } from './supervisor/start.ts';
import { enableUnit, isUnit, unitName } from './unit.ts';

export interface StartOptions {
  /** argv of the program that ships: node and the bundle, or the binary. */
  readonly program: readonly string[];
  readonly stateDir?: string;
}

/** How the agent runs that was there or was started. */
export type Started =
  | { readonly as: 'running'; readonly pid: number }
  | { readonly as: 'unit'; readonly unit: string }
  | { readonly as: 'process'; readonly pid: number; readonly log: string };

/** ms until an agent that was started must answer. */
const patience = 15_000;

async function pidOf(stateDir: string): Promise<number | undefined> {
  try {
    return (await askAgent(stateDir, { do: 'status' })).pid;
  } catch (error) {
    if (error instanceof HawserError && error.code === 'agent/not-running') return undefined;
    throw error;
  }
}

async function waitFor(
  stateDir: string,
  where: string,
  isAlive: () => boolean = () => true,
): Promise<number> {
  const end = performance.now() + patience;
  while (performance.now() < end && isAlive()) {
    const pid = await pidOf(stateDir);
    if (pid !== undefined) return pid;
    await sleep(50);
  }
  throw agentErrors.error('agent/does-not-start', { where });
}

async function startUnit(program: readonly string[], stateDir: string): Promise<Started> {
  await enableUnit([...program, 'agent', 'run', '--state-dir', stateDir]);
  await waitFor(stateDir, `journalctl -u ${unitName}`);
  return { as: 'unit', unit: unitName };
}

/**
 * Watched over, and started again when it ends; until the machine is rebooted. A supervisor that waits
 * since its agent ended too often gives its place to another.
 */
async function startProcess(program: readonly string[], stateDir: string): Promise<Started> {
  const waiting = supervisionOf(stateDir);
  if (waiting?.next !== undefined) await endProcess(waiting);
  const child = startSupervisor(program, stateDir);
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  child.once('error', end).once('exit', end);
  const log = agentLog(stateDir);
  const pid = await waitFor(stateDir, log, () => !ended);
  return { as: 'process', pid, log };
}

/**
 * Sees to it that an agent runs on this machine and knows what was joined: the one that runs, else as a
 * unit of systemd where that is in charge, else as a process with a supervisor.
 * @throws agent/does-not-start
 */
export async function startAgent(options: StartOptions): Promise<Started> {
  const { program, stateDir = defaultStateFolder } = options;
  const pid = await pidOf(stateDir);
  if (pid !== undefined) {
    await askAgent(stateDir, { do: 'reload' });
    return { as: 'running', pid };
  }
  return isUnit(stateDir) ? startUnit(program, stateDir) : startProcess(program, stateDir);
}
