import { HawserError } from '#base';
import { type AgentStatus, askAgent } from './daemon/control.ts';
import { agentErrors } from './errors.ts';
import { isCrashLoop } from './supervisor/lives.ts';
import { type Supervision, supervisionOf } from './supervisor/record.ts';

/** The agent's own status, and what the supervisor that started it says, where there is one. */
export interface Health extends AgentStatus {
  readonly supervisor?: Pick<Supervision, 'pid' | 'log' | 'restarts' | 'last'>;
}

/** How the agent of a machine is. @throws agent/crashes, agent/not-running, agent/not-permitted */
export async function agentStatus(stateDir: string): Promise<Health> {
  try {
    const status = await askAgent(stateDir, { do: 'status' });
    const found = supervisionOf(stateDir);
    if (found?.agent !== status.pid) return status;
    const { pid, log, restarts, last } = found;
    return { ...status, supervisor: { pid, log, restarts, ...(last && { last }) } };
  } catch (error) {
    throw (error instanceof HawserError && crashOf(stateDir)) || error;
  }
}

/** Nobody answers because the agent ends again and again. */
function crashOf(stateDir: string): HawserError | undefined {
  const found = supervisionOf(stateDir);
  if (!found?.last || !isCrashLoop(found.crashes)) return undefined;
  const { crashes: times, log, last, next } = found;
  const { how } = last;
  return agentErrors.error('agent/crashes', { times, how, next: next ?? 'now', log });
}
