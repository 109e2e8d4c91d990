import type { Device } from '../devices.ts';
import { groupOf, markOf } from '../mark.ts';
import type { Run } from '../run.ts';
import { hasMarkedProcess } from '../wireguard/process.ts';
import type { Existing } from './existing.ts';
import { keptRouteLine } from './kept-routes.ts';

/** For a device whose wireguard-go we started: without an alias its process would make it ours again. */
const released = 'released by hawser';

/** What takes all our marks from a device: those that an adopted one got when it was made anew, too. */
async function unmarking(
  run: Run,
  network: string,
  { name, group, kind }: Device,
  alias: string | undefined,
): Promise<readonly string[]> {
  const mark = markOf(network, name);
  const isMarked = kind === 'tun' && (await hasMarkedProcess(run, mark));
  const text = alias ?? (isMarked ? released : '');
  return [
    ...(group === groupOf(mark) ? [`link set dev ${name} group 0`] : []),
    `link set dev ${name} alias "${text}"`,
  ];
}

/** Sets routes of others again, in the places of ours, and takes the marks away. */
export async function release(
  run: Run,
  network: string,
  device: Device,
  { routes, alias }: Pick<Existing, 'alias' | 'routes'> = { routes: [] },
): Promise<void> {
  const lines = [...routes.map(keptRouteLine), ...(await unmarking(run, network, device, alias))];
  const stdin = `${lines.join('\n')}\n`;
  await run('write', ['ip', '-force', '-batch', '-'], { stdin });
}
