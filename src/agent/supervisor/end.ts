import { setTimeout as sleep } from 'node:timers/promises';
import { agentErrors } from '../errors.ts';
import { isAlive, type ProcessId, signalTo } from './process-id.ts';

/** ms that an agent has to end: a pass over a large network is brought to its end first. */
const patience = 20_000;

/** Tells this very process to end, and waits until it has. @throws agent/does-not-end */
export async function endProcess(one: ProcessId): Promise<void> {
  signalTo(one, 'SIGTERM');
  const end = performance.now() + patience;
  while (isAlive(one)) {
    if (performance.now() > end) {
      throw agentErrors.error('agent/does-not-end', { pid: one.pid, seconds: patience / 1000 });
    }
    await sleep(20);
  }
}
