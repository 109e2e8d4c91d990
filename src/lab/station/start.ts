import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { inside, type Keeper } from '../keeper.ts';
import { environmentOf, homeOf, serverDataOf } from '../machine.ts';
import { awaitStation, type StationClient } from './client.ts';

/** How this very program is run: the argv up to its first argument. */
export type Program = readonly string[];

export interface StartOptions {
  readonly keeper: Keeper;
  readonly labDir: string;
  readonly program: Program;
}

/** Where a station's files are; short, since a socket's path holds at most 107 bytes (unix(7)). */
export const stationAt = (labDir: string, name: string, index: number): StationClient => ({
  name,
  socket: join(labDir, 's', `${index}`),
  log: join(labDir, 's', `${index}.log`),
});

/** Starts the station of a namespace and waits until it can be asked. */
export async function startStation(
  station: StationClient,
  { keeper, labDir, program }: StartOptions,
): Promise<void> {
  const { name } = station;
  for (const folder of [homeOf(labDir, name), serverDataOf(labDir, name), join(labDir, 's')]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  const log = openSync(station.log, 'a', 0o600);
  const [node = '', ...script] = program;
  const argv = [
    // In the background under the lab's first process, so that nothing outside waits for it.
    ...[...inside(keeper), 'setsid', '-f'],
    ...['nsenter', `--net=/run/netns/${name}`, '--', 'unshare', '-m', '-u', '--'],
    ...[node, ...smallHeap, ...script, 'lab', 'station', name],
    ...['--lab', labDir, '--socket', station.socket],
  ];
  const [command = '', ...args] = argv;
  const env = { ...environmentOf(labDir, name), LC_ALL: 'C', NODE_NO_WARNINGS: '1' };
  const child = spawn(command, args, { stdio: ['ignore', log, log], env });
  closeSync(log);
  await new Promise((resolve) => child.on('close', resolve).on('error', resolve));
  await awaitStation(station);
}

/** Many of these run at once: each gets along with little memory. */
const smallHeap = ['--max-semi-space-size=1', '--v8-pool-size=1'];
