import { linuxHost, type Run } from '#host';
import { runAt } from '../gather/networks.ts';
import { command } from './command.ts';
import type { Item } from './item.ts';

/** Namespaces that have something of ours besides the agent's own; none that this user may not enter. */
export const spacesHere = (): Promise<readonly string[]> =>
  linuxHost()
    .spaces()
    .catch(() => []);

/** What is asked in each of them: of segments, routers and tunnels that live inside. */
const asked = {
  'wireguard.txt': 'wg show all',
  'links.txt': 'ip -d -s link',
  'addresses.txt': 'ip address',
  'routes-4.txt': 'ip -4 -N route show table all',
  'routes-6.txt': 'ip -6 -N route show table all',
  'rules.txt': 'ip rule',
  'neighbours.txt': 'ip neighbour',
  'bridge.txt': 'bridge fdb show',
  'nft.txt': 'nft list ruleset',
} as const;

/** All that one of them tells. */
export const spaceItems = (run: Run, space: string): readonly Item[] =>
  Object.entries(asked).map(([file, line]) => {
    const item = command(runAt(run, space), `namespaces/${space}/${file}`, line);
    return { ...item, from: `${item.from} in ${space}` };
  });
