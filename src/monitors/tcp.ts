import { once } from 'node:events';
import { connect } from 'node:net';
import type { MonitorResult } from '#api';
import { monitorErrors } from './errors.ts';

/** Whether somebody takes connections there. */
export async function lookAtTcp(
  { host, port }: { readonly host: string; readonly port: number },
  seconds: number,
): Promise<MonitorResult> {
  const began = performance.now();
  const deadline = AbortSignal.timeout(seconds * 1000);
  const socket = connect({ host, port });
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal: deadline });
    return { state: 'up', took: Math.round(performance.now() - began) };
  } catch (error) {
    const why = deadline.aborted ? `no answer within ${seconds} s` : reasonOf(error);
    const { message } = monitorErrors.error('monitors/unreachable', {
      what: `${host} port ${port}`,
      why,
    });
    return { state: 'down', why: message };
  } finally {
    socket.destroy();
  }
}

/** What the system says; of a name with several addresses, of the last. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError) return reasonOf(error.errors.at(-1));
  return error instanceof Error ? error.message : String(error);
};
