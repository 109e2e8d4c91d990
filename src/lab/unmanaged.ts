import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel, type Secret } from '#base';
import { exportMachine } from '#compile';
import type { Network } from '#spec';
import { generateKeyPair, type KeyPair, parseConfig } from '#wireguard';
import { labErrors } from './errors.ts';
import { type Lab, stationOf } from './lab.ts';
import { homeOf } from './machine.ts';
import { ask } from './station/client.ts';

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
    const text = exported(lab, name, privateKey);
    if (text !== undefined) await importFile(lab, name, text);
  });
}

/** Members whose exported file is another one now import it in the place of the one before. */
export async function reimportUnmanaged(before: Lab, after: Lab): Promise<void> {
  const unmanaged = after.network.members.filter(
    ({ name, managed }) => !managed && after.states.has(name),
  );
  await inParallel(unmanaged, 3, async ({ name }) => {
    const path = pathOf(before, name);
    const old = await readFile(path, 'utf8');
    const { privateKey } = parseConfig(old, path).interface;
    const text = privateKey && exported(after, name, privateKey);
    if (text === undefined || text === old) return;
    await ask(stationOf(before, name), { do: 'run', argv: ['wg-quick', 'down', path] });
    await importFile(after, name, text);
  });
}

async function importFile(lab: Lab, name: string, text: string): Promise<void> {
  const path = pathOf(lab, name);
  await writeFile(path, text, { mode: 0o600 });
  const argv = ['wg-quick', 'up', path];
  const { code, stdout, stderr } = await ask(stationOf(lab, name), { do: 'run', argv });
  if (code === 0) return;
  const reason = `${stderr}${stdout}`.trim().slice(-2000);
  throw labErrors.error('lab/apply-failed', { machine: name, reason });
}

function exported(lab: Lab, name: string, privateKey: Secret): string | undefined {
  const state = lab.states.get(name);
  return state && exportMachine(state, 'wg-quick', { privateKey });
}

function pathOf(lab: Lab, name: string): string {
  const member = lab.network.members.find((other) => other.name === name);
  return join(homeOf(lab.dir, name), `${member?.interface}.conf`);
}
