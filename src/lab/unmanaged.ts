import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportMachine } from '#compile';
import type { Network } from '#spec';
import { generateKeyPair, type KeyPair } from '#wireguard';
import { labErrors } from './errors.ts';
import type { Lab } from './lab.ts';
import { inParallel } from './run.ts';
import { ask, type StationClient } from './station/client.ts';
import { homeOf } from './station/start.ts';

/** Key pairs of the members on which nothing of ours runs, made as `hawser export` makes them. */
export const unmanagedKeys = (network: Network): ReadonlyMap<string, KeyPair> =>
  new Map(
    network.members.filter(({ managed }) => !managed).map(({ name }) => [name, generateKeyPair()]),
  );

/** Brings unmanaged members up as their users do: wg-quick(8) with the exported file. */
export async function bringUpUnmanaged(
  lab: Lab,
  keys: ReadonlyMap<string, KeyPair>,
): Promise<void> {
  await inParallel([...keys], 3, async ([name, { privateKey }]) => {
    const state = lab.states.get(name);
    const member = lab.network.members.find((other) => other.name === name);
    const station = lab.stations.get(name) as StationClient;
    if (state === undefined || member === undefined) return;
    const path = join(homeOf(lab.dir, name), `${member.interface}.conf`);
    await writeFile(path, exportMachine(state, 'wg-quick', { privateKey }), { mode: 0o600 });
    const argv = ['wg-quick', 'up', path];
    const { code, stdout, stderr } = await ask(station, { do: 'run', argv });
    if (code === 0) return;
    const reason = `${stderr}${stdout}`.trim().slice(-2000);
    throw labErrors.error('lab/apply-failed', { machine: name, reason });
  });
}
