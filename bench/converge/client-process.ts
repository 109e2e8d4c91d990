/** On the machine of a lab's server: applies files there, and waits until the network is so. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileSet, NetworkStatus } from '#api';
import { parseToken } from '#api';
import { now } from './clock.ts';
import { answerLines } from './lines.ts';
import { ask } from './request.ts';

const [text = '', network = ''] = process.argv.slice(2);
const url = parseToken(text).servers[0] ?? '';

const call = async (method: string, what: string, body?: unknown): Promise<string> =>
  ask({ url, method, path: `/v1/networks/${network}/${what}`, body, token: text });

async function settled(): Promise<void> {
  for (;;) {
    const { machines } = JSON.parse(await call('GET', 'status')) as NetworkStatus;
    if (machines.every((one) => one.connected && one.confirmed === one.wanted)) return;
    await sleep(50);
  }
}

/** `at`: when it was acknowledged. */
answerLines(async (order) => {
  if (order === 'settled') {
    await settled();
    return {};
  }
  await call('POST', 'apply', { ...(order as FileSet), force: true });
  return { at: now() };
});
