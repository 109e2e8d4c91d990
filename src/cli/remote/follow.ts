import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineStatus } from '#api';
import { print } from '../output.ts';
import type { Client } from './client.ts';

/** Agents confirm by a new connection, of many one after the other; those that take longer are named. */
const patience = 20_000;
const pause = 100;

const isSettled = ({ confirmed, wanted, failures }: MachineStatus): boolean =>
  confirmed === wanted || failures.length > 0;

/** Waits until all machines that are connected have what they should, and says how it went. */
export async function follow(client: Client, network: string): Promise<void> {
  const began = performance.now();
  const seen = new Set<string>();
  while (true) {
    const { machines } = await client.call('status', { params: { network } });
    for (const { name, connected } of machines) if (connected) seen.add(name);
    // Who was here and is not any more may have been cut off.
    const present = machines.filter(({ name }) => seen.has(name));
    const seconds = (performance.now() - began) / 1000;
    if (present.every(isSettled) || seconds * 1000 > patience) return tell(present, seconds);
    await sleep(pause);
  }
}

function tell(present: readonly MachineStatus[], seconds: number): void {
  const done = present.filter(({ confirmed, wanted }) => confirmed === wanted).length;
  const missing = present.filter(({ confirmed, wanted }) => confirmed !== wanted);
  print(`${done} of ${present.length} connected machines have it (${seconds.toFixed(1)} s)`);
  if (missing.length === 0) return;
  print(`not yet: ${missing.map(({ name }) => name).join(', ')}; \`hawser status\` says why`);
}
