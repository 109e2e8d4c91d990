import type { Device } from '../devices.ts';
import { groupOf, markOf } from '../mark.ts';
import type { Run } from '../run.ts';
import { hasMarkedProcess } from '../wireguard/process.ts';
import type { Existing } from './existing.ts';
import { keptRouteLine } from './kept-routes.ts';

/** For a device whose wireguard-go we started: without an alias its process would make it ours again. */
const released = 'released by hawser';

/** The alias of a device that is ours no more. */
async function aliasOf(run: Run, { kind }: Device, mark: string): Promise<string> {
  const isMarked = kind === 'tun' && (await hasMarkedProcess(run, mark));
  return isMarked ? released : '';
}

/**
 * Sets routes of others again, in the places of ours, and takes the marks away: those that an adopted device got
 * when it was made anew, too.
 */
export async function release(
  run: Run,
  network: string,
  device: Device,
  { routes, alias }: Pick<Existing, 'alias' | 'routes'> = { routes: [] },
): Promise<void> {
  const { name, group } = device;
  const mark = markOf(network, name);
  const marked = group === groupOf(mark) ? [`link set dev ${name} group 0`] : [];
  const lines = [...routes.map(keptRouteLine), ...marked];
  try {
    const stdin = `${lines.join('\n')}\n`;
    if (lines.length > 0) await run('write', ['ip', '-force', '-batch', '-'], { stdin });
  } finally {
    // Others may have written anything there, and a batch can neither quote a quote nor a #.
    const text = alias ?? (await aliasOf(run, device, mark));
    await run('write', ['ip', 'link', 'set', 'dev', name, 'alias', text]);
  }
}
