import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labErrors } from '../errors.ts';
import type { World } from '../lab.ts';
import { until } from '../run.ts';
import { ask } from '../station/client.ts';
import { serverOf } from './at-server.ts';

/** Milliseconds until a server must serve; one that ends says so at once. */
const servesWithin = 60_000;

const logOf = (labDir: string): string => join(labDir, 'server.log');

/** Starts `hawser server` where nothing is served yet; waits until it serves. Throws `lab/server-ended`. */
export async function startServer(world: World): Promise<void> {
  const { dir, record, underlay } = world;
  const server = serverOf(world);
  const log = logOf(dir);
  const before = said(log).length;
  const addresses = underlay.stations.find(({ name }) => name === record.server)?.addresses ?? [];
  const flags = addresses.flatMap((address) => ['--address', `${address}`]);
  const argv = ['hawser', 'server', '--no-join', ...flags];
  await ask(server, { do: 'start-server', argv, log });
  let runs = true;
  const serves = () => said(log).slice(before).includes('serving at');
  const settled = async () => {
    if (serves()) return true;
    ({ runs } = await ask(server, { do: 'server' }));
    return !runs;
  };
  const isInTime = await until(settled, { withinMs: servesWithin, everyMs: 20 });
  if (serves()) return;
  const late = isInTime ? 'it ended' : 'it did not start within a minute';
  const reason = said(log).slice(before).trim().slice(-1000) || late;
  throw labErrors.error('lab/server-ended', { log, reason });
}

function said(log: string): string {
  try {
    return readFileSync(log, 'utf8');
  } catch {
    return '';
  }
}
