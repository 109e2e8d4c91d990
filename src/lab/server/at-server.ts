import { labErrors } from '../errors.ts';
import { stationOf, type World } from '../lab.ts';
import { ask, type StationClient } from '../station/client.ts';

/** The machine of a lab's server. Throws `lab/no-server`. */
export function serverOf(world: Pick<World, 'record' | 'stations'>): StationClient {
  const { name, server } = world.record;
  if (server === undefined) throw labErrors.error('lab/no-server', { name });
  return stationOf(world, server);
}

/**
 * Runs Hawser where the lab's server is, logged in there as its admin; gives what it prints as JSON.
 * Throws `lab/server-refused`.
 */
export async function atServer(
  world: Pick<World, 'record' | 'stations'>,
  ...args: readonly string[]
): Promise<unknown> {
  const server = serverOf(world);
  const argv = ['hawser', ...args, '--json'];
  const { code, stdout, stderr } = await ask(server, { do: 'run', argv });
  if (code === 0) return JSON.parse(stdout);
  const reason = `${stderr}${stdout}`.trim().slice(-2000);
  const command = args.join(' ');
  throw labErrors.error('lab/server-refused', { command, server: server.name, reason });
}
