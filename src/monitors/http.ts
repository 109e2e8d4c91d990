import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { MonitorResult } from '#api';
import { monitorErrors } from './errors.ts';
import { reasonOf } from './tcp.ts';

/** Whether a URL answers with the status it should; without one with any of 200 to 299. It follows no redirect. */
export async function lookAtHttp(
  { url, expect }: { readonly url: string; readonly expect?: number | undefined },
  seconds: number,
): Promise<MonitorResult> {
  const began = performance.now();
  const deadline = AbortSignal.timeout(seconds * 1000);
  const request = url.startsWith('https:') ? secure : plain;
  let isConnected = false;
  const sent = request(url, {
    signal: deadline,
    agent: false,
    headers: { 'user-agent': 'hawser' },
  });
  sent.on('socket', (socket) => socket.once('connect', () => (isConnected = true)));
  // After the deadline, too.
  sent.on('error', () => undefined);
  sent.end();
  try {
    const [answer] = (await once(sent, 'response', { signal: deadline })) as [IncomingMessage];
    const took = Math.round(performance.now() - began);
    const found = answer.statusCode ?? 0;
    const isFine = expect === undefined ? found >= 200 && found < 300 : found === expect;
    if (isFine) return { state: 'up', took };
    const expected = expect ?? '2xx';
    const { message } = monitorErrors.error('monitors/status', { what: url, found, expected });
    return { state: 'down', why: message, took };
  } catch (error) {
    if (deadline.aborted && isConnected) {
      const why = `did not answer within ${seconds} s`;
      const { message } = monitorErrors.error('monitors/busy', { what: url, why });
      return { state: 'busy', why: message };
    }
    return { state: 'down', why: reasonFor(url, deadline.aborted ? undefined : error, seconds) };
  } finally {
    sent.destroy();
  }
}

function reasonFor(what: string, error: unknown, seconds: number): string {
  if ((error as { code?: unknown } | undefined)?.code?.toString().startsWith('HPE_')) {
    return monitorErrors.error('monitors/garbled', { what, protocol: 'HTTP', why: reasonOf(error) })
      .message;
  }
  const why = error === undefined ? `no answer within ${seconds} s` : reasonOf(error);
  return monitorErrors.error('monitors/unreachable', { what, why }).message;
}
