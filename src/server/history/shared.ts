import type { TunnelHistory } from '#api';
import type { Network } from '../network/network.ts';
import type { Presence } from '../presence/presence.ts';
import type { Range, Recorder } from './recorder.ts';

/** ms that another server has to store what it was told of a tunnel. */
const storedWithin = 2_000;

export interface Parts {
  readonly network: Network;
  readonly presence: Presence;
  readonly recorder: Recorder;
}

/** How a tunnel went, also by what the servers were told to which its ends are connected. */
export async function sharedHistory(
  { network: { name, snapshot }, presence, recorder }: Parts,
  [a, b]: readonly [string, string],
  range: Range,
): Promise<TunnelHistory> {
  const servers = [a, b].flatMap((machine) => {
    const identity = snapshot.machines.get(machine)?.identity ?? '';
    return presence.find(name, identity)?.server ?? [];
  });
  const asked = { network: name, what: 'store', a, b } as const;
  await Promise.all(
    [...new Set(servers)].map(async (server) => presence.ask(server, asked, storedWithin)),
  );
  return recorder.read(a, b, range);
}
